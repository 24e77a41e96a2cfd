//! The data itself: that it loads, that it is consistent, and hand-checked answers.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The tables as the build gives them: YAML read here, JSON handed in.
fn tables() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/hermes");
    TABLES
        .iter()
        .map(|table| {
            let text = std::fs::read_to_string(folder.join(format!("{table}.yaml"))).unwrap();
            let value: serde_json::Value = yaml_serde::from_str(&text).expect(table);
            ((*table).to_owned(), serde_json::to_string(&value).unwrap())
        })
        .collect()
}

/// Runs `check` on the real data.
pub(super) fn with_facts(check: impl FnOnce(&Facts<'_>)) {
    let tables = tables();
    let facts = Facts::load(tables.iter().map(|(name, json)| (name.as_str(), json.as_str())));
    check(&facts.unwrap());
}

fn at(text: &str) -> VersionScope {
    VersionScope::exact(Release::parse(text).unwrap())
}

#[test]
fn everything_loads() {
    with_facts(|facts| {
        facts.verify().unwrap();
        assert!(facts.keys().len() > 1_000);
        assert_eq!(facts.platforms().platforms.len(), 33);
    });
}

#[test]
fn facts_are_shared_between_threads() {
    with_facts(|facts| {
        let ask = || facts.keys().len() + facts.platforms().platforms.len();
        let answers = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<BTreeSet<_>>()
        });
        assert_eq!(answers.len(), 1);
    });
}

#[test]
fn a_missing_or_broken_table_is_named() {
    let missing = Facts::load([("rules/hermes/keys.yaml", "{}")]).err().unwrap();
    assert_eq!((missing.file.as_str(), missing.problem.as_str()), ("versions", "is missing"));

    let mut tables = tables();
    tables.iter_mut().find(|(name, _)| name == "files").unwrap().1 =
        r#"{"files": [{"path": "x", "holds": "gold"}], "copies": []}"#.to_owned();
    let facts =
        Facts::load(tables.iter().map(|(name, json)| (name.as_str(), json.as_str()))).unwrap();
    let error = facts.verify().unwrap_err();
    assert_eq!(error.file, "files");
    assert!(error.problem.contains("gold"), "{error}");
    assert!(facts.files().of(".env").is_none(), "a broken table answers as an empty one");
    assert!(matches!(Facts::default().keys().lookup(&["x"]), Lookup::Free));
}

/// Every `since` and `until` of every table is a release that was read.
#[test]
fn bounds_are_on_the_ladder() {
    fn walk(value: &serde_json::Value, bounds: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("since" | "until", serde_json::Value::String(bound)) => {
                            bounds.insert(bound.clone());
                        }
                        ("was", serde_json::Value::Object(earlier)) => {
                            bounds.extend(earlier.keys().cloned());
                        }
                        _ => walk(value, bounds),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, bounds)),
            _ => {}
        }
    }
    with_facts(|facts| {
        let ladder: BTreeSet<_> =
            facts.versions().ladder.iter().map(|rung| rung.version.to_string()).collect();
        for (name, json) in tables() {
            let mut bounds = BTreeSet::new();
            walk(&serde_json::from_str(&json).unwrap(), &mut bounds);
            for bound in bounds {
                assert!(ladder.contains(&bound), "{name}: {bound} was not read");
            }
        }
        let rungs = &facts.versions().ladder;
        assert!(rungs.windows(2).all(|pair| pair[0].version < pair[1].version));
        assert!(rungs.windows(2).all(|pair| pair[0].config <= pair[1].config));
    });
}

/// A variable belongs to one platform and has one role there.
#[test]
fn variables_of_platforms_are_unique() {
    with_facts(|facts| {
        let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
        for platform in &facts.platforms().platforms {
            let allowed = platform.users.iter().chain(&platform.policy_users);
            let allowed = allowed.chain(&platform.chats).chain(&platform.scope);
            let rest = platform.allow_all.iter().chain(&platform.allow_bots);
            let roles = allowed.chain(rest).chain(&platform.group_policy);
            let roles =
                roles.chain(&platform.secrets).chain(&platform.plain).chain(&platform.misread);
            for name in roles {
                let earlier = owner.insert(name, &platform.id);
                assert!(earlier.is_none(), "{name} stands twice, {earlier:?} and {}", platform.id);
            }
        }
        for platform in &facts.platforms().platforms {
            for name in platform.since_of.keys() {
                let bind = platform.bind.as_ref();
                let bound = bind.and_then(|bind| bind.host_var.as_ref()) == Some(name);
                assert!(bound || owner.get(name.as_str()) == Some(&platform.id.as_str()), "{name}");
            }
            for requirement in platform.enabled_by.iter().flatten() {
                let other = owner.get(requirement.name.as_str());
                assert!(other.is_none_or(|id| *id == platform.id), "{requirement:?}");
            }
            assert_eq!(
                platform.has_user_allowlist(),
                !platform.users.is_empty(),
                "{}",
                platform.id
            );
            assert!(
                !platform.enabled_by.is_empty()
                    && platform.enabled_by.iter().all(|set| !set.is_empty())
            );
        }
    });
}

