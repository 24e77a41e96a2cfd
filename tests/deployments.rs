//! The example deployments and the published guides' own blocks: what each must and must not give.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use hermes_lint::report::Format;
use serde_json::Value;

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let (status, stdout, _) = common::run(folder, arguments);
    (status, stdout)
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    let (_, stdout) = run(folder, &all);
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {stdout}"))
}

/// Findings at warning or above, as `rule path:line`.
fn serious(report: &Value) -> Vec<String> {
    report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["severity"] != "info")
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}:{} {}", text("rule"), text("path"), finding["line"], text("message"))
        })
        .collect()
}

fn statuses(folder: &Path, path: &str) -> BTreeMap<String, String> {
    json(folder, &["checklist", path])["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            (item["id"].as_str().unwrap().to_owned(), item["status"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn the_native_hardening_has_nothing_to_report() {
    let root = common::root();
    for version in [&[][..], &["--hermes-version", "0.21.5"], &["--hermes-version", "0.22.2"]] {
        let mut arguments = vec!["check", "fixtures/deployments/native-hardened"];
        arguments.extend(version);
        assert_eq!(serious(&json(&root, &arguments)), [""; 0], "{version:?}");
    }
}

#[test]
fn the_guides_hardening_has_inert_keys_and_nothing_else() {
    let report = json(&common::root(), &["check", "fixtures/deployments/guide-hardened"]);
    let other: Vec<String> = serious(&report)
        .into_iter()
        .filter(|line| !line.starts_with("config/inert-key "))
        .collect();
    assert_eq!(other, [""; 0]);
    assert!(serious(&report).len() >= 4, "its denylist, paths, tools and policy are all inert");
}

#[test]
fn checklists_have_all_items_and_the_lax_one_passes_none() {
    let root = common::root();
    for name in ["lax", "guide-hardened", "native-hardened"] {
        let statuses = statuses(&root, &format!("fixtures/deployments/{name}"));
        assert_eq!(statuses.len(), 19, "{name}");
    }
    let lax = statuses(&root, "fixtures/deployments/lax");
    let passed: Vec<_> = lax.iter().filter(|(_, status)| *status == "pass").collect();
    assert!(passed.is_empty(), "{passed:?}");
    let native = statuses(&root, "fixtures/deployments/native-hardened");
    let failed: Vec<_> =
        native.iter().filter(|(_, status)| *status == "fail" || *status == "unknown").collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn an_attestation_lapses_with_time() {
    let root = common::root();
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .env("SOURCE_DATE_EPOCH", "1830000000")
        .current_dir(&root)
        .args(["checklist", "fixtures/deployments/native-hardened", "--format", "json"])
        .output()
        .expect("a run");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let item = |id: &str| {
        let items = report["items"].as_array().expect("a list");
        items.iter().find(|item| item["id"] == id).expect("the item").clone()
    };
    assert_eq!(item("audit-logging")["status"], "fail");
    assert!(item("audit-logging")["evidence"][0]["text"].as_str().unwrap().contains("lapsed"));
}

#[test]
fn machine_formats_match_their_schemas() {
    let root = common::root();
    let schema = |name: &str| {
        let text = fs::read_to_string(root.join("docs/schemas").join(name)).expect("the schema");
        jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a schema")
    };
    let findings = schema("findings.schema.json");
    let checklist = schema("checklist.schema.json");
    for name in ["lax", "guide-hardened", "native-hardened"] {
        let path = format!("fixtures/deployments/{name}");
        for (validator, report) in [
            (&findings, json(&root, &["check", &path])),
            (&checklist, json(&root, &["checklist", &path])),
        ] {
            let errors: Vec<String> = validator
                .iter_errors(&report)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
    assert!(
        !findings.is_valid(&serde_json::json!({"version": 1, "findings": [{}], "summary": {}}))
    );
}

/// The vault page's config with the key written in, as `hermes config set` leaves it.
#[test]
fn the_guides_vault_example_is_an_error_at_the_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = common::expand(
        "inference_provider: openrouter\nopenrouter_api_key: %{sk-or-v1-{hex:64}}%\n",
        &mut Vec::new(),
    );
    fs::write(folder.path().join("config.yaml"), text).expect("a file");
    let report = json(folder.path(), &["check"]);
    let finding = &report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|finding| finding["severity"] == "error")
        .expect("an error")
        .clone();
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(2), Some(21)));
}

