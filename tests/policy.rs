//! `policy test` end to end: the verdict, the release it holds for, the line it rests on, the exit status.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;

use serde_json::Value;

fn ask(home: &Path, options: &[&str], command: &str) -> (i32, String) {
    let arguments = [&["policy", "test"], options, &["--", command]].concat();
    let (status, stdout, _) = common::run(home, &arguments);
    (status, stdout)
}

fn home(config: &str, env: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), config).expect("a config");
    fs::write(folder.path().join(".env"), env).expect("variables");
    folder
}

/// From, to, verdict, step and line of each stretch of releases.
fn stretches(home: &Path, options: &[&str], command: &str) -> Vec<String> {
    let options: Vec<&str> = options.iter().copied().chain(["--format", "json"]).collect();
    let (_, text) = ask(home, &options, command);
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["version"], 1);
    let homes = json["homes"].as_array().expect("homes");
    assert_eq!(homes.len(), 1, "{text}");
    let told = |span: &Value| {
        let text = |key: &str| span[key].as_str().unwrap_or("-").to_owned();
        let line = span["line"].as_u64().map_or("-".to_owned(), |line| line.to_string());
        format!("{}..{} {} {} {line}", text("from"), text("to"), text("verdict"), text("step"))
    };
    homes[0]["releases"].as_array().expect("releases").iter().map(told).collect()
}

const CONFIG: &str = "\
model: x
_config_version: 39
approvals:
  mode: manual
  deny:
    - '*mkfs*'
    - sudo *
command_allowlist:
  - git *
  - find
";

#[test]
fn the_line_that_decides_is_named_release_by_release() {
    let home = home(CONFIG, "");
    let told = |command: &str| stretches(home.path(), &[], command);
    assert_eq!(told("ls"), ["0.20.6..0.22.2 allow classes -"]);
    assert_eq!(told("rm -fr x; curl y | sh"), ["0.20.6..0.22.2 ask classes 4"]);
    assert_eq!(told("git push --force"), ["0.20.6..0.22.2 allow allowlist 9"]);
    assert_eq!(told("find . -delete"), ["0.20.6..0.22.2 allow classes 10"]);
    assert_eq!(told("rm -rf /"), ["0.20.6..0.22.2 deny floor -"]);
    assert_eq!(
        told("/usr/bin/sudo ls"),
        ["0.20.6..0.21.0 allow classes -", "0.21.3..0.22.2 deny deny 7"],
        "the base name counts from 0.21.3 on"
    );
}

#[test]
fn what_the_deployment_sets_elsewhere_counts() {
    let yolo = home(CONFIG, "OTHER=1\nHERMES_YOLO_MODE=1\n");
    assert_eq!(
        stretches(yolo.path(), &["--hermes-version", "0.22.2"], "rm -rf x"),
        ["0.22.2..0.22.2 allow yolo 2"]
    );
    let docker = home("approvals:\n  deny: ['rm *']\nterminal:\n  backend: docker\n", "");
    assert_eq!(
        stretches(docker.path(), &[], "rm x"),
        ["0.19.0..0.21.0 allow container 4", "0.21.3..0.22.2 deny deny 2"]
    );
    let mounted = home(
        "approvals: {mode: manual}\nterminal:\n  backend: docker\n  docker_volumes: ['/srv:/srv']\n",
        "",
    );
    assert_eq!(stretches(mounted.path(), &[], "rm -rf x"), ["0.19.0..0.22.2 ask classes 1"]);
    let cron = home("approvals:\n  cron_mode: approve\n", "");
    assert_eq!(
        stretches(cron.path(), &["--session", "cron"], "rm -rf x"),
        ["0.19.0..0.22.2 allow classes 2"]
    );
}

#[test]
fn a_config_that_is_dropped_decides_nothing() {
    let twice = home("approvals: {mode: 'off'}\nmodel: x\nmodel: y\n", "");
    let (_, text) = ask(twice.path(), &["--hermes-version", "0.22.2"], "rm -rf x");
    assert!(text.contains("the config can't be read as it is"), "{text}");
    assert!(text.starts_with("unknown"), "the last good copy is not here: {text}");
    assert_eq!(
        stretches(twice.path(), &["--hermes-version", "0.21.5"], "rm -rf x"),
        ["0.21.5..0.21.5 allow mode 1"]
    );
}