/// What holds a secret on a platform is a credential, and the two tables agree.
#[test]
fn secrets_of_platforms_are_credentials() {
    with_facts(|facts| {
        let credentials = facts.credentials();
        for platform in &facts.platforms().platforms {
            for name in &platform.secrets {
                assert!(credentials.is_listed(name), "{name} is missing in credentials.yaml");
            }
            for name in &platform.plain {
                assert!(!credentials.is_listed(name), "{name} is both plain and a secret");
            }
        }
    });
}

#[test]
fn platform_blocks_are_known_keys() {
    with_facts(|facts| {
        for platform in &facts.platforms().platforms {
            for path in [
                vec![platform.id.as_str()],
                vec!["platforms", &platform.id],
                vec!["gateway", "platforms", &platform.id],
            ] {
                assert!(matches!(facts.keys().lookup(&path), Lookup::Known { .. }), "{path:?}");
            }
            let keys = platform.yaml_users.iter().chain(&platform.yaml_allow_all);
            for key in keys.chain(&platform.yaml_bots) {
                let known = facts.keys().lookup(&["platforms", &platform.id, &key.key]);
                assert!(matches!(known, Lookup::Known { .. }), "{}.{}", platform.id, key.key);
            }
        }
    });
}

/// What is said to be dead in a release must not be a known key in it.
#[test]
fn inert_keys_are_not_known_where_they_are_inert() {
    with_facts(|facts| {
        for entry in &facts.inert().inert {
            assert!(entry.key.is_some() != entry.env.is_some(), "{entry:?}");
            let Some(key) = &entry.key else { continue };
            let path: Vec<&str> = key.split('.').collect();
            let Lookup::Known { range, spec } = facts.keys().lookup(&path) else { continue };
            // A section of the user's own names (`mcp_servers.*`) knows every name.
            if spec.is_none() && range == Range::ALWAYS {
                panic!("{key} is a known section");
            }
            for rung in &facts.versions().ladder {
                let scope = VersionScope::exact(rung.version);
                let dead = facts.versions().holds(&entry.range(), &scope) == Holds::Always;
                let read = facts.versions().holds(&range, &scope) == Holds::Always;
                assert!(!(dead && read), "{key} is both dead and read in {}", rung.version);
                let revived = entry.until.is_some_and(|until| rung.version >= until);
                assert_eq!(revived, read && entry.until.is_some(), "{key} in {}", rung.version);
            }
        }
    });
}

/// The replacements offered are real: known keys, or variables that some table has.
#[test]
fn replacements_are_real() {
    with_facts(|facts| {
        let real = |name: &str| {
            if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
                let platforms = facts.platforms();
                return facts.environment().control(name).is_some()
                    || platforms.everywhere.users.iter().any(|other| other == name)
                    || platforms.platforms.iter().any(|platform| {
                        platform.secrets.iter().any(|other| other == name)
                            || platform.enabled_by.iter().flatten().any(|other| other.name == name)
                    });
            }
            let path: Vec<&str> = name.split('.').collect();
            // `*` as a name: whatever the free name is.
            matches!(facts.keys().lookup(&path), Lookup::Known { .. })
                || path.last() == Some(&"*") && matches!(facts.keys().lookup(&path), Lookup::Free)
        };
        for entry in &facts.inert().inert {
            for name in &entry.instead {
                assert!(real(name), "{name} is no setting");
            }
        }
        let misplaced = facts.misplaced();
        for entry in misplaced.misplaced.iter().chain(&misplaced.unread_words) {
            assert!(real(&entry.to), "{} is no setting", entry.to);
            let path: Vec<&str> = entry.key.split('.').collect();
            let found = facts.keys().lookup(&path);
            assert!(
                !matches!(found, Lookup::Known { .. }),
                "{} is read where it stands",
                entry.key
            );
        }
    });
}

