//! Looking keys up, on small tables and on the real one.

use super::super::tests::with_facts;
use super::*;

const SMALL: &str = r#"{
    "platforms": ["telegram", "slack"],
    "platform": {"enabled": {"t": "bool"}, "allow_from": {}},
    "mapping_ok": ["gateway"],
    "keys": {
        "approvals.mode": {"t": ["str", "bool"], "of": ["manual", "smart", "off"], "d": "smart"},
        "approvals.deny": {"t": "list", "d": []},
        "approvals.timeout": {"t": "num", "d": 300, "was": {"0.20.0": 60}},
        "agent.max_turns": {"t": "num", "d": null, "was": {"0.20.0": 90, "0.20.5": 500}},
        "security.old": {"since": "0.20.0", "until": "0.22.2"},
        "privacy.redact_pii": {"t": "bool", "d": false},
        "display.**": {"t": "map"},
        "display.compact": {"t": "bool"},
        "hooks.*": {"t": "list"},
        "hooks.*[].command": {"t": "str"},
        "terminal.docker_env.**": {"t": "map"},
        "gateway.strict": {"t": "bool"},
        "telegram.reactions": {"t": "bool"}
    }
}"#;

fn small() -> Keys {
    Keys::from_json(SMALL).unwrap()
}

fn path(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('.').collect() }
}

/// `known`, `free` or `unknown at <known part>`, with `(plugin)` where a mapping may be a plugin's.
fn verdict(keys: &Keys, text: &str) -> String {
    match keys.lookup(&path(text)) {
        Lookup::Known { range, .. } => {
            let range = range.text();
            if range.is_empty() { "known".to_owned() } else { format!("known {range}") }
        }
        Lookup::Free => "free".to_owned(),
        Lookup::Unknown { known, mapping_may_be_plugins } => {
            format!("unknown at {known}{}", if mapping_may_be_plugins { " (plugin)" } else { "" })
        }
    }
}

#[test]
fn paths_are_known_free_or_unknown() {
    let keys = small();
    for (text, expected) in [
        ("", "known"),
        ("approvals", "known"),
        ("approvals.mode", "known"),
        ("approvals.mood", "unknown at 1"),
        ("approvals.deny.[]", "free"),
        ("approvals.mode.x", "free"),
        ("approvals.[]", "free"),
        ("nothing", "unknown at 0 (plugin)"),
        ("nothing.below", "unknown at 0 (plugin)"),
        ("security.old", "known from 0.20.0 on, before 0.22.2"),
        ("display.compact", "known"),
        ("display.anything.below", "free"),
        ("hooks.on_start.[].command", "known"),
        ("hooks.on_start.[].comand", "unknown at 3"),
        ("terminal.docker_env.TOKEN", "free"),
        ("terminal.other", "unknown at 1"),
        ("gateway.loose", "unknown at 1 (plugin)"),
    ] {
        assert_eq!(verdict(&keys, text), expected, "{text}");
    }
}

#[test]
fn blocks_of_platforms_stand_at_four_places() {
    let keys = small();
    for (text, expected) in [
        ("telegram.allow_from", "known"),
        ("telegram.reactions", "known"),
        ("slack.reactions", "free"),
        ("platforms.slack.allow_from", "known"),
        ("platforms.telegram.reactions", "known"),
        ("gateway.platforms.slack.enabled", "known"),
        ("gateway.slack.enabled", "known from 0.20.0 on"),
        ("gateway.telegram.reactions", "known from 0.20.0 on"),
        ("platforms.my_plugin.enabled", "known"),
        ("platforms.my_plugin.own_key", "free"),
        ("telegram.extra_key", "free"),
    ] {
        assert_eq!(verdict(&keys, text), expected, "{text}");
    }
}

