//! `capabilities` end to end: what each channel reaches, by whom, and the line that each gate rests on.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .env_remove("HERMES_HOME")
        .env("NO_COLOR", "1")
        .timeout(Duration::from_secs(60))
        .current_dir(folder)
        .arg("capabilities")
        .args(arguments)
        .output()
        .expect("a run");
    let text = String::from_utf8(output.stdout).expect("UTF-8 output");
    (output.status.code().expect("a status"), text)
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    let (status, text) = run(folder, &all);
    assert_eq!(status, 0, "{text}");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_valid(&json);
    json
}

fn assert_valid(json: &Value) {
    let text = fs::read_to_string(common::root().join("docs/schemas/capabilities.schema.json"));
    let schema = serde_json::from_str(&text.expect("the schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(json)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// The channel `id` of the first home.
fn channel<'j>(json: &'j Value, id: &str) -> &'j Value {
    let channels = json["homes"][0]["channels"].as_array().expect("channels");
    let found = channels.iter().find(|channel| channel["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {json:#}"))
}

/// Toolset or server, name, tier, gate, and the setting that is responsible with its line.
fn cells(channel: &Value) -> Vec<String> {
    let of = |tool: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let set = tool["toolset"].as_str().or(tool["mcp_server"].as_str()).unwrap_or("-");
        let gates = tool["gates"].as_array().expect("gates");
        let because: Vec<String> = gates
            .iter()
            .map(|gate| {
                let line = gate["because"]["line"].as_u64();
                let line = line.map_or(String::new(), |line| format!(":{line}"));
                format!("{} {}{line}", text(&gate["gate"]), text(&gate["because"]["setting"]))
            })
            .collect();
        format!("{set} {} {} {}", text(&tool["name"]), tool["tier"], because.join(", then "))
    };
    channel["tools"].as_array().expect("tools").iter().map(of).collect()
}

/// The cells of one tool.
fn cell(channel: &Value, tool: &str) -> String {
    let tools = channel["tools"].as_array().expect("tools");
    let at = tools.iter().position(|one| one["name"] == tool);
    cells(channel)[at.unwrap_or_else(|| panic!("no {tool} in {channel:#}"))].clone()
}