#[test]
fn tools_and_toolsets_agree() {
    with_facts(|facts| {
        let tools = facts.tools();
        let mut placed = BTreeSet::new();
        for (name, set) in &tools.toolsets {
            for tool in &set.tools {
                assert!(tools.tools.contains_key(tool), "{tool} of {name} has no tier");
                placed.insert(tool.as_str());
            }
            for other in &set.includes {
                assert!(tools.toolsets.contains_key(other), "{other}");
            }
        }
        for tool in tools.tools.keys() {
            assert!(placed.contains(tool.as_str()), "{tool} is in no toolset");
        }
        let parts = tools.bundles.values();
        let parts =
            parts.flat_map(|bundle| bundle.extra.iter().chain(&bundle.without).chain(&bundle.only));
        for name in parts.chain(&tools.bundle_base).chain(tools.old_names.values()) {
            assert!(tools.toolsets.contains_key(name), "{name}");
        }
        assert_eq!(tools.toolset_of("execute_code"), Some("code_execution"));
        assert_eq!(tools.toolset_of("terminal"), Some("terminal"));
        assert!(!tools.is_toolset("execute_code"));
        assert!(tools.is_toolset("terminal_tools") && tools.is_toolset("hermes-telegram"));
        assert!(tools.tools_of("hermes-discord").contains("discord_admin"));
        assert!(!tools.tools_of("hermes-telegram").contains("discord_admin"));
        assert_eq!(
            tools.tools_of("debugging").len(),
            9,
            "terminal, two names of process, web, file"
        );
        assert!(tools.tools_of("hermes-webhook").len() == 4);
        assert!(tools.tools_of("nothing").is_empty());
    });
}

#[test]
fn names_in_a_list_stand_for_toolsets() {
    with_facts(|facts| {
        let tools = facts.tools();
        let bundled = |name: &str, set: &str| {
            tools.sets_of(name).into_iter().find(|one| one.name == set).map(|one| one.bundled)
        };
        assert_eq!(bundled("hermes-discord", "discord_admin"), Some(true));
        assert_eq!(bundled("discord_admin", "discord_admin"), Some(false));
        assert_eq!(bundled("debugging", "web"), Some(false), "included by name");
        assert_eq!(bundled("terminal_tools", "terminal"), Some(false), "an old name");
        assert_eq!(tools.sets_of("all").len(), tools.toolsets.len());
        assert!(tools.sets_of("execute_code").is_empty());
        for (name, set) in &tools.toolsets {
            let platforms = facts.platforms();
            for id in set.only_on.iter().chain(&set.always_on) {
                assert!(platforms.get(id).is_some(), "{name} is for {id}");
            }
            assert!(set.unless.is_none() || set.opt_in, "{name}: `unless` needs `opt_in`");
        }
    });
}

#[test]
fn what_changes_files_and_runs_things_has_its_gate() {
    with_facts(|facts| {
        let asks = |tool: &str| facts.tools().tools.get(tool).map(|tool| tool.gate);
        assert_eq!(asks("terminal"), Some(Asks::Commands));
        assert_eq!(asks("execute_code"), Some(Asks::Code));
        assert_eq!(asks("write_file"), Some(Asks::Files));
        assert_eq!(asks("send_message"), Some(Asks::Nothing), "Hermes never asks about it");
        for (name, tool) in &facts.tools().tools {
            assert!(
                tool.gate == Asks::Nothing || tool.tier > Tier::Read,
                "{name} only reads, and needs no gate"
            );
        }
    });
}

#[test]
fn tiers_of_unknown_tools_come_from_their_words() {
    with_facts(|facts| {
        let tools = facts.tools();
        assert_eq!(tools.tier_of("read_file"), Some(Tier::Read));
        assert_eq!(tools.tier_of("terminal"), Some(Tier::High));
        assert_eq!(tools.tier_of("sendEmail"), Some(Tier::External));
        assert_eq!(tools.tier_of("create_refund"), Some(Tier::High), "the higher word counts");
        assert_eq!(tools.tier_of("list_issues"), Some(Tier::Read));
        assert_eq!(tools.tier_of("frobnicate"), None);
        assert_eq!(tools.tier_of("resend_digest"), None, "a word inside a word is none");
        let tier = |name: &str| tools.server(name).map(|server| server.tier);
        assert_eq!(tier("@modelcontextprotocol/server-github"), Some(Tier::External));
        assert_eq!(tier("mcp-server-postgres"), Some(Tier::High));
        assert_eq!(tier("home-assistant-mcp"), Some(Tier::High));
        assert_eq!(tier("brave-search"), Some(Tier::Read));
        assert_eq!(tier("my-notes"), None);
    });
}