/// The guide's hardened block: its denylist is there, but most spellings get past it.
#[test]
fn the_guides_own_denylist_lets_spellings_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "security:\n  command_allowlist: [\"git status\", \"git diff\", \"cat\", \"ls\", \"curl\", \"npm test\"]\n  \
                command_denylist: [\"rm -rf\", \"chmod\", \"dd\", \"shutdown\", \"reboot\", \"sudo\"]\n  \
                tool_allowlist: [\"read\", \"edit\", \"bash\", \"search\"]\n  \
                filesystem_allowed_paths: [\"/home/hermes/workspace\"]\n";
    fs::write(folder.path().join("config.yaml"), text).expect("a file");
    let report = json(folder.path(), &["check"]);
    let all = report["findings"].as_array().expect("a list");
    let rules: Vec<&str> = all.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert!(
        !rules.contains(&"config/denylist-missing") && !rules.contains(&"config/paths-missing"),
        "{rules:?}"
    );
    let message = |rule: &str| {
        let finding = all
            .iter()
            .find(|finding| finding["rule"] == rule)
            .unwrap_or_else(|| panic!("{rule} in {rules:?}"));
        finding.to_string()
    };
    let holes = message("config/denylist-incomplete");
    for spelling in ["rm -r -f", "chown", "mkfs"] {
        assert!(holes.contains(spelling), "{spelling}: {holes}");
    }
    let reach = message("config/allowlist-runs-anything");
    for word in ["curl", "cat", "bash"] {
        assert!(reach.contains(word), "{word}: {reach}");
    }
}

#[test]
fn the_guides_pools_are_fine_with_references_and_not_with_literals() {
    let folder = tempfile::tempdir().expect("a folder");
    let pools = |first: &str| {
        format!(
            "credential_pools:\n  openrouter:\n    - key: {first}\n    - key: ${{OPENROUTER_KEY_2}}\n"
        )
    };
    let errors = |text: String| {
        fs::write(folder.path().join("config.yaml"), text).expect("a file");
        let report = json(folder.path(), &["check", "--select", "secret"]);
        report["findings"].as_array().expect("a list").len()
    };
    assert_eq!(errors(pools("${OPENROUTER_KEY_1}")), 0);
    assert_eq!(errors(pools("sk-abc123")), 1);
}

#[cfg(unix)]
#[test]
fn a_live_home_is_judged_by_its_modes() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("hermes");
    fs::create_dir(&home).expect("a folder");
    fs::write(
        home.join("config.yaml"),
        "model: {provider: openrouter}\napprovals: {mode: manual}\n",
    )
    .expect("a file");
    fs::write(home.join(".env"), "OPENROUTER_API_KEY=sk-abc123\n").expect("a file");
    let chmod = |path: &str, mode: u32| {
        fs::set_permissions(home.join(path), fs::Permissions::from_mode(mode)).expect("a mode");
    };
    chmod("", 0o700);
    chmod("config.yaml", 0o600);
    let modes = |report: &Value| {
        let all = report["findings"].as_array().expect("a list");
        all.iter()
            .filter(|finding| {
                finding["rule"] == "host/secret-file-mode" && finding["severity"] == "error"
            })
            .count()
    };
    chmod(".env", 0o644);
    assert_eq!(modes(&json(folder.path(), &["check", "hermes"])), 1);
    chmod(".env", 0o600);
    assert_eq!(modes(&json(folder.path(), &["check", "hermes"])), 0);
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .args(["host", "--home"])
        .arg(&home)
        .output()
        .expect("a run");
    let said = String::from_utf8(output.stderr).expect("UTF-8")
        + &String::from_utf8(output.stdout).expect("UTF-8");
    let owner =
        hermes_lint::host::file::owner_name(rustix::process::geteuid().as_raw()).expect("a name");
    let line = said.lines().find(|line| line.contains(".env")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("0600") && line.contains(&owner), "{line}");
}