#[test]
fn the_exit_status_is_for_scripts() {
    let home = home(CONFIG, "");
    let status = |options: &[&str], command: &str| ask(home.path(), options, command).0;
    assert_eq!(status(&[], "rm -rf x"), 0);
    assert_eq!(status(&["--expect", "ask"], "rm -rf x"), 0);
    assert_eq!(status(&["--expect", "deny"], "rm -rf x"), 1);
    assert_eq!(status(&["--expect", "deny"], "/usr/bin/sudo ls"), 1, "not in every release");
    assert_eq!(status(&["--expect", "deny", "--hermes-version", "0.21.3"], "/usr/bin/sudo ls"), 0);
    assert_eq!(status(&["--expect", "never"], "ls"), 2);
    let smart = tempfile::tempdir().expect("a folder");
    let (code, text) = ask(smart.path(), &[], "rm -rf x");
    assert_eq!(code, 3, "a model decides: {text}");
    assert!(text.contains("no Hermes home here"), "{text}");
}

#[test]
fn what_a_template_fills_in_is_unknown_as_far_as_it_decides() {
    let home = home("model: x\napprovals:\n  mode: {{ mode }}\n  deny: ['*shred*']\n", "");
    let told = |command: &str| stretches(home.path(), &["--hermes-version", "0.22.2"], command);
    assert_eq!(told("rm -rf x"), ["0.22.2..0.22.2 unknown template 3"]);
    assert_eq!(told("ls"), ["0.22.2..0.22.2 allow classes -"]);
    assert_eq!(told("shred disk"), ["0.22.2..0.22.2 deny deny 4"]);
    assert_eq!(told("rm -rf /"), ["0.22.2..0.22.2 deny floor -"]);
}

#[test]
fn a_line_that_the_gateway_makes_a_variable_of_counts_for_its_sessions() {
    let home = home("model: x\nHERMES_YOLO_MODE: true\napprovals:\n  mode: manual\n", "");
    let told = |session: &str| {
        stretches(home.path(), &["--hermes-version", "0.22.2", "--session", session], "rm -rf x")
    };
    assert_eq!(told("chat"), ["0.22.2..0.22.2 unknown yolo 2"]);
    assert_eq!(told("cli"), ["0.22.2..0.22.2 ask classes 4"]);
}

#[test]
fn an_unquoted_n_is_off_from_the_release_that_reads_it_as_a_boolean() {
    let home = home("model: x\napprovals:\n  mode: n\n", "");
    assert_eq!(
        stretches(home.path(), &["--session", "chat"], "rm -rf x"),
        ["0.19.0..0.21.5 ask classes 3", "0.22.2..0.22.2 allow mode 3"]
    );
}

#[test]
fn lists_are_read_as_hermes_reads_them() {
    let told = |config: &str, release: &str, command: &str| {
        let home = home(&format!("model: x\n{config}"), "PREFIX=rm\n");
        let told = stretches(home.path(), &["--hermes-version", release], command);
        told[0].split_once(' ').map(|(_, verdict)| verdict.to_owned()).unwrap()
    };
    let mode = "approvals: {mode: manual}\n";
    let as_text = format!("{mode}command_allowlist: '[\"rm -rf *\"]'\n");
    assert_eq!(told(&as_text, "0.21.3", "rm -rf x"), "allow allowlist 3");
    let mixed = format!("{mode}command_allowlist: ['rm -rf *', 7]\n");
    assert_eq!(told(&mixed, "0.21.0", "rm -rf x"), "allow allowlist 3");
    assert_eq!(told(&mixed, "0.21.3", "rm -rf x"), "ask classes 2", "one number voids the list");
    assert_eq!(told("approvals: {deny: {'rm *': true}}\n", "0.22.2", "rm x"), "deny deny 2");
    assert_eq!(told("approvals: {deny: ['${PREFIX} *']}\n", "0.22.2", "rm x"), "deny deny 2");
    assert_eq!(told("approvals: {deny: ['${OTHER} *']}\n", "0.22.2", "rm x"), "unknown template 2");
    assert_eq!(
        told("approvals: []\n", "0.22.2", "rm -rf x"),
        "ask classes 2",
        "no section is manual"
    );
}

#[test]
fn what_a_unit_sets_says_nothing_of_a_terminal() {
    let home = home("model: x\napprovals: {mode: manual}\n", "");
    fs::write(
        home.path().join("hermes-gateway.service"),
        "[Service]\nEnvironment=HERMES_YOLO_MODE=1\nExecStart=/usr/bin/hermes gateway run\n",
    )
    .unwrap();
    let told = |session: &str| {
        stretches(home.path(), &["--hermes-version", "0.22.2", "--session", session], "rm -rf x")
    };
    assert_eq!(told("chat"), ["0.22.2..0.22.2 allow yolo 2"]);
    assert_eq!(told("cli"), ["0.22.2..0.22.2 ask classes 2"]);
}
