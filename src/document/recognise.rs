//! Which kind of document a file is, by place and content.
//!
//! A name alone proves little: `hermes/config.yaml` may be a Home Assistant manifest, and a config may
//! be called `prod/agent.yaml`. So a name only proposes, and content decides: two known Hermes keys make
//! a YAML file a Hermes config. Files that nothing proposes are not parsed at all, which keeps a walk
//! over a large tree at the speed of reading it.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;

use super::text::Text;
use super::tree::{NodeId, Tree};
use super::{
    Document, EvidenceFile, Kind, ParseError, Standing, StateFile, Structured, dockerfile, dotenv,
    embedded, forward, json, manifest, nix, skill, template, unit, yaml,
};
use crate::facts::{Facts, Lookup};
use crate::source::{Origin, Source, SourcePath};

/// Endings that mark a file to be filled in.
const TEMPLATE_ENDINGS: &[&str] =
    &["example", "sample", "template", "tmpl", "tpl", "j2", "jinja", "jinja2", "dist", "erb", "in"];
/// Endings that mark an old state.
const COPY_ENDINGS: &[&str] = &["bak", "backup", "old", "orig", "save", "swp", "good", "corrupt"];
/// Endings that say nothing (a part of a file, an encrypted form is another matter).
const NEUTRAL_ENDINGS: &[&str] = &["excerpt"];
/// Folders that hold copies.
const COPY_FOLDERS: &[&str] = &["state-snapshots", "backups", "backup"];

/// Root keys of Hermes's config that other programs use as well: they count only where place or name
/// speaks for Hermes.
const COMMON_ROOTS: &[&str] = &[
    "model",
    "models",
    "providers",
    "agent",
    "agents",
    "logging",
    "network",
    "hooks",
    "plugins",
    "memory",
    "display",
    "web",
    "voice",
    "proxy",
    "tools",
    "skills",
    "cron",
    "browser",
    "timezone",
    "timeout",
    "secrets",
    "security",
    "privacy",
    "database",
    "server",
    "auth",
    "signal",
    "email",
    "updates",
    "sessions",
    "monitoring",
    "telemetry",
    "vault",
    "desktop",
    "platforms",
    "goals",
    "streaming",
    "compression",
    "dashboard",
    "slack",
    "discord",
    "telegram",
    "matrix",
    "webhook",
    "sms",
    "teams",
    "line",
    "irc",
    "tts",
    "stt",
    "lsp",
    "auxiliary",
    "context",
    "gateway",
    "kanban",
    "toolsets",
    "personalities",
    "onboarding",
    "curator",
    "delegation",
    "human_delay",
    "checkpoints",
];

/// A file name without what only says that it is a template, a copy or a part.
struct Stem<'a> {
    name: Cow<'a, str>,
    standing: Standing,
}

impl<'a> Stem<'a> {
    fn of(path: &'a SourcePath) -> Self {
        let mut name = path.file_name();
        let mut standing = Standing::Live;
        if path.display.split('/').any(|folder| COPY_FOLDERS.contains(&folder)) {
            standing = Standing::Copy;
        }
        if let Some(stripped) = name.strip_suffix('~') {
            (name, standing) = (stripped, Standing::Copy);
        }
        // `config.yaml.bak.20260105-1200` and `config.yaml.pre-upgrade`: all that follows the real ending.
        for real in [".yaml.", ".yml.", ".env.", ".json."] {
            let Some(at) = name.find(real) else { continue };
            if at == 0 && real == ".env." {
                continue;
            }
            let tail = name.get(at + real.len()..).unwrap_or_default();
            if tail.split(['.', '-', '_']).any(|part| COPY_ENDINGS.contains(&part))
                || tail.starts_with("pre-")
                || tail.chars().all(|c| c.is_ascii_digit() || "-_T.".contains(c))
            {
                name = name.get(..at + real.len() - 1).unwrap_or(name);
                standing = Standing::Copy;
            }
        }
        while let Some((rest, ending)) = name.rsplit_once('.') {
            if rest.is_empty() {
                break;
            }
            if TEMPLATE_ENDINGS.contains(&ending) {
                (name, standing) = (rest, standing.max(Standing::Template));
            } else if NEUTRAL_ENDINGS.contains(&ending) {
                name = rest;
            } else if COPY_ENDINGS.contains(&ending) {
                (name, standing) = (rest, Standing::Copy);
            } else {
                break;
            }
        }
        // `env.example`, `.env.example`: both mean `.env`.
        let name = if name == "env" { Cow::Borrowed(".env") } else { Cow::Borrowed(name) };
        Self { name, standing }
    }
}