#[test]
fn odd_data_neither_hangs_nor_panics() {
    let keys = Keys::from_json(
        r#"{"platforms": ["platforms", "platforms", "gateway", ""], "platform": {"x": {}},
            "mapping_ok": ["", "gateway"], "keys": {"": {}, "a..b": {}, "*": {}, "[]": {}, ".**": {}, "a[]": {}}}"#,
    )
    .unwrap();
    let deep = vec!["platforms"; 10_000];
    assert!(matches!(keys.lookup(&deep), Lookup::Known { .. }));
    assert_eq!(keys.suggest(&["gatewai", "x"]), None, "`*` takes any name");
}

#[test]
fn the_nearest_key_is_suggested() {
    let keys = small();
    let suggest = |text: &str| {
        let found = keys.suggest(&path(text))?;
        Some(format!("{:?} {}", found.kind, found.path))
    };
    assert_eq!(suggest("approvals.mode"), None, "known");
    assert_eq!(suggest("approval.mode").as_deref(), Some("Spelling approvals.mode"));
    assert_eq!(
        suggest("approvals.timeuot").as_deref(),
        Some("Spelling approvals.timeout"),
        "a swap"
    );
    assert_eq!(suggest("approvals.dney").as_deref(), Some("Spelling approvals.deny"));
    assert_eq!(
        suggest("approvals.Mode").as_deref(),
        Some("Spelling approvals.mode"),
        "the case counts"
    );
    assert_eq!(suggest("security.redact_pii").as_deref(), Some("Place privacy.redact_pii"));
    assert_eq!(suggest("security.compact").as_deref(), Some("Place display.compact"));
    assert_eq!(suggest("hooks.x.[].comand").as_deref(), Some("Spelling hooks.x[].command"));
    assert_eq!(
        suggest("slack.alow_from").as_deref(),
        Some("Spelling slack.allow_from"),
        "though free"
    );
    assert_eq!(
        suggest("gateway.slack.alow_from").as_deref(),
        Some("Spelling gateway.slack.allow_from")
    );
    assert_eq!(suggest("display.redact_pii"), None, "display takes more than is listed");
    assert_eq!(suggest("security.mode"), None, "too common a word");
    assert_eq!(suggest("terminal.docker_env.NAME"), None, "the user's own names");
    assert_eq!(suggest("approvals.completely_else"), None);
}

#[test]
fn distances_have_a_limit() {
    assert_eq!(edit_distance("deny", "deny", 2), None, "the same word");
    assert_eq!(edit_distance("deny", "dney", 1), Some(1));
    assert_eq!(edit_distance("allow_from", "alow_form", 2), Some(2));
    assert_eq!(edit_distance("allow_from", "allowed_users", 2), None);
    assert_eq!(edit_distance("mode", "node", 0), None);
    assert_eq!(edit_distance("é", "e", 2), Some(2), "bytes");
    assert_eq!(edit_distance(&"a".repeat(100), &"a".repeat(99), 2), None, "too long to matter");
    assert!(COMMON.is_sorted(), "looked up by bisection");
}

#[test]
fn defaults_change_with_releases() {
    let keys = small();
    let default = |text: &str, release: &str| {
        let path = path(text);
        let Lookup::Known { spec: Some(spec), .. } = keys.lookup(&path) else { panic!("{text}") };
        spec.default_in(Release::parse(release).unwrap()).map(ToString::to_string)
    };
    assert_eq!(default("approvals.timeout", "0.19.0").as_deref(), Some("60"));
    assert_eq!(default("approvals.timeout", "0.20.0").as_deref(), Some("300"));
    assert_eq!(default("agent.max_turns", "0.19.0").as_deref(), Some("90"));
    assert_eq!(default("agent.max_turns", "0.20.4").as_deref(), Some("500"));
    assert_eq!(default("agent.max_turns", "0.20.5").as_deref(), Some("null"), "a null default");
    assert_eq!(default("privacy.redact_pii", "0.16.0").as_deref(), Some("false"));
    assert_eq!(default("security.old", "0.21.0"), None);
}

