//! `hermes-lint host --root` over disks of machines that `tests/host/image.sh` lays out: every item's verdict.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;

/// 2026-11-22: the dates in the images are compared to it, whenever the tests run.
const TODAY: (&str, &str) = ("2026-11-22", "1795305600");

fn image(variant: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host/image.sh");
    let status = Command::new("bash")
        .arg(script)
        .args([folder.path().as_os_str(), variant.as_ref(), TODAY.0.as_ref()])
        .status()
        .expect("bash");
    assert!(status.success(), "the image could not be laid out");
    folder
}

fn run(root: &Path, arguments: &[&str]) -> (String, String) {
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .arg("host")
        .arg("--root")
        .arg(root)
        .args(arguments)
        .env("SOURCE_DATE_EPOCH", TODAY.1)
        .env_remove("HERMES_HOME")
        .output()
        .expect("a run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
}

fn report(root: &Path) -> Value {
    let (stdout, stderr) = run(root, &["--format", "json"]);
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}

fn item<'r>(report: &'r Value, id: &str) -> &'r Value {
    let items = report["checklist"]["items"].as_array().expect("items");
    items.iter().find(|item| item["id"] == id).unwrap_or_else(|| panic!("no item {id}"))
}

fn status<'r>(report: &'r Value, id: &str) -> &'r str {
    item(report, id)["status"].as_str().expect("a status")
}

fn says(report: &Value, id: &str, words: &str) -> bool {
    item(report, id)["evidence"].to_string().contains(words)
}

#[test]
fn a_well_run_machine_is_decided() {
    let image = image("strict");
    let report = report(image.path());
    let verdicts: Vec<(&str, &str)> = report["checklist"]["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| (item["id"].as_str().expect("id"), item["status"].as_str().expect("status")))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("non-root-user", "pass"),
            ("secrets-in-env-file", "pass"),
            ("denylist-destructive", "pass"),
            ("paths-restricted", "pass"),
            ("messaging-allowlists", "pass"),
            ("dangerous-command-policy", "pass"),
            ("log-forwarding", "pass"),
            ("update-schedule", "pass"),
            ("separate-keys", "pass"),
            ("pre-commit-scanning", "not-applicable"),
            ("no-secrets-in-vcs", "pass"),
            // What a token may do, and who read a skill, no file of the machine says.
            ("least-privilege-connectors", "manual"),
            ("write-gates", "pass"),
            ("audit-logging", "pass"),
            ("sensitive-data-stripped", "pass"),
            ("skills-reviewed", "manual"),
            ("credential-rotation", "pass"),
            ("logs-append-only", "pass"),
            ("anomaly-alerts", "pass"),
        ],
        "{report:#}"
    );
    assert!(says(&report, "non-root-user", "NoNewPrivileges"));
    assert!(says(&report, "log-forwarding", "rsyslog forwards the Hermes logs, encrypted"));
    assert!(says(&report, "logs-append-only", "kept 91 days"));
    assert!(says(&report, "audit-logging", "reviewed on 2026-11-22"));
    assert!(says(&report, "audit-logging", "newest record of 2026-11-22; chained by hermes-lint"));
    let loud: Vec<&Value> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["severity"] != "info")
        .collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

#[test]
fn a_loose_machine_fails_for_what_it_is() {
    let image = image("loose");
    let report = report(image.path());
    for (id, words) in [
        ("non-root-user", "hermes is in the group sudo"),
        ("non-root-user", "hermes is in the group docker"),
        ("non-root-user", "hermes may run everything as root, without a password"),
        ("log-forwarding", "nothing here forwards"),
        ("update-schedule", "no timer"),
        ("audit-logging", "2020-01-01"),
        ("logs-append-only", "kept 7 days only"),
        ("logs-append-only", "copytruncate"),
    ] {
        assert_eq!(status(&report, id), "fail", "{id}");
        assert!(says(&report, id, words), "{id}: {words}: {:#}", item(&report, id));
    }
    assert_eq!(status(&report, "secrets-in-env-file"), "fail");
    assert_eq!(status(&report, "credential-rotation"), "manual");
    let env = fs::File::options().append(true).open(image.path().join("srv/hermes/home/.env"));
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_780_272_000);
    env.and_then(|env| env.set_modified(old)).expect("a time");
    let older = self::report(image.path());
    assert_eq!(status(&older, "credential-rotation"), "fail");
    assert!(says(&older, "credential-rotation", "last changed on 2026-06-01"));
    let findings = report["findings"].to_string();
    assert!(findings.contains("host/secret-file-mode") || findings.contains("host/home-mode"));
}