/// Makes the document of `source`; `None` for a file that is only text. The facts' tables are parsed only
/// when a file could be a config.
#[must_use]
pub fn recognise(source: &Source<'_>, facts: &Facts<'_>) -> Option<Document> {
    let stem = Stem::of(source.path);
    let found = kind_of(source, &stem, facts);
    let name = stem.name.as_ref();
    let manifests = match found {
        None | Some((Kind::Config(_), _))
            if (is_yaml(name) || source.origin == Origin::Stdin)
                && (hints_at_hermes(source.path, name)
                    || contains(source.bytes, b"hermes")
                    || contains(source.bytes, b"HERMES_")) =>
        {
            manifest::find(source.bytes, stem.standing).map(Box::new)
        }
        _ => None,
    };
    let (kind, standing) = match (found, &manifests) {
        (None, Some(manifests)) => (Kind::Manifest, manifests.standing),
        (found, _) => found?,
    };
    Some(Document { text: Text::of(source), origin: source.origin, kind, standing, manifests })
}

/// True for a path under which [`recognise`] may find something, whatever the bytes: all of them are needed then.
#[must_use]
pub fn may_recognise(path: &SourcePath, facts: &Facts<'_>) -> bool {
    let stem = Stem::of(path);
    let name = stem.name.as_ref();
    let empty = Source { path, bytes: &[], origin: Origin::Named, part: None };
    is_yaml(name)
        || has_ending(name, "nix")
        || name == "jobs.json"
        || is_unit(name, path.folder())
        || forward::is_named(name, path.folder())
        || kind_of(&empty, &stem, facts).is_some()
}

fn kind_of(source: &Source<'_>, stem: &Stem<'_>, facts: &Facts<'_>) -> Option<(Kind, Standing)> {
    let (path, bytes) = (source.path, source.bytes);
    let name = stem.name.as_ref();
    let folder = path.folder();
    let standing = stem.standing;
    if name == ".env" || name.starts_with(".env.") || name.ends_with(".env") {
        return Some((Kind::Env(dotenv::parse(bytes)), env_standing(name, standing)));
    }
    if name == "SKILL.md" {
        return Some((Kind::Skill(skill::parse(bytes)), standing));
    }
    if is_prompt(name) || in_folder(folder, "memories") && name.ends_with(".md") {
        return Some((Kind::Prompt, standing));
    }
    if is_dockerfile(name) {
        return Some((Kind::Dockerfile(dockerfile::parse(bytes)), standing));
    }
    if has_ending(name, "nix") && contains(bytes, b"hermes") {
        return Some((Kind::Nix(nix::attributes(bytes)), standing));
    }
    if let Some(kind) = unit_kind(name, folder, bytes) {
        return Some((kind, standing));
    }
    if let Some(kind) = proxy_kind(name, folder, bytes, facts) {
        return Some((kind, standing));
    }
    if let Some(kind) = json_kind(name, folder, bytes) {
        return Some((kind, standing));
    }
    if let Some(evidence) = named_evidence(name, &path.display) {
        return Some((Kind::Evidence(evidence), standing));
    }
    // What a file is counts for more than what its folders are called.
    if (is_yaml(name) || source.origin == Origin::Stdin)
        && let Some(found) = yaml_kind(path, name, bytes, standing, facts)
    {
        return Some(found);
    }
    if let Some(evidence) = worded_evidence(name, &path.display, bytes) {
        return Some((Kind::Evidence(evidence), standing));
    }
    if is_yaml(name) {
        return None;
    }
    // Named in a skill, these hide files from Hermes's own scanner, wherever the skill lies.
    if in_skill(&path.display) || matches!(name, ".skillignore" | ".clawhubignore") {
        return Some((Kind::SkillFile, standing));
    }
    None
}

/// `.env.production` is what some tool loads; only `.env` and `*.env` are live by themselves.
fn env_standing(name: &str, standing: Standing) -> Standing {
    let suffix = name.strip_prefix(".env.").unwrap_or_default();
    if standing == Standing::Live && !suffix.is_empty() {
        let parts = || suffix.split(['.', '-', '_']);
        if parts().any(|part| TEMPLATE_ENDINGS.contains(&part)) {
            return Standing::Template;
        }
        if parts().any(|part| COPY_ENDINGS.contains(&part)) {
            return Standing::Copy;
        }
        return Standing::Named;
    }
    standing
}

fn is_yaml(name: &str) -> bool {
    has_ending(name, "yaml") || has_ending(name, "yml")
}

/// True for `name.ending`, in any case.
fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, last)| last.eq_ignore_ascii_case(ending))
}