#[test]
fn variables_are_lax_in_their_own_words() {
    with_facts(|facts| {
        let lax =
            |name: &str, value: &str| facts.environment().control(name).unwrap().is_lax(value);
        assert!(lax("HERMES_YOLO_MODE", "Yes") && lax("HERMES_YOLO_MODE", "on"));
        assert!(!lax("HERMES_YOLO_MODE", "0") && !lax("HERMES_YOLO_MODE", ""));
        assert!(lax("HERMES_REDACT_SECRETS", "enabled") && lax("HERMES_REDACT_SECRETS", "off"));
        assert!(!lax("HERMES_REDACT_SECRETS", "TRUE") && !lax("HERMES_REDACT_SECRETS", ""));
        assert!(lax("GATEWAY_ALLOW_ALL_USERS", "true") && !lax("GATEWAY_ALLOW_ALL_USERS", "on"));
        assert!(lax("SUDO_PASSWORD", "hunter2") && !lax("SUDO_PASSWORD", " "));
        assert!(!lax("HERMES_WRITE_SAFE_ROOT", "/srv/project"));
        assert!(facts.environment().control("HERMES_WRITE_SAFE_ROOT").unwrap().hardens);
        assert!(facts.environment().unwanted_in_dotenv("LD_PRELOAD").is_some());
        assert!(facts.environment().unwanted_in_dotenv("OPENAI_API_KEY").is_none());
        for control in &facts.environment().controls {
            let unread = control.effect == "unread";
            assert_eq!(control.lax.is_none(), control.hardens || unread, "{}", control.name);
        }
        for key in facts.environment().mirrors.values() {
            let path: Vec<&str> = key.split('.').collect();
            assert!(matches!(facts.keys().lookup(&path), Lookup::Known { .. }), "{key}");
        }
    });
}

#[test]
fn platforms_switch_on_and_open() {
    with_facts(|facts| {
        let platforms = facts.platforms();
        let email = platforms.get("email").unwrap();
        let three = |name: &str| (name != "EMAIL_SMTP_HOST").then_some("x");
        assert!(email.switched_on_by(three).is_none());
        assert_eq!(email.switched_on_by(|_| Some("x")).unwrap().len(), 4);
        let webhook = platforms.get("webhook").unwrap();
        assert!(webhook.switched_on_by(|_| Some("false")).is_none());
        assert!(webhook.switched_on_by(|_| Some("Yes")).is_some());
        assert!(webhook.bind.as_ref().unwrap().is_public());
        assert!(!platforms.get("api_server").unwrap().bind.as_ref().unwrap().is_public());
        let telegram = platforms.misread("TELEGRAM_ALLOWED_USER_IDS").unwrap();
        assert_eq!(telegram.unwrap().id, "telegram");
        assert!(platforms.misread("ALLOW_ALL_USERS").unwrap().is_none());
        assert!(platforms.misread("TELEGRAM_ALLOWED_USERS").is_none());

        let slack = platforms.get("slack").unwrap();
        let allow_from = slack.yaml_users.iter().find(|key| key.key == "allow_from").unwrap();
        let holds = |scope| facts.versions().holds(&allow_from.range(), &scope);
        assert_eq!(holds(at("0.19.0")), Holds::Never);
        assert_eq!(holds(at("0.19.1")), Holds::Depends { text: "from 0.20.0 on".into() });
        assert_eq!(holds(at("0.20.0")), Holds::Always);
        let teams = platforms.get("teams").unwrap();
        assert_eq!(teams.range_of("TEAMS_HOST").text(), "from 0.20.0 on");
        assert_eq!(teams.range_of("TEAMS_PORT"), Range::ALWAYS);
        let sharp = &platforms.everywhere.sharp[1];
        assert!(sharp.is_lax("HTTP://proxy:1") && !sharp.is_lax("https://proxy:1"));
    });
}

