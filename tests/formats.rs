//! Several formats in one run, and several reports as one: the files, the exit status and what is refused.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;

use common::run as hermes_lint;
use serde_json::Value;

/// A home that has an error and a warning.
fn home(mode: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let config = format!("model: {{provider: x}}\napprovals:\n  mode: {mode}\n");
    fs::write(folder.path().join("config.yaml"), config).expect("a file");
    folder
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn each_format_goes_where_it_is_told() {
    let folder = home("off");
    let below = |arguments: &[&str]| hermes_lint(folder.path(), arguments);
    let (status, stdout, _) = below(&[
        "check",
        "config.yaml",
        "--format",
        "concise",
        "--format",
        "sarif=out.sarif",
        "--format=json=out.json",
    ]);
    assert_eq!(status, 1);
    assert!(stdout.contains("config.yaml:3:9: error[config/approvals-off]"), "{stdout}");
    let report: Value = serde_json::from_str(&read(folder.path(), "out.json")).expect("JSON");
    let log: Value = serde_json::from_str(&read(folder.path(), "out.sarif")).expect("JSON");
    let count = |value: &Value| value.as_array().expect("a list").len();
    assert_eq!(count(&report["findings"]), count(&log["runs"][0]["results"]));
    assert_eq!(log["runs"][0].get("automationDetails"), None);

    // All in files: nothing is left for stdout.
    let (_, stdout, _) = below(&["check", "config.yaml", "--format", "html=page.html"]);
    assert_eq!(stdout, "");
    assert!(read(folder.path(), "page.html").contains("config/approvals-off"));

    // As before there were several.
    let (_, stdout, _) = below(&["check", "config.yaml", "--format", "json", "--output", "o.json"]);
    assert_eq!(
        (stdout.as_str(), read(folder.path(), "o.json")),
        ("", read(folder.path(), "out.json"))
    );
    let named = ["--format=json=n.json", "--format=concise", "--output=o.txt", "--category=a"];
    let (_, stdout, _) = below(&[&["check", "config.yaml"], &named[..]].concat());
    assert_eq!(
        (stdout.as_str(), read(folder.path(), "n.json")),
        ("", read(folder.path(), "out.json"))
    );
    assert!(read(folder.path(), "o.txt").contains("error[config/approvals-off]"));
}

#[test]
fn the_checklist_and_the_machine_write_several_formats_too() {
    let folder = home("off");
    let (status, stdout, _) = hermes_lint(
        folder.path(),
        &["checklist", ".", "--format", "markdown", "--format", "prometheus=c.prom"],
    );
    assert!(status < 2 && stdout.starts_with("# Hermes Agent hardening checklist"), "{stdout}");
    assert!(read(folder.path(), "c.prom").contains("hermes_lint_checklist_items{"));
    let formats = ["--format", "junit=h.xml", "--format=gitlab=h.json", "--format=human"];
    let (status, stdout, _) =
        hermes_lint(folder.path(), &[&["host", "--home", "."], &formats[..]].concat());
    assert!(status < 2 && stdout.contains("production checklist"), "{stdout}");
    assert!(read(folder.path(), "h.xml").contains("<testsuite name=\"production checklist\""));
    assert!(read(folder.path(), "h.json").starts_with('['));
}

#[test]
fn what_can_not_be_meant_is_refused_before_anything_is_written() {
    let folder = home("off");
    for (arguments, said) in [
        (&["--format", "json", "--format", "sarif"][..], "would both go to stdout"),
        (
            &["--format", "json", "--format", "sarif", "--output", "x"],
            "would both go to the file of --output",
        ),
        (&["--format", "json=x", "--output", "y"], "every format names its own file"),
        (&["--format", "json=x", "--format", "sarif=./x"], "two formats would go to"),
        (&["--format", "json=x", "--format", "sarif", "--output", "x"], "two formats would go to"),
        (&["--format", "json="], "names no file"),
        (&["--format", "pdf=x"], "invalid value 'pdf'"),
        (&["--category", ""], "a value is required"),
    ] {
        let all = [&["check", "config.yaml"], arguments].concat();
        let (status, stdout, stderr) = hermes_lint(folder.path(), &all);
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "{arguments:?}");
    }
    let (status, _, stderr) = hermes_lint(folder.path(), &["checklist", "--format", "sarif"]);
    assert!(status == 2 && stderr.contains("possible values: human"), "{stderr}");
}