fn is_dockerfile(name: &str) -> bool {
    ["Dockerfile", "Containerfile"].iter().any(|base| {
        name.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || has_ending(name, base)
    })
}

fn is_prompt(name: &str) -> bool {
    matches!(
        name,
        "SOUL.md"
            | "MEMORY.md"
            | "USER.md"
            | "AGENTS.md"
            | "CLAUDE.md"
            | "HERMES.md"
            | ".hermes.md"
            | ".cursorrules"
    )
}

fn in_folder(folder: &str, wanted: &str) -> bool {
    folder.rsplit('/').next() == Some(wanted)
}

fn in_skill(path: &str) -> bool {
    // `skills/<category>/<name>/scripts/x`: below a skills folder, not the folder's own files.
    let mut folders = path.split('/').skip_while(|&folder| folder != "skills");
    folders.next().is_some() && folders.count() >= 2 && !path.contains("/.hub/")
}

/// True for the name of a systemd unit, or of a drop-in for one.
fn is_unit(name: &str, folder: &str) -> bool {
    [".service", ".timer", ".socket"].iter().any(|ending| name.ends_with(ending))
        || name.ends_with(".conf") && folder.ends_with(".service.d")
}

fn unit_kind(name: &str, folder: &str, bytes: &[u8]) -> Option<Kind> {
    let text = || {
        contains(bytes, b"[Service]") || contains(bytes, b"[Timer]") || contains(bytes, b"[Unit]")
    };
    (is_unit(name, folder) && text()).then(|| Kind::Unit(unit::parse(bytes)))
}

/// A proxy or tunnel that leads to one of Hermes's ports.
fn proxy_kind(name: &str, folder: &str, bytes: &[u8], facts: &Facts<'_>) -> Option<Kind> {
    let words: &[&[u8]] = if is_yaml(name) {
        // Kubernetes has an `ingress` of its own.
        if contains(bytes, b"apiVersion:") {
            return None;
        }
        if name.starts_with("ngrok.") { &[b"tunnels:", b"endpoints:"] } else { &[b"ingress:"] }
    } else if forward::is_named(name, folder) {
        &[b"proxy_pass", b"reverse_proxy"]
    } else {
        return None;
    };
    if !words.iter().any(|word| contains(bytes, word)) {
        return None;
    }
    let ports = &facts.machine().ports;
    let mut found = forward::read(name, bytes, facts.tooling());
    found.retain(|forward| ports.iter().any(|port| port.port == forward.port));
    (!found.is_empty()).then_some(Kind::Proxy(found))
}

fn json_kind(name: &str, folder: &str, bytes: &[u8]) -> Option<Kind> {
    let state = match name {
        "jobs.json" => {
            let placed = in_folder(folder, "cron") || contains(bytes, b"\"schedule\"");
            return placed.then(|| Kind::Jobs(json_tree(bytes)));
        }
        "auth.json" => StateFile::Auth,
        "gateway.json" => StateFile::Gateway,
        "webhook_subscriptions.json" => StateFile::Webhooks,
        "shell-hooks-allowlist.json" => StateFile::HookConsents,
        "google_oauth.json"
        | "google_token.json"
        | "google_chat_user_token.json"
        | ".anthropic_oauth.json"
        | "slack_tokens.json"
        | "honcho.json"
        | "mem0.json"
        | "bws_cache.json" => StateFile::Tokens,
        _ if in_folder(folder, "mcp-tokens") && name.ends_with(".json") => StateFile::Tokens,
        _ => return None,
    };
    Some(Kind::State(state, json_tree(bytes)))
}

fn json_tree(bytes: &[u8]) -> Structured {
    match json::parse(bytes) {
        Ok(tree) => Structured { tree, ..Structured::default() },
        Err(error) => Structured {
            error: Some(ParseError {
                message: error.message.to_owned(),
                span: error.span,
                context: None,
            }),
            ..Structured::default()
        },
    }
}