#[test]
fn files_are_found_by_their_place() {
    with_facts(|facts| {
        let files = facts.files();
        let of = |path: &str| files.of(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(of("").dir_mode, Some(Mode(0o700)));
        assert_eq!(of(".env").mode, Some(Mode(0o600)));
        assert_eq!(of("profiles/work/.env").path, ".env");
        assert_eq!(of("profiles/work").dir_mode, Some(Mode(0o700)));
        assert_eq!(of("cache/bws_cache.json").holds, Holding::Secret);
        assert_eq!(of("cache/other.json").holds, Holding::Maybe);
        assert_eq!(of("platforms/pairing/telegram-approved.json").holds, Holding::Authority);
        assert_eq!(of("platforms/pairing").holds, Holding::Authority);
        assert_eq!(of("skills/.hub/lock.json").holds, Holding::Authority);
        assert_eq!(of("skills/web/find/SKILL.md").holds, Holding::Code);
        assert_eq!(of("state.db-wal").was.get("0.21.3"), Some(&Mode(0o644)));
        assert_eq!(of("/etc/hermes/.env").holds, Holding::Secret);
        assert!(files.of("README.md").is_none());
        let copy = |path: &str| files.copy(path).map(|row| row.of.as_str());
        assert_eq!(copy("config.yaml.bak.20260101"), Some("config.yaml"));
        assert_eq!(copy("deep/down/config.yaml.pre-skillclaw"), Some("config.yaml"));
        assert_eq!(copy("state-snapshots/1/config.yaml"), Some("the home"));
        assert_eq!(copy("home/backups/x.zip"), Some("the home"));
        assert_eq!(copy(".env.example"), None);
        assert_eq!(copy("config.yaml"), None);
        assert_eq!(copy("config.yaml.example"), None);
        assert_eq!(Mode(0o600).excess(0o100_644), 0o044);
        assert_eq!(Mode(0o755).excess(0o040_700), 0);
    });
}

#[test]
fn credentials_are_told_by_name() {
    with_facts(|facts| {
        let credentials = facts.credentials();
        assert_eq!(credentials.provider("COPILOT_GITHUB_TOKEN"), Some("GitHub"));
        assert!(credentials.is_listed("AUXILIARY_VISION_API_KEY"));
        assert!(credentials.is_secret_name("STRIPE_API_KEY"));
        assert!(!credentials.is_listed("STRIPE_API_KEY"));
        for plain in ["OPENAI_BASE_URL", "TELEGRAM_TOKEN_FILE", "HOME", "_API_KEY", "MAX_TOKENS"] {
            assert!(!credentials.is_secret_name(plain), "{plain}");
        }
        assert!(
            credentials.is_masked_key("Client_Secret") && !credentials.is_masked_key("token_count")
        );
        assert!(credentials.is_placeholder("CHANGEME") && credentials.is_placeholder("abc"));
        assert!(!credentials.is_placeholder("${API_SERVER_KEY}"));
    });
}

#[test]
fn inert_and_misplaced_are_found_by_path() {
    with_facts(|facts| {
        let inert = facts.inert();
        assert_eq!(inert.key(&["security", "command_denylist"]).unwrap().control, "denylist");
        assert!(inert.key(&["security"]).is_none());
        assert!(inert.key(&["security", "command_denylist", "x"]).is_none());
        assert!(inert.variable("HERMES_WEBHOOK_SECRET").is_some());
        let allow_all = inert.key(&["gateway", "allow_all_users"]).unwrap();
        let holds = |scope| facts.versions().holds(&allow_all.range(), &scope);
        assert_eq!(holds(at("0.21.3")), Holds::Always);
        assert_eq!(holds(at("0.21.4")), Holds::Never);
        assert_eq!(
            facts.misplaced().find(&["security", "redact_pii"]).unwrap().to,
            "privacy.redact_pii"
        );
        assert!(facts.misplaced().find(&["privacy", "redact_pii"]).is_none());
    });
}

/// What is said to be OpenClaw's must be no setting of Hermes, and must be replaced by one.
#[test]
fn settings_of_openclaw_are_none_of_hermes() {
    with_facts(|facts| {
        let find = |path: &str| {
            let path: Vec<&str> = path.split('.').collect();
            facts.openclaw().find(&path, facts.platforms()).map(|known| known.key.clone())
        };
        assert_eq!(find("tools.exec.ask").as_deref(), Some("tools.exec.ask"));
        assert_eq!(find("telegram.groupPolicy").as_deref(), Some("groupPolicy"));
        assert_eq!(find("platforms.slack.extra.dmPolicy").as_deref(), Some("dmPolicy"));
        assert_eq!(find("telegram.accounts.news.allowFrom").as_deref(), Some("allowFrom"));
        assert_eq!(find("whatsapp.allowFrom"), None, "its adapter reads it");
        assert_eq!(find("telegram.groups.team.allowFrom"), None, "the gateway reads it");
        assert_eq!(find("model.groupPolicy"), None);
        for known in facts.openclaw().keys() {
            let path: Vec<&str> = known.key.split('.').collect();
            let lookup = facts.keys().lookup(&path);
            assert!(!matches!(lookup, Lookup::Known { .. }), "{} is known", known.key);
        }
    });
}
