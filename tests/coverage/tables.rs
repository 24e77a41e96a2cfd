//! Rows that are made of the tables in `rules/hermes/`, each with the rules that were seen to speak of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use hermes_lint::data;
use hermes_lint::facts::{Control, Facts, Gate, Holding, Lax, Platform, Range, Release, Sharp};
use hermes_lint::rules::RULES;
use serde::Deserialize;

use crate::data::Row;
use crate::lax;
use crate::seen::{self, Case};

/// A value that no rule takes for a placeholder.
const VALUE: &str = "kx82ffkk22kk88";

static FACTS: LazyLock<Facts> =
    LazyLock::new(|| Facts::load(data::folder("hermes")).expect("the tables"));

/// The rows of `table`.
pub fn rows(table: &str, written: &[Row]) -> Vec<Row> {
    match table {
        "settings" => settings(written),
        "inert" => inert(),
        "platforms" => platforms(),
        "environment" => environment(),
        "files" => files(),
        "checklist" => checklist(),
        other => panic!("{other} is no table"),
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn codes<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|text| code(text.as_ref())).collect::<Vec<_>>().join(", ")
}

fn range(since: Option<Release>, until: Option<Release>) -> Option<String> {
    Some(Range { since, until }.text()).filter(|text| !text.is_empty())
}

/// Keys of settings.yaml that no written row names: those of one meaning share a row. Each was given an unsafe value.
fn settings(written: &[Row]) -> Vec<Row> {
    let facts = &FACTS.settings().settings;
    let spoken = seen::all(&facts.iter().flat_map(lax::cases).collect::<Vec<_>>());
    let silent = spoken.iter().filter(|(_, rules)| !rules.contains("config/lax-setting"));
    let silent: Vec<&String> = silent.map(|(key, _)| key).collect();
    assert!(silent.is_empty(), "config/lax-setting says nothing of {silent:?}");
    let mut rows: Vec<(String, Vec<&str>, Option<String>)> = Vec::new();
    let mut seen = Vec::new();
    for fact in facts {
        let named = written.iter().find(|row| row.what.contains(&code(&fact.key)));
        if let Some(row) = named {
            let said = row.rules.iter().any(|rule| rule == "config/lax-setting");
            assert!(said, "{}: config/lax-setting speaks of {}", row.what, fact.key);
        }
        if named.is_some() || seen.contains(&fact.key.as_str()) {
            continue;
        }
        seen.push(&fact.key);
        let range = range(fact.since, fact.until);
        match rows.last_mut() {
            Some((means, keys, same)) if *means == fact.means && *same == range => {
                keys.push(&fact.key);
            }
            _ => rows.push((fact.means.clone(), vec![&fact.key], range)),
        }
    }
    rows.into_iter()
        .map(|(means, keys, range)| Row {
            note: Some(range.map_or(means.clone(), |range| format!("{means} ({range})"))),
            ..Row::ruled(codes(keys), ["config/lax-setting"])
        })
        .collect()
}

/// What nothing reads. Each was written into a config, or set, in a release that does not read it.
fn inert() -> Vec<Row> {
    let mut cases = Vec::new();
    let mut rows: Vec<(Row, Vec<&str>)> = Vec::new();
    for fact in &FACTS.inert().inert {
        let release = if fact.until.is_some() { "0.19.0" } else { "0.22.2" };
        let (name, case, rule) = match (&fact.key, &fact.env) {
            (Some(key), _) => {
                // Dormant switches are said by the rule about live ones.
                let open = fact.control == "allow-all";
                let rule = if open { "gateway/allow-all" } else { "config/inert-key" };
                (key, Case::new(key, &nested(key), ""), rule)
            }
            (_, Some(name)) => {
                (name, Case::new(name, "", &format!("{name}={VALUE}\n")), "env/inert-variable")
            }
            _ => panic!("{}: neither a key nor a variable", fact.effect),
        };
        cases.push(case.on(release));
        let instead = match fact.instead.as_slice() {
            [] => "nothing takes its place".to_owned(),
            some => format!("instead: {}", codes(some)),
        };
        let range = range(fact.since, fact.until).map(|text| format!(" (unread {text})"));
        let note = format!("meant to {}; {instead}{}", fact.effect, range.unwrap_or_default());
        rows.push((
            Row { note: Some(note), ..Row::ruled(code(name), [rule]) },
            vec![name.as_str()],
        ));
    }
    let misplaced = FACTS.misplaced();
    let mut elsewhere: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fact in misplaced.misplaced.iter().chain(&misplaced.unread_words) {
        cases.push(Case::new(&fact.key, &nested(&fact.key), ""));
        elsewhere.entry(&fact.to).or_default().push(&fact.key);
    }
    for (to, keys) in elsewhere {
        let note = format!("the setting is {}", code(to));
        let row = Row { note: Some(note), ..Row::ruled(codes(&keys), ["config/misplaced-key"]) };
        rows.push((row, keys));
    }
    let seen = seen::all(&cases);
    let silent = rows
        .iter()
        .flat_map(|(row, names)| names.iter().filter(|name| !seen[**name].contains(&row.rules[0])));
    let silent: Vec<_> = silent.collect();
    assert!(silent.is_empty(), "nothing is said of {silent:?}");
    rows.into_iter().map(|(row, _)| row).collect()
}