/// Who, how many, and the settings with their lines.
fn who(channel: &Value) -> String {
    let who = &channel["who"];
    let because: Vec<String> = who["because"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{}:{}", one["setting"].as_str().unwrap_or("-"), one["line"]))
        .collect();
    let people = who["people"].as_u64().map_or(String::new(), |people| format!(" {people}"));
    format!("{}{people} {}", who["whom"].as_str().expect("a word"), because.join(" "))
}

#[test]
fn the_hardened_deployment_has_its_gates() {
    let root = common::root();
    let json =
        report(&root, &["fixtures/deployments/native-hardened/home", "--hermes-version", "0.21.5"]);
    assert_eq!(json["homes"].as_array().map(Vec::len), Some(3), "the home and two profiles");
    let telegram = channel(&json, "telegram");
    assert_eq!(who(telegram), "listed 2 TELEGRAM_ALLOWED_USERS:9 TELEGRAM_GROUP_ALLOWED_USERS:10");
    assert_eq!(telegram["who"]["admins"], 1);
    assert_eq!(telegram["toolsets"]["line"], 284);
    assert_eq!(
        cells(telegram),
        [
            "clarify clarify 0 none -",
            "issues issues.get_issue 0 none -",
            "issues issues.list_issues 0 none -",
            "issues issues.search_issues 0 none -",
            "memory memory 1 prompt memory.write_approval:451",
            "skills skill_manage 3 prompt skills.write_approval:443",
            "skills skill_view 0 none -",
            "skills skills_list 0 none -",
            "web web_extract 0 none -",
            "web web_search 0 none -",
        ]
    );
    let webhook = channel(&json, "webhook");
    assert_eq!(who(webhook), "key-holder platforms.webhook.extra.host:410");
    assert_eq!(webhook["who"]["address"], "127.0.0.1:8644");
    assert_eq!(cells(webhook), ["search web_search 0 none -"]);
    assert_eq!(cells(channel(&json, "3f9a1c07b2d4")), [""; 0], "a script, no agent");
    assert_eq!(cells(channel(&json, "a81e55c0d7f2")), ["search web_search 0 none -"]);
    let line = channel(&json, "cli");
    assert_eq!(cell(line, "terminal"), "terminal terminal 3 prompt approvals.mode:10");
    assert_eq!(cell(line, "process_manage"), "terminal process_manage 3 none -");
    assert_eq!(cell(line, "write_file"), "file write_file 3 none HERMES_WRITE_SAFE_ROOT:5");
    assert_eq!(line["tools"].as_array().map(Vec::len), Some(13), "{:#?}", cells(line));
    let query = channel(&json, "single-query");
    assert_eq!(cell(query, "terminal"), "terminal terminal 3 deny approvals.single_query_mode:13");
    assert_eq!(line["summary"]["ungated"], 3);
    assert_eq!(telegram["summary"]["ungated"], 0);
}

#[test]
fn the_careless_deployment_has_none() {
    let root = common::root();
    let json = report(&root, &["fixtures/deployments/lax", "--hermes-version", "0.19.0"]);
    assert_eq!(json["homes"].as_array().map(Vec::len), Some(6));
    let discord = channel(&json, "discord");
    assert_eq!(who(discord), "everyone DISCORD_ALLOW_ALL_USERS:16 DISCORD_ALLOW_BOTS:17");
    assert_eq!(discord["who"]["bots"], true);
    assert_eq!(
        cells(discord),
        [
            "crm MCP server crm null none -",
            "db MCP server db 3 none -",
            "files MCP server files 3 none -",
            "notion MCP server notion 2 none -",
            "search MCP server search 0 none -",
            "wrapper MCP server wrapper null none -",
            "file patch 3 none HERMES_WRITE_SAFE_ROOT:56",
            "- plugin shop-tools null unknown plugins.enabled:178",
            "- plugin telegram-voice null unknown plugins.enabled:178",
            "terminal process 3 none -",
            "file read_file 0 none -",
            "file search_files 0 none -",
            "terminal terminal 3 auto HERMES_YOLO_MODE:53",
            "web web_extract 0 none -",
            "web web_search 0 none -",
            "file write_file 3 none HERMES_WRITE_SAFE_ROOT:56",
        ],
        "`execute_code` is a tool, no toolset: naming it gives nothing"
    );
    let webhook = channel(&json, "webhook");
    assert_eq!(
        who(webhook),
        "everyone platforms.webhook.extra.routes.test.secret:252 platforms.webhook.extra.host:239"
    );
    let api = channel(&json, "api_server");
    assert_eq!(who(api), "key-holder API_SERVER_KEY:43 API_SERVER_HOST:42");
    assert_eq!(api["tools"].as_array().map(Vec::len), Some(31 + 6 + 2), "{:#?}", cells(api));
    let job = channel(&json, "22bb44dd66ff");
    assert_eq!(who(job), "schedule ");
    assert_eq!(cell(job, "execute_code"), "code_execution execute_code 3 auto HERMES_YOLO_MODE:53");
    let all = channel(&json, "1a2b3c4d5e6f");
    let names: Vec<String> = cells(all);
    assert!(
        !names.iter().any(|cell| cell.contains(" cronjob ") || cell.contains(" clarify ")),
        "no job schedules or asks: {names:#?}"
    );
    assert_eq!(channel(&json, "dashboard")["who"]["whom"], "login");
}

#[test]
fn nobody_is_named_and_no_secret_shown() {
    let root = common::root();
    for arguments in [&["fixtures/deployments/lax"][..], &["fixtures/deployments/lax", "-v"]] {
        let (status, text) = run(&root, arguments);
        assert_eq!(status, 0);
        let json = report(&root, arguments).to_string();
        for hidden in ["77001122", "hunter2", "changeme", "sk-abc123", "123456:abc", "xoxb-abc"] {
            assert!(!text.contains(hidden) && !json.contains(hidden), "{hidden}");
        }
        let long = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "fits 100 columns");
        assert_eq!(run(&root, arguments).1, text, "the same bytes each time");
    }
    let (_, text) = run(&root, &["fixtures/deployments/native-hardened/home"]);
    assert!(!text.contains("100200301"), "{text}");
    assert!(text.contains("Telegram · who: 2 people, 1 administrator"), "{text}");
    assert!(
        text.contains(
            "3 tools of tier 2 or 3 stand without a gate: the command line 3, hermes chat -q 3"
        ),
        "{text}"
    );
}

