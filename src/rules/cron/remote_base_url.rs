//! `cron/remote-base-url`: a job sends its prompt to an address of its own.

use std::collections::BTreeSet;

use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::is_local_url;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A job sends its prompt, and what its tools return, to an address of its own.
pub struct RemoteBaseUrl;

impl HomeRule for RemoteBaseUrl {
    const META: RuleMeta = RuleMeta {
        id: "cron/remote-base-url",
        summary: "a job sends its prompt to an address of its own",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[319, 441],
        since: "0.1.0",
        page: page!("cron/remote-base-url"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let jobs = home.jobs();
        if jobs.iter().all(|job| job.str("base_url").is_none()) {
            return;
        }
        let known = hosts(home);
        for job in jobs {
            let Some(url) = job.str("base_url").filter(|url| !url.contains("{{")) else { continue };
            if is_local_url(url) || url.contains("${") || job.is_true("no_agent") {
                continue;
            }
            let Some(id) = job.get("base_url") else { continue };
            let Some(host) = host(url) else { continue };
            let clear = url.to_ascii_lowercase().starts_with("http://");
            let (severity, what, help) = if clear {
                (
                    Severity::Warning,
                    "in clear: whoever sits on the way reads them, and writes the answers that the job acts on",
                    "use the https:// address of the model, or an address on this machine that a tunnel ends at",
                )
            } else if known.contains(host.as_str()) || !home.has_config() {
                continue;
            } else {
                (
                    Severity::Info,
                    "which config.yaml names nowhere",
                    "make it a provider in config.yaml (`providers.<name>.base_url`), name that in the job's `provider` and set `\"base_url\": null`",
                )
            };
            let message = format!(
                "job `{}` sends its prompt and what its tools return to `{host}`, {what}",
                job.name()
            );
            let message =
                if clear { message.replace("`, in clear", "` in clear") } else { message };
            let mut draft = Self::META
                .at(&job.place(id, "base_url"))
                .severity(severity)
                .message(message)
                .label("address of the job's own")
                .help(help);
            if !job.str("provider").is_some_and(|provider| provider.starts_with("custom")) {
                draft = draft.note(
                    "Hermes refuses the run where the address is not the named provider's own, so that its key does not go there",
                );
            }
            findings.add(draft);
        }
    }
}

/// The host of an address, without port and login.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The hosts that the config and the variables name.
fn hosts(home: &Home<'_>) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    if let Some(structured) = home.structured() {
        structured.walk(|visit| hosts.extend(structured.tree.str(visit.id).and_then(host)));
    }
    hosts.extend(home.variables().iter().filter_map(|variable| host(&variable.value)));
    hosts
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_cut_out() {
        assert_eq!(host("https://u:p@API.example.com:8443/v1").as_deref(), Some("api.example.com"));
        assert_eq!(host("http://[2001:db8::1]:80/"), Some("2001:db8::1".to_owned()));
        assert_eq!(host("api.example.com"), None);
    }
}