#[test]
fn one_file_that_fails_does_not_lose_the_others() {
    let folder = home("off");
    fs::create_dir(folder.path().join("taken")).expect("a folder");
    let formats =
        ["--format=json=absent/x.json", "--format=html=taken", "--format=sarif=out.sarif"];
    let (status, stdout, stderr) = hermes_lint(
        folder.path(),
        &[&["check", "config.yaml", "--format=concise"], &formats[..]].concat(),
    );
    assert_eq!(status, 2);
    assert!(
        stderr.contains("absent/x.json") && stderr.contains("taken"),
        "both are named: {stderr}"
    );
    assert!(stdout.contains("config/approvals-off"), "{stdout}");
    assert!(read(folder.path(), "out.sarif").ends_with("}\n"));
    let left: Vec<String> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".tmp"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn help_lists_the_words() {
    let folder = home("off");
    for command in ["check", "host", "checklist", "merge"] {
        let (_, help, _) = hermes_lint(folder.path(), &[command, "--help"]);
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("--format <FORMAT[=FILE]>") && help.contains("human, "), "{help}");
    }
}

/// A folder with the reports of two hosts.
fn reports() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, mode) in [("web-1", "off"), ("web-2", "manual")] {
        let home = home(mode);
        let output = folder.path().join(format!("{name}.json")).display().to_string();
        let (status, ..) = hermes_lint(
            home.path(),
            &["host", "--home", ".", "--format", "json", "--output", &output],
        );
        assert!(status < 2);
    }
    folder
}

#[test]
fn reports_of_hosts_are_one_report() {
    let folder = reports();
    let merge = |more: &[&str]| hermes_lint(folder.path(), &[&["merge"], more].concat());
    let (status, stdout, _) =
        merge(&["web-1.json", "second=web-2.json", "--format=human", "--format=json=fleet.json"]);
    assert_eq!(status, 1, "web-1 asks nobody");
    assert!(stdout.contains("error[config/approvals-off] on 1 of 2"), "{stdout}");
    let fleet: Value = serde_json::from_str(&read(folder.path(), "fleet.json")).expect("JSON");
    let names: Vec<&Value> =
        fleet["hosts"].as_array().expect("a list").iter().map(|host| &host["name"]).collect();
    assert_eq!(names, ["web-1", "second"]);
    let schema = read(&common::root(), "docs/schemas/fleet.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).unwrap();
    assert!(schema.is_valid(&fleet));
    assert_eq!(fleet["items"].as_array().expect("a list").len(), 19);
    assert_eq!(merge(&["web-1.json", "--fail-on", "never"]).0, 0);

    // What one home says of itself twice is the same finding on two hosts.
    let (_, json, _) = merge(&["a=web-1.json", "b=web-1.json", "--format", "json"]);
    let twice: Value = serde_json::from_str(&json).expect("JSON");
    for finding in twice["findings"].as_array().expect("a list") {
        let hosts: Vec<&Value> = finding["places"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|place| &place["host"])
            .collect();
        assert!(hosts.contains(&&Value::from("a")) && hosts.contains(&&Value::from("b")));
    }
}

#[test]
fn what_is_no_report_ends_a_merge_with_one_diagnostic() {
    let folder = reports();
    let deep = format!("{{\"version\":1,\"findings\":{}", "[".repeat(200_000));
    for (name, text) in [
        ("none.json", "{}"),
        ("newer.json", r#"{"version":2,"findings":[]}"#),
        ("other.json", r#"{"version":1,"findings":[{"rule":"\u001b]0;x\u0007"}]}"#),
        (
            "word.json",
            r#"{"version":1,"findings":[],"items":[{"id":"a","title":"t","list":"l","status":"\u001b[2J"}]}"#,
        ),
        ("deep.json", &deep),
        ("huge.json", r#"{"version":1,"findings":[],"summary":{"bytes":1e400}}"#),
        ("empty.json", ""),
    ] {
        fs::write(folder.path().join(name), text).expect("a file");
        let (status, stdout, stderr) =
            hermes_lint(folder.path(), &["merge", "web-1.json", name, "--format", "json"]);
        assert_eq!((status, stdout.as_str()), (2, ""), "{name}");
        assert!(stderr.contains(name) && stderr.contains("help:"), "{name}: {stderr}");
        assert!(!stderr.contains(['\u{1b}', '\u{7}']) && stderr.len() < 2_000, "{name}: {stderr}");
    }
    let refused = |arguments: &[&str], said: &str| {
        let (status, _, stderr) = hermes_lint(folder.path(), arguments);
        assert!(status == 2 && stderr.contains(said), "{stderr}");
    };
    refused(&["merge", "absent.json"], "can't read the report absent.json");
    refused(&["merge", "web-1.json", "./web-1.json"], "two reports are called `web-1`");
    refused(&["merge"], "required");
}

/// `SOURCE_DATE_EPOCH` pins the times, so a report is the same bytes each time, in any format.
#[test]
fn every_format_is_the_same_each_time() {
    let folder = home("off");
    let mut all = vec![Vec::new(), Vec::new()];
    for run in &mut all {
        for format in hermes_lint::report::Format::ALL {
            let (_, stdout, _) =
                hermes_lint(folder.path(), &["check", "--format", format.as_str()]);
            assert!(!stdout.is_empty(), "{format}");
            run.push(stdout);
        }
    }
    assert_eq!(all[0], all[1]);
}