const BOT: &str = "TELEGRAM_BOT_TOKEN=123456:abc\nTELEGRAM_ALLOWED_USERS=1,2,3\n";

#[test]
fn the_session_decides_the_gate() {
    let config = "_config_version: 50\napprovals: {mode: manual}\ndelegation:\n  subagent_auto_approve: true\n\
                  platforms:\n  webhook: {enabled: true}\nplatform_toolsets:\n  \
                  webhook: [terminal, no_mcp]\n";
    let jobs = r#"{"jobs": [{"id": "j", "name": "n", "enabled_toolsets": ["code_execution"]}]}"#;
    let home = home(&[("config.yaml", config), (".env", BOT), ("cron/jobs.json", jobs)]);
    let json = report(home.path(), &[]);
    assert_eq!(
        cell(channel(&json, "telegram"), "terminal"),
        "terminal terminal 3 prompt approvals.mode:2"
    );
    assert_eq!(
        cell(channel(&json, "telegram"), "execute_code"),
        "code_execution execute_code 3 prompt approvals.mode:2"
    );
    assert_eq!(cell(channel(&json, "cli"), "execute_code"), "code_execution execute_code 3 none -");
    assert_eq!(
        cell(channel(&json, "cli"), "delegate_task"),
        "delegation delegate_task 3 auto delegation.subagent_auto_approve:4",
        "nobody at the terminal is asked about what an agent's agents run"
    );
    assert_eq!(
        cell(channel(&json, "telegram"), "delegate_task"),
        "delegation delegate_task 3 prompt approvals.mode:2",
        "a chat is"
    );
    assert_eq!(
        cell(channel(&json, "j"), "execute_code"),
        "code_execution execute_code 3 deny approvals.cron_mode"
    );
    assert_eq!(
        cell(channel(&json, "webhook"), "terminal"),
        "terminal terminal 3 deny approvals.unattended_mode"
    );
    assert_eq!(
        cell(channel(&json, "cli"), "skill_manage"),
        "skills skill_manage 3 none skills.write_approval"
    );
    assert_eq!(who(channel(&json, "telegram")), "listed 3 TELEGRAM_ALLOWED_USERS:2");
}

#[test]
fn releases_that_differ_are_told_apart() {
    let config = "approvals: {mode: manual}\nplatforms:\n  webhook: {enabled: true}\n\
                  platform_toolsets:\n  webhook: [terminal, no_mcp]\n  cli: [terminal, no_mcp]\n";
    let home = home(&[("config.yaml", config)]);
    let gates = |id: &str, tool: &str, arguments: &[&str]| {
        let json = report(home.path(), arguments);
        let tools = channel(&json, id)["tools"].as_array().expect("tools").clone();
        let tool = tools.into_iter().find(|one| one["name"] == tool).expect("the tool");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        tool["gates"]
            .as_array()
            .expect("gates")
            .iter()
            .map(|gate| {
                format!("{}..{} {}", text(&gate["from"]), text(&gate["to"]), text(&gate["gate"]))
            })
            .collect::<Vec<_>>()
    };
    let waits = ["0.19.0..0.20.6 deny", "0.21.0..0.22.2 deny"];
    assert_eq!(gates("webhook", "terminal", &[]), waits, "by a time-out, then at once");
    assert_eq!(
        gates("webhook", "terminal", &["--hermes-version", "0.21.0"]),
        ["0.21.0..0.21.0 deny"]
    );
    assert_eq!(
        gates("cli", "process_manage", &["--hermes-version", "0.22.2"]),
        ["0.22.2..0.22.2 none"]
    );
    let old = report(home.path(), &["--hermes-version", "0.19.0"]);
    let names: Vec<String> = cells(channel(&old, "cli"));
    assert!(names.iter().any(|cell| cell.contains(" process ")), "its old name: {names:?}");
    let future = report(home.path(), &["--hermes-version", "0.23.3"]);
    assert_eq!(
        future["homes"][0]["releases"]["to"], "0.22.2",
        "as the newest one that is modelled"
    );
}