/// Evidence that is known by its exact name or folder.
fn named_evidence(name: &str, path: &str) -> Option<EvidenceFile> {
    if matches!(
        name,
        ".pre-commit-config.yaml"
            | ".pre-commit-config.yml"
            | "prek.toml"
            | "lefthook.yml"
            | "lefthook.yaml"
            | ".gitlab-ci.yml"
            | "Jenkinsfile"
    ) || path.contains(".husky/")
        || path.contains(".githooks/")
        || path.contains(".github/workflows/") && is_yaml(name)
    {
        return Some(EvidenceFile::Checks);
    }
    if matches!(
        name,
        "renovate.json"
            | "renovate.json5"
            | ".renovaterc"
            | ".renovaterc.json"
            | "dependabot.yml"
            | "dependabot.yaml"
    ) {
        return Some(EvidenceFile::Updates);
    }
    if name == "crontab"
        || has_ending(name, "cron")
        || path.contains("/cron.d/")
        || path.contains("/spool/cron/")
    {
        return Some(EvidenceFile::Crontab);
    }
    if path.contains("logrotate.d/") || name == "logrotate.conf" || has_ending(name, "logrotate") {
        return Some(EvidenceFile::Rotation);
    }
    if name.starts_with("audit-review") && has_ending(name, "jsonl") {
        return Some(EvidenceFile::Reviews);
    }
    None
}

/// Evidence that is known by a word in its path: only of the right kinds, and only where it is nothing else.
fn worded_evidence(name: &str, path: &str, bytes: &[u8]) -> Option<EvidenceFile> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| has_ending(name, ending));
    if ends(&["conf", "toml", "yaml", "yml", "json", "alloy", "rules"]) {
        let lower = path.to_ascii_lowercase();
        let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
        // `vectordb` and `hotel` are other words; `fluentd`, `otelcol` and `alertmanager` are not.
        let forwards = |word: &str| {
            word == "vector" || FORWARDERS.iter().any(|forwarder| word.starts_with(forwarder))
        };
        if words.clone().any(forwards) || lower.contains("journal-upload") {
            return Some(EvidenceFile::Forwarder);
        }
        if words.any(|word| word.starts_with("alert")) {
            return Some(EvidenceFile::Alerts);
        }
    }
    if ends(&["md", "txt", "rst", "adoc"]) {
        let lower = name.to_ascii_lowercase();
        let named = PROCEDURES.iter().any(|word| lower.contains(word));
        if named
            && [&b"rotat"[..], b"Rotat", b"review", b"Review"]
                .iter()
                .any(|word| contains(bytes, word))
        {
            return Some(EvidenceFile::Procedure);
        }
    }
    None
}

/// What words in the path of a log forwarder's configuration begin with.
const FORWARDERS: &[&str] = &[
    "rsyslog", "fluent", "promtail", "filebeat", "otel", "journald", "syslog", "logstash", "alloy",
];

/// Words in the name of a document about how things are done.
const PROCEDURES: &[&str] = &["rotat", "review", "runbook", "incident", "secret"];

fn yaml_kind(
    path: &SourcePath,
    name: &str,
    bytes: &[u8],
    standing: Standing,
    facts: &Facts<'_>,
) -> Option<(Kind, Standing)> {
    let mut roots = root_keys(bytes);
    if roots.is_empty() && is_flow(bytes) && hints_at_hermes(path, name) {
        let tree = yaml_tree(bytes).0.tree;
        let entries = tree.root.map(|root| tree.entries(root)).unwrap_or_default();
        roots = entries.iter().filter_map(|entry| tree.str(entry.key)).map(str::to_owned).collect();
    }
    let has = |key: &str| roots.iter().any(|root| root == key);
    if has("services")
        && (name.contains("compose") || contains(bytes, b"image:") || contains(bytes, b"build:"))
    {
        return Some((Kind::Compose(yaml_tree(bytes).0), standing));
    }
    if name == "config.yaml" && standing == Standing::Live && is_home(path.folder()) {
        // Hermes reads the file of this place, whatever it holds.
        let (structured, templated) = yaml_tree(bytes);
        let standing = if templated { Standing::Template } else { standing };
        return Some((Kind::Config(structured), standing));
    }
    let hint = hints_at_hermes(path, name);
    if roots.iter().any(|root| is_root(facts, root)) {
        let (structured, templated) = yaml_tree(bytes);
        let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
        if is_config(&structured.tree, structured.tree.root, &roots, hint, facts) {
            let standing = match standing {
                Standing::Live if templated => Standing::Template,
                Standing::Live if name != "config.yaml" => Standing::Named,
                other => other,
            };
            return Some((Kind::Config(structured), standing));
        }
    }
    if !hint && !contains(bytes, b"hermes") && !contains(bytes, b"config.yaml") {
        return None;
    }
    let nested = embedded::find(bytes, |tree, id| {
        let roots: Vec<&str> =
            tree.entries(id).iter().filter_map(|entry| tree.str(entry.key)).collect();
        // Charts have sections that are called like Hermes's: what is in them must be Hermes's, too.
        roots.len() >= 2
            && second_level(tree, id, facts) >= 2
            && is_config(tree, Some(id), &roots, true, facts)
    })?;
    // What a chart or manifest holds comes into force when somebody applies it.
    Some((Kind::Config(nested), standing.max(Standing::Template)))
}

