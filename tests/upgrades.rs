//! What an update turns around: each release is judged by what it does, and what the next one will do is said before.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;

use serde_json::Value;

/// The steps of Hermes at which one of the settings below turns around, and the oldest.
const RELEASES: [&str; 6] = ["0.19.0", "0.20.0", "0.21.3", "0.21.4", "0.21.5", "0.22.2"];

/// Severity of `rule` release by release, and in the last place where the release is not known; `-` for none.
fn severities(config: &str, env: &str, rule: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), config).expect("a config");
    fs::write(folder.path().join(".env"), env).expect("variables");
    let told = |version: Option<&str>| {
        let mut arguments = vec!["check", ".", "--format", "json", "--select", rule];
        arguments.extend(version.iter().flat_map(|version| ["--hermes-version", version]));
        let (_, text, _) = common::run(folder.path(), &arguments);
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let found = json["findings"].as_array().expect("findings");
        assert!(found.len() <= 1, "one cause, one finding: {text}");
        found.first().map_or("-".to_owned(), |one| one["severity"].as_str().unwrap().to_owned())
    };
    RELEASES.iter().map(|release| told(Some(release))).chain([told(None)]).collect()
}

#[test]
fn a_dormant_switch_for_everybody_comes_alive() {
    let config = "model: x\nmcp_servers: {}\ngateway:\n  allow_all_users: true\n";
    let env = "TELEGRAM_BOT_TOKEN=op://vault/telegram/token\n";
    let w = "warning";
    let e = "error";
    assert_eq!(severities(config, env, "gateway/allow-all"), [w, w, w, e, e, e, w]);
    assert_eq!(severities(config, env, "config/inert-key"), ["-"; 7], "said once");
}

#[test]
fn a_key_that_stands_twice_voids_the_file_in_the_end() {
    let config = "model: x\napprovals:\n  mode: manual\nterminal: {}\napprovals:\n  deny: []\n";
    let w = "warning";
    assert_eq!(severities(config, "", "config/duplicate-key"), [w, w, w, w, w, "error", w]);
}

#[test]
fn a_scanner_that_is_relied_on_goes_away() {
    let config = |line: &str| format!("model: x\nsecurity:\n  {line}\n");
    let i = "info";
    assert_eq!(
        severities(&config("tirith_fail_open: false"), "", "config/inert-key"),
        [i, i, i, i, i, "warning", i]
    );
    let default = severities(&config("tirith_fail_open: true"), "", "config/inert-key");
    assert_eq!(default[..5], ["-"; 5], "what every dump holds is no news");
}

#[test]
fn a_reference_below_a_platform_stays_a_text_until_it_is_expanded() {
    let config = "model: x\nplatforms:\n  webhook:\n    enabled: true\n    extra:\n      host: 127.0.0.1\n      \
                  secret: ${WEBHOOK_KEY}\n";
    let e = "error";
    assert_eq!(
        severities(config, "WEBHOOK_KEY=op://vault/hook/key\n", "config/unexpanded-variable"),
        [e, e, e, e, "-", "-", "warning"]
    );
}

#[test]
fn an_allowlist_in_the_config_is_read_from_some_release_on() {
    let config = "model: x\nslack:\n  allow_from: [U0123456789]\n";
    let env = "SLACK_BOT_TOKEN=op://v/slack/bot\nSLACK_APP_TOKEN=op://v/slack/app\n";
    let w = "warning";
    assert_eq!(
        severities(config, env, "gateway/unread-allowlist-key"),
        [w, "-", "-", "-", "-", "-", w]
    );
    assert_eq!(severities(config, env, "gateway/no-allowlist")[0], "-", "said once");
}