#[test]
fn what_is_left_open_is_unknown_and_only_that() {
    let config = "approvals:\n  mode: ${APPROVALS_MODE}\nterminal:\n  backend: docker\n";
    let isolated = home(&[("config.yaml", config), (".env", BOT)]);
    let json = report(isolated.path(), &["--hermes-version", "0.22.2"]);
    assert_eq!(
        cell(channel(&json, "telegram"), "terminal"),
        "terminal terminal 3 auto terminal.backend:4",
        "a container asks nobody, whatever the mode"
    );
    let config = "approvals:\n  mode: ${APPROVALS_MODE}\nmemory:\n  write_approval: ${GATE}\n";
    let open = home(&[
        ("config.yaml", config),
        (".env", "TELEGRAM_BOT_TOKEN=123456:abc\nTELEGRAM_ALLOWED_USERS=${IDS}\n"),
    ]);
    let json = report(open.path(), &["--hermes-version", "0.22.2"]);
    let telegram = channel(&json, "telegram");
    assert_eq!(cell(telegram, "terminal"), "terminal terminal 3 unknown approvals.mode:2");
    assert_eq!(cell(telegram, "memory"), "memory memory 1 unknown memory.write_approval:4");
    assert_eq!(who(telegram), "unknown TELEGRAM_ALLOWED_USERS:2");
    assert_eq!(cell(telegram, "write_file"), "file write_file 3 none -", "nothing changes that");
    let scalar = home(&[
        ("config.yaml", "HERMES_YOLO_MODE: true\napprovals: {mode: manual}\n"),
        (".env", BOT),
    ]);
    let json = report(scalar.path(), &["--hermes-version", "0.22.2"]);
    assert_eq!(
        cell(channel(&json, "telegram"), "terminal"),
        "terminal terminal 3 unknown HERMES_YOLO_MODE:1"
    );
    assert_eq!(
        cell(channel(&json, "cli"), "terminal"),
        "terminal terminal 3 prompt approvals.mode:2",
        "the gateway alone makes a variable of it"
    );
    let template = home(&[(
        "config.yaml.j2",
        "_config_version: 50\napprovals:\n  mode: {{ mode }}\nplatform_toolsets:\n  cli: {{ tools }}\n",
    )]);
    let json = report(template.path(), &[]);
    assert_eq!(
        cells(channel(&json, "cli")),
        ["- what a template fills in null unknown platform_toolsets.cli:5"]
    );
}