/// Hand-checked answers on the real table.
#[test]
fn the_real_table_knows_hermes() {
    with_facts(|facts| {
        let keys = facts.keys();
        for text in [
            "approvals.deny",
            "command_allowlist",
            "quick_commands.deploy.command",
            "mcp_servers.github.tools.include",
            "providers.openrouter.api_key",
            "custom_providers.[].base_url",
            "auxiliary.vision.api_mode",
            "auxiliary.some_task.api_mode",
            "platform_toolsets.telegram",
            "terminal.ssh_host",
            "terminal.docker_orphan_reaper",
            "terminal.lifetime_seconds",
            "code_execution.timeout",
            "dashboard.oauth.self_hosted.client_secret",
            "gateway.platforms.telegram.extra",
            "telegram.allowed_users",
            "model.default",
            "model",
            "max_turns",
            "unauthorized_dm_behavior",
            "skills.creation_nudge_interval",
            "fallback_model.[].provider",
            "_config_version",
        ] {
            assert_eq!(verdict(keys, text), "known", "{text}");
        }
        for (text, expected) in [
            ("security.tirith_enabled", "known before 0.22.2"),
            ("approvals.unattended_mode", "known from 0.21.0 on"),
            ("approvals.single_query_mode", "known from 0.20.1 on"),
            ("gateway.allow_all_users", "known from 0.21.4 on"),
            ("gateway.telegram.allow_from", "known from 0.20.0 on"),
            ("gateway.telegram", "known from 0.20.0 on"),
            ("gateway.api_server", "known"),
            ("gateway.api_server.max_concurrent_runs", "known"),
            ("gateway.api_server.enabled", "known from 0.20.0 on"),
            ("cron.model_drift_guard", "known from 0.20.0 on, before 0.21.3"),
            ("vault.bitwarden.enabled", "known from 0.21.3 on"),
            ("security.command_denylist", "unknown at 1"),
            ("security.filesystem_allowed_paths", "unknown at 1"),
            ("logging.format", "unknown at 1"),
            ("logging.memory_monitor.enabled", "unknown at 1"),
            ("approvals.auto_approve_patterns", "unknown at 1"),
            ("gateway.allowed_users", "unknown at 1 (plugin)"),
            ("credential_pools.openrouter", "unknown at 0 (plugin)"),
            ("telegram_topic_routing", "unknown at 0 (plugin)"),
            ("memory.my_provider.url", "unknown at 1 (plugin)"),
            ("plugins.entries.x.own.key", "free"),
            ("mcp_servers.x.own", "free"),
            ("platforms.telegram.extra.group_topics", "free"),
            ("secrets.my_store.command", "free"),
            ("skills.config.x", "free"),
            ("personalities.noir", "free"),
        ] {
            assert_eq!(verdict(keys, text), expected, "{text}");
        }
        let suggest = |text: &str| keys.suggest(&path(text)).map(|found| found.path);
        assert_eq!(suggest("aprovals.mode").as_deref(), Some("approvals.mode"));
        assert_eq!(suggest("security.redact_pii").as_deref(), Some("privacy.redact_pii"));
        assert_eq!(suggest("security.redact_secret").as_deref(), Some("security.redact_secrets"));
        assert_eq!(suggest("mcp_server.x").as_deref(), Some("mcp_servers.x"));
        assert_eq!(suggest("telegram_topic_routing"), None);
        assert_eq!(suggest("kanban_board_routing"), None);
    });
}

proptest::proptest! {
    #[test]
    fn letters_never_rule_out_a_near_word(a in "[a-cA-C0-2_]{1,9}", b in "[a-cA-C0-2_]{1,9}") {
        if let Some(distance) = edit_distance(&a, &b, 4) {
            proptest::prop_assert!(Letters::of(&a).apart(Letters::of(&b)) <= distance);
        }
    }
}