#[test]
fn people_see_homes_and_ports() {
    let (strict, _) = run(image("strict").path(), &[]);
    assert!(strict.contains("home /srv/hermes/home, by "), "{strict}");
    assert!(strict.contains(
        "port 8644 (webhook unless set otherwise) of hermes: 127.0.0.1, this machine only"
    ));
    let (loose, _) = run(image("loose").path(), &[]);
    assert!(loose.contains(
        "port 9119 (dashboard unless set otherwise) of hermes: 0.0.0.0, open to other machines"
    ));
}

/// One change to the well-run machine, and the one verdict that it turns.
#[test]
fn each_item_rests_on_what_it_says() {
    type Change = fn(&Path);
    let cases: &[(&str, &str, Change)] = &[
        ("log-forwarding", "unknown", |root| {
            fs::remove_file(
                root.join("etc/systemd/system/multi-user.target.wants/rsyslog.service"),
            )
            .expect("a link");
        }),
        ("log-forwarding", "fail", |root| {
            fs::remove_file(root.join("etc/rsyslog.d/30-hermes.conf")).expect("a file");
        }),
        ("update-schedule", "fail", |root| {
            fs::remove_file(root.join("etc/systemd/system/hermes-update.timer")).expect("a file");
        }),
        ("audit-logging", "manual", |root| {
            fs::remove_file(root.join("var/log/hermes-audit/audit-review.jsonl")).expect("a file");
        }),
        ("audit-logging", "fail", |root| {
            fs::write(
                root.join("var/log/hermes-audit/audit-review.jsonl"),
                "reviewed 2026-11-01\n",
            )
            .expect("a file");
        }),
        ("logs-append-only", "unknown", |root| {
            fs::remove_file(root.join("etc/logrotate.d/hermes")).expect("a file");
        }),
        ("anomaly-alerts", "manual", |root| {
            fs::remove_dir_all(root.join("etc/prometheus")).expect("a folder");
        }),
        ("anomaly-alerts", "pass", |root| {
            fs::remove_dir_all(root.join("etc/prometheus")).expect("a folder");
            fs::create_dir_all(root.join("etc/cron.d")).expect("a folder");
            let line = "7 7 * * 1 audit hermes-lint audit review /var/log/hermes-sealed/agent -q\n";
            fs::write(root.join("etc/cron.d/hermes-review"), line).expect("a file");
        }),
        ("non-root-user", "fail", |root| {
            fs::write(root.join("etc/group"), "docker:x:999:hermes\n").expect("a file");
        }),
        ("secrets-in-env-file", "fail", |root| {
            use std::os::unix::fs::PermissionsExt;
            let path = root.join("etc/credstore/hermes-gateway.env");
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("a mode");
        }),
        ("secrets-in-env-file", "fail", |root| {
            fs::write(root.join("tmp/hermes-backup-1.zip"), "").expect("a file");
        }),
        ("non-root-user", "fail", |root| {
            let unit = root.join("etc/systemd/system/hermes-gateway.service");
            let text = fs::read_to_string(&unit).expect("a unit");
            fs::write(&unit, text.replace("NoNewPrivileges=yes", "")).expect("a unit");
            let grant = "hermes ALL=(ALL) NOPASSWD: ALL\n";
            fs::write(root.join("etc/sudoers.d/hermes"), grant).expect("a file");
        }),
        ("update-schedule", "fail", |root| {
            let link = "etc/systemd/system/timers.target.wants/hermes-update.timer";
            fs::remove_file(root.join(link)).expect("a link");
        }),
        ("pre-commit-scanning", "fail", |root| {
            fs::create_dir(root.join("srv/hermes/.git")).expect("a folder");
        }),
    ];
    for (id, expected, change) in cases {
        let image = image("strict");
        change(image.path());
        let report = report(image.path());
        assert_eq!(status(&report, id), *expected, "{:#}", item(&report, id));
    }
}

/// A home that may not be entered is named, and nothing passes without it.
#[test]
fn nothing_passes_for_a_home_that_is_shut() {
    use std::os::unix::fs::PermissionsExt;

    let image = image("strict");
    let shut = image.path().join("root/.hermes");
    fs::create_dir(&shut).expect("a folder");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).expect("a mode");
    if fs::read_dir(&shut).is_ok() {
        // Root enters every folder.
        return;
    }
    let report = report(image.path());
    assert_eq!(status(&report, "denylist-destructive"), "unknown");
    assert!(says(&report, "denylist-destructive", "/root/.hermes"));
}