/// Every fixture of every rule, and every token that was planted in it, in every format.
#[test]
fn no_format_shows_a_planted_secret() {
    let rules = common::root().join("fixtures/rules");
    let mut planted = 0;
    for family in fs::read_dir(rules).expect("families").flatten() {
        for rule in fs::read_dir(family.path()).expect("rules").flatten() {
            for fixture in fs::read_dir(rule.path()).expect("fixtures").flatten() {
                let laid = common::lay(&fixture.path());
                planted += laid.secrets.len();
                if laid.secrets.is_empty() {
                    continue;
                }
                shows_no_secret(&laid, &["check", "."]);
                // The pages of a checklist have its evidence as well.
                shows_no_secret(&laid, &["host", "--home", "."]);
            }
        }
    }
    assert!(planted > 3, "nothing was planted");
}

/// Runs `command` once for all formats, and looks for what was planted in what they say, as it is and as the
/// escapes of URIs and XML would have it.
fn shows_no_secret(laid: &common::Laid, command: &[&str]) {
    let out = tempfile::tempdir().expect("a folder");
    let mut arguments = command.to_vec();
    arguments.extend(["-v", "--min-confidence", "low"]);
    let file = |format: &Format| out.path().join(format.as_str());
    let targets: Vec<String> = Format::ALL
        .iter()
        .map(|format| format!("--format={format}={}", file(format).display()))
        .collect();
    arguments.extend(targets.iter().map(String::as_str));
    let (status, stdout) = run(laid.folder.path(), &arguments);
    if command == ["check", "."] {
        assert!(status < 2, "{command:?}: {status}");
    }
    assert_eq!(stdout, "", "every format has its file");
    for format in Format::ALL {
        // A folder that is no home has no report of `host`.
        let Ok(shown) = fs::read_to_string(file(format)) else { continue };
        assert!(!shown.is_empty(), "{format} of {:?}", laid.folder.path());
        let plain = shown.replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
        for secret in &laid.secrets {
            for text in [&shown, &plain] {
                assert!(!text.contains(secret.as_str()), "{format} of {command:?} shows a secret");
            }
        }
    }
}

/// The same for literals without a shape: everything under a secret's name in the lax deployment.
#[test]
fn no_format_shows_a_literal_of_the_lax_deployment() {
    let root = common::root();
    let config = fs::read_to_string(root.join("fixtures/deployments/lax/home/config.yaml"))
        .expect("the config");
    let literals: Vec<&str> = config
        .lines()
        .filter_map(|line| line.trim().strip_prefix("api_key: "))
        .map(|value| value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']))
        .filter(|value| value.len() >= 7 && !value.contains('$') && !value.contains("://"))
        .collect();
    assert!(literals.len() >= 4, "{literals:?}");
    let lax = "fixtures/deployments/lax";
    let low = ["--min-confidence", "low"];
    for (command, formats, more) in [
        (&["check", lax][..], Format::ALL, &low[..]),
        (&["host", "--home", lax], Format::ALL, &low),
        (&["checklist", lax], Format::CHECKLIST, &[]),
    ] {
        for format in formats {
            let (_, mut stdout) =
                run(&root, &[command, &["--format", format.as_str()], more].concat());
            if *format == Format::Sarif {
                // The pages of rules are in it, which have such literals as examples of their own.
                let mut log: Value = serde_json::from_str(&stdout).expect("JSON");
                log["runs"][0]["tool"].take();
                stdout = log.to_string();
            }
            for literal in &literals {
                assert!(!stdout.contains(literal), "{command:?} {format} shows {literal}");
            }
        }
    }
}