#[test]
fn a_unit_says_nothing_of_who_sits_at_a_terminal() {
    let config = "approvals: {mode: manual}\n";
    let unit = "[Service]\nEnvironment=HERMES_YOLO_MODE=1\nExecStart=/usr/bin/hermes gateway run\n";
    let compose = "services:\n  hermes:\n    image: nousresearch/hermes-agent\n    environment:\n      \
                   HERMES_YOLO_MODE: \"1\"\n";
    let gate = |name: &str, text: &str, id: &str| {
        let home = home(&[("config.yaml", config), (".env", BOT), (name, text)]);
        let json = report(home.path(), &["--hermes-version", "0.22.2"]);
        cell(channel(&json, id), "terminal")
    };
    let auto = |line: u32| format!("terminal terminal 3 auto HERMES_YOLO_MODE:{line}");
    let prompt = "terminal terminal 3 prompt approvals.mode:1";
    assert_eq!(gate("hermes.service", unit, "telegram"), auto(2));
    assert_eq!(gate("hermes.service", unit, "cli"), prompt);
    assert_eq!(gate("compose.yaml", compose, "telegram"), auto(5));
    assert_eq!(gate("compose.yaml", compose, "cli"), auto(5), "a shell in the container has it");
    let yolo =
        unit.replace("Environment=HERMES_YOLO_MODE=1\n", "").replace("gateway", "--yolo gateway");
    assert_eq!(gate("hermes.service", &yolo, "telegram"), "terminal terminal 3 auto --yolo:2");
    assert_eq!(gate("hermes.service", &yolo, "cli"), prompt);
}

#[test]
fn a_config_that_cannot_be_read_decides_nothing() {
    let broken = home(&[("config.yaml", "approvals:\n  mode: off\n deny: [\n"), (".env", BOT)]);
    let json = report(broken.path(), &["--hermes-version", "0.19.0"]);
    assert_eq!(
        cell(channel(&json, "telegram"), "terminal"),
        "terminal terminal 3 smart approvals.mode",
        "an old release runs on its defaults"
    );
    let json = report(broken.path(), &["--hermes-version", "0.22.2"]);
    let terminal = cell(channel(&json, "telegram"), "terminal");
    assert!(terminal.contains("unknown config.yaml"), "a later one on its last copy: {terminal}");
    assert!(json["homes"][0]["notes"][0].as_str().unwrap().contains("can't read"));
}

#[test]
fn doors_that_a_key_or_a_blank_opens_are_everybodys() {
    let config = "model: {provider: openrouter}\ndiscord:\n  enabled: true\n  allow_from: ['100200301']\n  allow_all_users: true\n\
                  platforms:\n  webhook:\n    enabled: true\n    extra:\n      secret: '  '\n";
    let home = home(&[("config.yaml", config)]);
    let of = |id: &str, release: &str| {
        let json = report(home.path(), &["--hermes-version", release]);
        who(channel(&json, id)).split(' ').next().expect("a word").to_owned()
    };
    assert_eq!([of("discord", "0.19.0"), of("discord", "0.20.0")], ["listed", "everyone"]);
    // A blank secret is taken for one, until it is refused.
    assert_eq!([of("webhook", "0.21.5"), of("webhook", "0.22.2")], ["everyone", "key-holder"]);
}

#[test]
fn lists_are_read_as_hermes_reads_them() {
    let config = "_config_version: 50\nmcp_servers:\n  notes: {command: uvx, args: [notes-mcp]}\n  \
                  pay:\n    url: https://mcp.stripe.example/v1\n    trust: untrusted\n  off: {command: x, enabled: false}\n\
                  platform_toolsets:\n  telegram: [web, notes]\n  cli: [hermes-cli, discord_admin]\n  cron: []\n\
                  agent:\n  disabled_toolsets: [browser, hermes-telegram, coding]\n";
    let jobs = r#"[{"id": "own", "enabled_toolsets": ["web"]}, {"id": "none", "enabled_toolsets": []},
                   {"id": "platform"}, {"id": "off", "enabled": false}]"#;
    let home = home(&[("config.yaml", config), (".env", BOT), ("cron/jobs.json", jobs)]);
    let json = report(home.path(), &[]);
    let names = |id: &str| -> Vec<String> {
        let tools = channel(&json, id)["tools"].as_array().expect("tools");
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(
        names("telegram"),
        ["MCP server notes", "web_extract", "web_search"],
        "a server named is the only one"
    );
    let line = names("cli");
    assert!(
        line.contains(&"terminal".to_owned()) && !line.contains(&"browser_click".to_owned()),
        "{line:?}"
    );
    assert!(!line.contains(&"discord_admin".to_owned()), "it is to be had on Discord alone");
    assert_eq!(names("own"), ["MCP server notes", "MCP server pay", "web_extract", "web_search"]);
    assert_eq!(names("none"), [""; 0]);
    assert_eq!(names("platform"), ["MCP server notes", "MCP server pay"]);
    assert_eq!(
        cell(channel(&json, "cli"), "MCP server pay"),
        "pay MCP server pay 3 prompt trust:6"
    );
    assert_eq!(cell(channel(&json, "own"), "MCP server pay"), "pay MCP server pay 3 deny trust:6");
    assert!(!json.to_string().contains("\"off\""), "what is off is no way in");
}