/// `a.b` as a config with a value that is no default.
fn nested(key: &str) -> String {
    let mut text = String::new();
    for (depth, part) in key.split('.').enumerate() {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&format!("{}:\n", part.replace('*', "any")));
    }
    format!("{} true\n", text.trim_end())
}

/// Each platform, its doors and what opens them.
fn platforms() -> Vec<Row> {
    let all = &FACTS.platforms().platforms;
    let cases: Vec<Case> = all.iter().flat_map(of_platform).collect();
    let seen = seen::all(&cases);
    all.iter()
        .map(|platform| {
            let prefix = format!("{} ", platform.id);
            let own = || {
                seen.iter().filter_map(|(name, rules)| Some((name.strip_prefix(&prefix)?, rules)))
            };
            let rules: BTreeSet<&String> = own()
                .flat_map(|(_, rules)| rules)
                .filter(|rule| rule.starts_with("gateway/"))
                .collect();
            let row = Row::ruled(format!("{} {}", platform.name, code(&platform.id)), rules);
            let row = Row { note: Some(doors(platform)), ..row };
            if row.rules.is_empty() {
                return trusted(platform, row);
            }
            // The lack of a list says nothing of the variable that was set.
            let speaks =
                |rule: &String| rule.starts_with("gateway/") && !rule.ends_with("no-allowlist");
            let silent =
                own().filter(|(name, rules)| !name.is_empty() && !rules.iter().any(speaks));
            let silent: Vec<&str> = silent.map(|(name, _)| name).collect();
            let lacks = (!silent.is_empty()).then(|| codes(silent));
            Row { lacks, ..row }
        })
        .collect()
}

/// A platform that no rule speaks of.
fn trusted(platform: &Platform, row: Row) -> Row {
    let why = match platform.gate {
        Gate::None => "whoever holds the connection is trusted; it has no list and no switch",
        Gate::Secret => "a shared secret is its only gate, and its length is not judged",
        Gate::Users | Gate::Upstream => panic!("{}: no rule speaks of it", platform.id),
    };
    let note = row.note.clone().unwrap_or_default();
    let text = Some(format!("{why}; {note}"));
    match platform.gate {
        Gate::Secret => Row { open: text, note: None, ..row },
        _ => Row { why_not: text, note: None, ..row },
    }
}

fn doors(platform: &Platform) -> String {
    let on = platform.enabled_by.iter().map(|set| {
        set.iter().map(|required| code(&required.name)).collect::<Vec<_>>().join(" and ")
    });
    let mut parts = vec![format!("on by {}", on.collect::<Vec<_>>().join(", or "))];
    let lists: Vec<&String> =
        platform.users.iter().chain(&platform.policy_users).chain(&platform.chats).collect();
    if !lists.is_empty() {
        parts.push(format!("lists {}", codes(lists)));
    }
    if !platform.yaml_users.is_empty() {
        let keys = platform.yaml_users.iter().map(|key| match range(key.since, key.until) {
            Some(range) => format!("{} ({range})", code(&key.key)),
            None => code(&key.key),
        });
        parts.push(format!("in config.yaml {}", keys.collect::<Vec<_>>().join(", ")));
    }
    let switches: Vec<&String> = platform.allow_all.iter().chain(&platform.allow_bots).collect();
    if !platform.group_policy.is_empty() {
        parts.push(format!("policies {}", codes(&platform.group_policy)));
    }
    if !switches.is_empty() {
        parts.push(format!("opened by {}", codes(switches)));
    }
    if !platform.sharp.is_empty() {
        parts.push(format!("weakened by {}", codes(platform.sharp.iter().map(|s| &s.name))));
    }
    parts.extend(range(platform.since, platform.until));
    parts.join("; ")
}

