//! A service and a timer that judge a host's deployments once a day.

use std::path::Path;

use super::{Found, Step, look};

const SERVICE: &str = include_str!("../../setup/systemd/hermes-lint.service");
const TIMER: &str = include_str!("../../setup/systemd/hermes-lint.timer");
/// Where the template has the binary.
const BINARY: &str = "/usr/local/bin/hermes-lint";
/// Folders that node_exporter reads metrics from, as distributions and its documentation have them.
const TEXTFILES: [&str; 4] = [
    "/var/lib/prometheus/node-exporter",
    "/var/lib/node_exporter/textfile_collector",
    "/var/lib/node_exporter/textfile",
    "/var/lib/node_exporter",
];

/// The units in `folder`, which start the hermes-lint at `binary`.
///
/// # Errors
///
/// A path that a unit can't name; with what to do.
pub fn units(folder: &Path, binary: &Path) -> Result<[Step; 2], String> {
    let textfiles = TEXTFILES.iter().copied().find(|folder| Path::new(folder).is_dir());
    let service = service(binary, textfiles)?;
    let service_what = "judges the deployments on this host";
    Ok([
        unit(folder, "hermes-lint.service", &service, service_what),
        unit(folder, "hermes-lint.timer", TIMER, "starts the service once a day"),
    ])
}

fn unit(folder: &Path, name: &str, text: &str, what: &'static str) -> Step {
    let path = folder.join(name);
    match look(&path) {
        Found::Nothing => Step::write(path, None, text.to_owned(), what),
        // Hardening is adjusted by hand: what is there stays.
        Found::Text(_) => Step::there(path, what),
        Found::Else(why) => Step::left(path, why, text),
    }
}

fn service(binary: &Path, textfiles: Option<&str>) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
    let Some(binary) = binary.to_str().filter(|path| path.chars().all(plain)) else {
        return Err(format!("put the binary where a unit can name it: {BINARY}"));
    };
    let mut text = SERVICE.replace(BINARY, binary);
    if let Some(folder) = textfiles {
        let report = "--format json=/var/lib/hermes-lint/report.json\n";
        let metrics =
            format!("{} --format prometheus={folder}/hermes_lint.prom\n", report.trim_end());
        text = text.replace(report, &metrics).replace(
            "#ReadWritePaths=/var/lib/prometheus/node-exporter\n",
            &format!("ReadWritePaths={folder}\n"),
        );
        let hint: Vec<&str> = text.lines().filter(|line| !is_hint(line)).collect();
        text = format!("{}\n", hint.join("\n"));
    }
    Ok(text)
}

/// True for the comment that says how metrics are added.
fn is_hint(line: &str) -> bool {
    line.starts_with("# --format prometheus=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_starts_the_binary_that_is_there() {
        assert_eq!(service(Path::new(BINARY), None).as_deref(), Ok(SERVICE));
        let text = service(Path::new("/opt/hl"), Some("/srv/metrics")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.contains(&"ConditionFileIsExecutable=/opt/hl"), "{text}");
        assert!(lines.contains(&"ReadWritePaths=/srv/metrics"), "{text}");
        let start = lines.iter().find(|line| line.starts_with("ExecStart=")).unwrap();
        assert!(start.starts_with("ExecStart=/opt/hl host "), "{start}");
        assert!(start.ends_with(" --format prometheus=/srv/metrics/hermes_lint.prom"), "{start}");
        assert!(!text.contains(BINARY) && !text.contains("/var/lib/prometheus"), "{text}");
        assert!(service(Path::new("/opt/a b"), None).is_err());
    }
}