/// True for a folder that is a Hermes home by its name: nothing else is called so.
fn is_home(folder: &str) -> bool {
    let is_hermes = |folder: &str| folder == ".hermes" || folder.ends_with("/.hermes");
    let profile = folder.rsplit_once('/').and_then(|(above, _)| above.strip_suffix("/profiles"));
    is_hermes(folder) || profile.is_some_and(is_hermes)
}

/// True when the file's place or name speaks for Hermes.
fn hints_at_hermes(path: &SourcePath, name: &str) -> bool {
    name.starts_with("config.y")
        || path.display.to_ascii_lowercase().contains("hermes")
        || path.identity.to_ascii_lowercase().contains("hermes")
        || path.display.contains("profiles/")
        || path.display == "<stdin>"
}

/// Counts known keys: roots that only Hermes has, keys one level below, and, with a hint, common roots.
fn is_config(
    tree: &Tree,
    node: Option<NodeId>,
    roots: &[&str],
    hint: bool,
    facts: &Facts<'_>,
) -> bool {
    let known = roots.iter().filter(|root| is_root(facts, root)).count();
    let own =
        roots.iter().filter(|root| is_root(facts, root) && !COMMON_ROOTS.contains(root)).count();
    let below = node.map_or(0, |node| second_level(tree, node, facts));
    let mostly_known = known * 2 >= roots.len();
    if hint {
        // A root that nothing else has says as much as two that others have as well.
        known + own + below >= 2 && (mostly_known || own + below >= 2)
    } else {
        mostly_known && own * 2 + below >= 3
    }
}

/// True for a root key that Hermes reads, or that guides for it use.
fn is_root(facts: &Facts<'_>, root: &str) -> bool {
    matches!(facts.keys().lookup(&[root]), Lookup::Known { .. })
        || facts.inert().inert.iter().any(|inert| {
            inert.key.as_deref().is_some_and(|key| key.split('.').next() == Some(root))
        })
}

/// Keys of the second level that Hermes (or a published guide for it) knows by name.
fn second_level(tree: &Tree, root: NodeId, facts: &Facts<'_>) -> usize {
    tree.entries(root)
        .iter()
        .filter_map(|entry| Some((tree.str(entry.key)?, entry.value)))
        .flat_map(|(parent, value)| {
            tree.entries(value).iter().filter_map(move |entry| Some((parent, tree.str(entry.key)?)))
        })
        .filter(|&(parent, child)| {
            matches!(facts.keys().lookup(&[parent, child]), Lookup::Known { spec: Some(_), .. })
                || facts.inert().key(&[parent, child]).is_some()
        })
        .count()
}

/// True for a file that is one mapping in braces, as programs write YAML; a template's first mark is none.
fn is_flow(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#") && *line != b"---");
    first.is_some_and(|line| {
        line.starts_with(b"{") && !matches!(line.get(1), Some(b'{' | b'%' | b'#'))
    })
}

/// Keys at the left margin, read by line: works on templates and broken files, too.
fn root_keys(bytes: &[u8]) -> Vec<String> {
    let mut roots = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let line = if roots.is_empty() {
            line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
        } else {
            line
        };
        let Some(first) = line.first() else { continue };
        if !(first.is_ascii_alphabetic() || *first == b'_') {
            continue;
        }
        let length = line
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            .count();
        let after = line.get(length..).unwrap_or_default();
        if after.first() == Some(&b':') && after.get(1).is_none_or(u8::is_ascii_whitespace) {
            let key = String::from_utf8_lossy(line.get(..length).unwrap_or_default()).into_owned();
            roots.push(key);
        }
    }
    roots
}

/// Parses YAML, through a template's blanks if need be; the second value says whether it was one.
pub(super) fn yaml_tree(bytes: &[u8]) -> (Structured, bool) {
    let error = match yaml::parse(bytes) {
        Ok(tree) => return (Structured { tree, ..Structured::default() }, false),
        Err(error) => error,
    };
    if let Some(blanked) = template::blank(bytes) {
        if let Ok(tree) = yaml::parse(&blanked.bytes) {
            return (Structured { tree, error: None, holes: blanked.holes }, true);
        }
        let error = ParseError {
            message: "a template that is not YAML until it is rendered".to_owned(),
            span: error.span,
            context: None,
        };
        return (Structured { error: Some(error), ..Structured::default() }, true);
    }
    let error = ParseError { message: error.message, span: error.span, context: error.context };
    (Structured { error: Some(error), ..Structured::default() }, false)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}