#[test]
fn tiers_can_be_set() {
    let config = "_config_version: 50\nmcp_servers:\n  crm: {command: crm-mcp}\nplatform_toolsets:\n  cli: [web, memory]\n";
    let settings = "[tiers]\ncrm = 2\nmemory = 3\n";
    let home = home(&[("config.yaml", config), (".hermes-lint.toml", settings)]);
    let json = report(home.path(), &[]);
    let line = channel(&json, "cli");
    assert_eq!(cell(line, "MCP server crm"), "crm MCP server crm 2 none -");
    assert_eq!(cell(line, "memory"), "memory memory 3 none memory.write_approval");
    assert!(line["tools"].as_array().unwrap().iter().any(|tool| tool["tier_by"] == "settings"));
}

#[test]
fn odd_types_are_no_accident() {
    let odd = ["null", "3", "true", "text", "[1, [2], {a: b}]", "{a: {b: c}}", "\"${X}\"", "''"];
    for value in odd {
        let config = format!(
            "approvals: {{mode: {value}, cron_mode: {value}, unattended_mode: {value}}}\n\
             platform_toolsets: {{telegram: {value}, cli: {value}, cron: {value}}}\n\
             agent: {{disabled_toolsets: {value}}}\nmcp_servers:\n  a: {value}\n  b: {{tools: {{include: {value}}}, trust: {value}}}\n\
             plugins: {{enabled: {value}}}\nterminal: {{backend: {value}, docker_volumes: {value}}}\n\
             memory: {{write_approval: {value}}}\ndelegation: {{subagent_auto_approve: {value}}}\n\
             telegram: {{allow_from: {value}, allow_admin_from: {value}, allow_bots: {value}}}\n\
             platforms: {{webhook: {{enabled: true, extra: {{host: {value}, port: {value}, secret: {value}, routes: {value}}}}}}}\n\
             command_allowlist: {value}\n"
        );
        let jobs = format!(
            "{{\"jobs\": [{{\"id\": 3, \"name\": [], \"enabled_toolsets\": {{}}}}, null, \"x\", {:?}]}}",
            value
        );
        let home = home(&[("config.yaml", &config), (".env", BOT), ("cron/jobs.json", &jobs)]);
        let json = report(home.path(), &[]);
        assert!(
            json["homes"][0]["channels"].as_array().is_some_and(|all| all.len() >= 4),
            "{value}"
        );
        assert_eq!(run(home.path(), &[]).0, 0, "{value}");
    }
    for whole in [
        "platform_toolsets: [a]\nmcp_servers: [b]\n",
        "approvals: off\nplatforms: 1\nx: y\n",
        "[]\n",
        "~\n",
    ] {
        let home = home(&[("config.yaml", whole), (".env", BOT)]);
        report(home.path(), &[]);
    }
}

#[test]
fn the_exit_status_is_for_usage() {
    let empty = tempfile::tempdir().expect("a folder");
    let (status, text) = run(empty.path(), &[]);
    assert_eq!((status, text.as_str()), (0, "no Hermes home was found here\n"));
    assert_eq!(report(empty.path(), &[])["homes"], serde_json::json!([]));
    assert_eq!(run(empty.path(), &["missing"]).0, 2);
    assert_eq!(run(empty.path(), &["--format", "sarif"]).0, 2);
    assert_eq!(run(empty.path(), &["--hermes-version", "latest"]).0, 2);
}