/// A home for each thing that can be wrong with a platform.
fn of_platform(platform: &Platform) -> Vec<Case> {
    let id = &platform.id;
    let on: String = platform.enabled_by[0]
        .iter()
        .map(|required| {
            format!("{}={}\n", required.name, value_of(&required.name, required.truthy))
        })
        .collect();
    let case = |name: &str, config: &str, env: &str| {
        Case::new(format!("{id} {name}"), config, &format!("{on}{env}"))
    };
    let mut cases = vec![case("", "", "")];
    let lists = platform.users.iter().chain(&platform.policy_users).chain(&platform.chats);
    let values = lists
        .map(|name| (name, "*".to_owned()))
        .chain(platform.group_policy.iter().map(|name| (name, "open".to_owned())))
        .chain(platform.allow_all.iter().map(|name| (name, "true".to_owned())))
        .chain(platform.allow_bots.iter().map(|name| (name, "all".to_owned())))
        .chain(platform.misread.iter().map(|name| (name, "100200301".to_owned())))
        .chain(platform.sharp.iter().map(|sharp| (&sharp.name, lax(sharp))));
    cases.extend(values.map(|(name, value)| case(name, "", &format!("{name}={value}\n"))));
    for key in &platform.yaml_users {
        let list = |entry: &str| {
            format!("platforms: {{{id}: {{enabled: true, {}: ['{entry}']}}}}\n", key.key)
        };
        cases.push(case("", &list("100200301"), "").on("0.19.0"));
        cases.push(case("", &list("*"), "").on("0.22.2"));
    }
    for (key, value) in platform
        .yaml_allow_all
        .iter()
        .map(|key| (key, "true"))
        .chain(platform.yaml_bots.iter().map(|key| (key, "all")))
    {
        let block = format!("platforms: {{{id}: {{enabled: true, {}: {value}}}}}\n", key.key);
        cases.push(case(&key.key, &block, "").on("0.22.2"));
    }
    if platform.gate == Gate::Secret {
        // Too short for one that only its length protects.
        let secrets = platform.secrets.iter().map(|name| format!("{name}=kx82\n"));
        cases.extend(secrets.map(|line| case("", "", &line)));
    }
    if id == "webhook" {
        let block = "platforms: {webhook: {enabled: true, extra: {secret: kx82}}}\n";
        cases.push(case("", block, ""));
    }
    cases
}

fn value_of(name: &str, truthy: bool) -> &'static str {
    match name.rsplit('_').next() {
        _ if truthy => "true",
        Some("URL") => "https://relay.corp.net",
        Some("PORT") => "9900",
        _ => VALUE,
    }
}

fn lax(sharp: &Sharp) -> String {
    match sharp.lax.first().map(String::as_str) {
        None => VALUE.to_owned(),
        Some("*") => "*".to_owned(),
        Some(pattern) => pattern.replace('*', "relay.corp.net"),
    }
}

/// Each control variable, set to a value on its unsafe side.
fn environment() -> Vec<Row> {
    let controls = &FACTS.environment().controls;
    let value = |lax: &Lax| match lax {
        Lax::Set => VALUE.to_owned(),
        Lax::Truthy => "true".to_owned(),
        Lax::OneOf(words) => words[0].clone(),
        Lax::NoneOf(_) => "0755".to_owned(),
    };
    let on = "TELEGRAM_BOT_TOKEN=kx82ffkk22kk88\nTELEGRAM_ALLOWED_USERS=100200301\n";
    let plain = seen::all(&[Case::new("plain", "", on)]);
    let case = |control: &Control| {
        let lax = control.lax.as_ref()?;
        Some(Case::new(&control.name, "", &format!("{on}{}={}\n", control.name, value(lax))))
    };
    let seen = seen::all(&controls.iter().filter_map(case).collect::<Vec<_>>());
    controls
        .iter()
        .map(|control| {
            let what = code(&control.name);
            let range = range(control.since, control.until);
            let means = range.map_or(control.means.clone(), |r| format!("{} ({r})", control.means));
            let Some(rules) = seen.get(&control.name) else {
                let why = if control.hardens { "a defence: " } else { "" };
                return Row { what, why_not: Some(format!("{why}{means}")), ..Row::default() };
            };
            let new: Vec<&String> = rules.difference(&plain["plain"]).collect();
            // `ungated-tools` and the like follow; one rule is about the variable itself.
            let row = Row { note: Some(means), ..Row::ruled(what, new) };
            assert!(!row.rules.is_empty(), "no rule speaks of {}", control.name);
            row
        })
        .collect()
}

/// Each file of a home, with a mode that is too wide.
fn files() -> Vec<Row> {
    let facts = FACTS.files();
    let below = |path: &&str| !path.starts_with('/');
    let paths = facts.files.iter().map(|file| file.path.as_str());
    let all: Vec<&str> =
        paths.chain(facts.copies.iter().map(|copy| copy.path.as_str())).filter(below).collect();
    let cases: Vec<Case> = all.iter().map(|path| wide(path)).collect();
    let seen = seen::all(&cases);
    let speak = |path: &str| {
        let of = ["host/home-mode", "host/secret-file-mode", "host/secret-copy"];
        // A profile is a home of its own.
        let of = if path.is_empty() || path == "profiles/*" { &of[..1] } else { &of[1..] };
        of.iter().copied().filter(|rule| seen[path].contains(*rule)).collect::<Vec<_>>()
    };
    let mut rows: Vec<Row> = facts
        .files
        .iter()
        .filter(|file| below(&file.path.as_str()))
        .map(|file| {
            let holds = match file.holds {
                Holding::Secret => "secrets",
                Holding::Maybe => "perhaps secrets",
                Holding::Personal => "conversations, memory",
                Holding::Authority => "who may do what",
                Holding::Code => "what is run or obeyed",
                Holding::Policy => "the administrator's settings",
            };
            let octal = |mode: &hermes_lint::facts::Mode| format!("{:04o}", mode.0);
            let mut note = vec![holds.to_owned()];
            note.extend(file.mode.as_ref().map(|mode| format!("at most {}", octal(mode))));
            note.extend(file.dir_mode.as_ref().map(|mode| format!("folder {}", octal(mode))));
            note.extend(file.gives.as_ref().map(|mode| format!("Hermes leaves {}", octal(mode))));
            note.extend(file.note.clone());
            note.extend(range(file.since, None));
            let what = if file.path.is_empty() { "the home".to_owned() } else { code(&file.path) };
            Row { note: Some(note.join("; ")), ..Row::ruled(what, speak(&file.path)) }
        })
        .collect();
    rows.extend(facts.copies.iter().map(|copy| {
        let mut note = vec![format!("a copy of {}", copy.of)];
        note.extend(copy.note.clone());
        note.extend(range(copy.since, None));
        Row { note: Some(note.join("; ")), ..Row::ruled(code(&copy.path), speak(&copy.path)) }
    }));
    for row in &mut rows {
        if row.rules.is_empty() {
            row.open =
                Some(format!("no rule speaks of it; {}", row.note.take().unwrap_or_default()));
        }
    }
    rows
}

/// A home in use where everybody may read and write `path`, and all folders above are open.
fn wide(path: &str) -> Case {
    let sample = path
        .replace("**", "one/two")
        .replace("{old,orig,save,backup,tmp,swp}", "old")
        .replace("{bak,backup,old,orig,save,tmp,local,prod,production}", "bak")
        .replace("{bak,backup,old,orig}", "bak")
        .replace('*', "1")
        .replace('?', "p");
    let mut case = Case::new(path, "", "TELEGRAM_BOT_TOKEN=kx82ffkk22kk88\n");
    let folder = path == "profiles/*";
    if !folder {
        case.modes.push((".".to_owned(), "0755"));
    }
    if path.is_empty() {
        return case;
    }
    let file = if folder { format!("{sample}/.env") } else { sample.clone() };
    if !case.files.iter().any(|(known, _)| *known == file) {
        case.files.push((file, "OPENROUTER_API_KEY=kx82ffkk22kk88zz77aa11\n".to_owned()));
    }
    for (at, _) in sample.match_indices('/') {
        case.modes.push((sample[..at].to_owned(), "0755"));
    }
    case.modes.push((sample, if folder { "0777" } else { "0666" }));
    case
}

#[derive(Deserialize)]
struct Checklist {
    layers: Vec<Layer>,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Layer {
    id: String,
    title: String,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    list: String,
    layer: String,
    title: String,
    look: String,
}

/// Each item, with the rules that decide it by their own word.
fn checklist() -> Vec<Row> {
    let file = data::file("checklist").expect("the checklist");
    let file: Checklist = serde_json::from_str(file).expect("the checklist");
    let row = |item: &Item| {
        let rules = RULES.iter().map(|rule| rule.meta);
        let rules = rules.filter(|meta| meta.checklist.contains(&item.id.as_str()));
        let layer = file.layers.iter().find(|layer| layer.id == item.layer).expect("a layer");
        let what = format!("{}: {}", code(&item.id), item.title);
        let note = format!("{} list, {}", item.list, layer.title);
        let row = Row::ruled(what, rules.map(|meta| meta.id));
        if row.rules.is_empty() {
            return Row { command: Some(format!("evidence alone: {}; {note}", item.look)), ..row };
        }
        Row { note: Some(note), ..row }
    };
    file.items.iter().map(row).collect()
}
