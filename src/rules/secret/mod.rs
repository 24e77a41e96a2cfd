//! `secret/`: hard-coded credentials, and what every other rule must not show.
//!
//! [`inspect`] decides once a file what in it is a secret: the spans become the document's masks, and the
//! rules of this family report those that are in the wrong place. In files Hermes reads, a literal under
//! a secret's name counts without any known shape, because that is what Hermes will send as the key.

mod facts;
pub mod in_context;
pub mod known_token;
mod moves;
pub mod named_literal;
mod scrub;

pub use moves::attach;
pub use scrub::Scrubber;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use crate::content::personal::Personal;
use crate::deployment::{Knowledge, expand, services};
use crate::document::tree::{NodeId, Tree, Value};
use crate::document::{Document, Kind, Standing, StateFile, Structured};
use crate::finding::{Confidence, Severity};
use crate::secrets::{
    self, Candidate, Context, Engine, Kind as ValueKind, MOST_FOUND, Origin, assignments, classify,
    is_secret_name, is_secret_name_in_credential_block,
};
use crate::span::Span;

/// A file on its way through the file rules.
pub struct File<'f> {
    /// The document.
    pub document: &'f Document,
    /// What in it is secret.
    pub secrets: &'f [Secret],
    /// What in it is about a person, and must not be shown either.
    pub personal: &'f [Personal],
    /// What is known of Hermes.
    pub knowledge: &'f Knowledge,
}

/// A credential in a document.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its bytes, without quotes.
    pub span: Span,
    /// The other half of a paired credential (the key id, the account's SID) and what it is called.
    pub pair: Option<(Span, String)>,
    /// How it was recognised.
    pub origin: SecretOrigin,
    /// Where it is assigned, by name (`custom_providers[0].api_key`); empty when not assigned.
    pub route: String,
    /// The value without showing any of it.
    pub shown: String,
    /// Why the confidence is what it is, in short clauses.
    pub reasons: Vec<Cow<'static, str>>,
    /// The value as its reader decodes it, where that may differ from the bytes.
    pub decoded: Option<Hidden>,
    /// An exception of the user's says that it is none: masked, and not reported.
    pub excepted: bool,
}

/// A text that no output shows, `{:?}` included.
#[derive(Clone)]
pub struct Hidden(String);

impl Hidden {
    /// The text. For comparing, never for showing.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Secret {
    /// False for an ordinary word under a secret's name, which may be no secret at all.
    #[must_use]
    pub const fn is_strong(&self) -> bool {
        !matches!(
            self.origin,
            SecretOrigin::Name { strong: false, .. }
                | SecretOrigin::Context { confidence: Confidence::Low, .. }
                | SecretOrigin::Detector { note: Some(secrets::Note::Example), .. }
        )
    }

    /// Its bytes, and those of the other half.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        std::iter::once(self.span).chain(self.pair.as_ref().map(|(span, _)| *span))
    }
}

/// How a secret was recognised.
#[derive(Clone, Debug)]
pub enum SecretOrigin {
    /// By a detector's shape.
    Detector {
        /// Id of the detector.
        id: Cow<'static, str>,
        /// Who issues the credential.
        provider: Cow<'static, str>,
        /// What it detects.
        what: Cow<'static, str>,
        /// How to replace it.
        rotate: Cow<'static, str>,
        /// The detector's severity.
        severity: Severity,
        /// The detector's confidence, after its checks.
        confidence: Confidence,
        /// What its checks say.
        note: Option<secrets::Note>,
    },
    /// By what stands around it, in a file that nothing here parses.
    Context {
        /// The name it is assigned to, or the command or scheme that announces it.
        name: String,
        /// Why that makes a credential of it.
        reason: &'static str,
        /// How sure that is.
        confidence: Confidence,
    },
    /// By the name it stands under, in a file that Hermes reads.
    Name {
        /// The name.
        name: String,
        /// False for a value so plain that it may be none: an ordinary word.
        strong: bool,
        /// Who is given the value.
        reader: Reader,
    },
}

/// Who is given a value that a file starting services sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Hermes itself.
    Hermes,
    /// A service that is started beside Hermes.
    Neighbour,
    /// Nothing that has to do with Hermes: masked, and left to scanners of everything.
    Other,
}

/// Blocks whose bare `key`, `auth` or `credentials` holds a credential.
const CREDENTIAL_BLOCKS: &[&str] = &[
    "credential_pools",
    "providers",
    "custom_providers",
    "fallback_providers",
    "auxiliary",
    "platforms",
    "model",
    "delegation",
    "mcp_servers",
    "moa",
];

/// What [`inspect`] makes of a document.
#[derive(Debug)]
pub struct Inspection {
    /// What in it is secret, in order.
    pub secrets: Vec<Secret>,
    /// Values under secrets' names that were not looked at, because there are so many.
    pub unread: Vec<Span>,
}

/// Decides what in `document` is a secret.
#[must_use]
pub fn inspect(
    document: &Document,
    candidates: &[Candidate],
    engine: &Engine,
    knowledge: &Knowledge,
) -> Inspection {
    let bytes = document.text.bytes();
    let unparsed = matches!(
        document.kind,
        Kind::Evidence(_)
            | Kind::Data(_)
            | Kind::Nix(_)
            | Kind::Proxy(_)
            | Kind::Manifest
            | Kind::Text
    );
    let mut found: Vec<Secret> = candidates
        .iter()
        .filter_map(|candidate| {
            let value = candidate.span.of(bytes);
            let Some(spec) = engine.spec(candidate) else {
                // What Hermes reads is read as Hermes reads it, below.
                return unparsed.then(|| in_context(candidate, bytes)).flatten();
            };
            // An example in what Hermes reads is a placeholder, which other rules speak of.
            if candidate.note == Some(secrets::Note::Example) && !unparsed {
                return None;
            }
            Some(Secret {
                span: candidate.span,
                pair: candidate.pair.map(|half| (half.span, engine.half(half).to_owned())),
                route: String::new(),
                reasons: facts::of_shape(spec, candidate, bytes),
                decoded: None,
                excepted: candidate.excepted,
                shown: secrets::redact(value, spec.public_prefix(value)),
                origin: SecretOrigin::Detector {
                    id: spec.id.clone(),
                    provider: spec.provider.clone(),
                    what: spec.what.clone(),
                    rotate: spec.rotate.clone(),
                    severity: severity(candidate.severity),
                    confidence: confidence(candidate.confidence),
                    note: candidate.note,
                },
            })
        })
        .collect();
    let mut inspector = Inspector {
        document,
        knowledge,
        known: found.len(),
        found: &mut found,
        unread: Vec::new(),
        services: OnceCell::new(),
    };
    inspector.named();
    let unread = inspector.unread;
    found.sort_by_key(|secret| (secret.span, matches!(secret.origin, SecretOrigin::Name { .. })));
    found.dedup_by(|later, earlier| {
        let same = later.span.overlaps(earlier.span);
        if same && earlier.route.is_empty() {
            earlier.route = std::mem::take(&mut later.route);
        }
        same
    });
    Inspection { secrets: found, unread }
}

/// A secret that only its surroundings tell.
fn in_context(candidate: &Candidate, bytes: &[u8]) -> Option<Secret> {
    let Origin::Context { name, reason } = candidate.origin else { return None };
    let name = String::from_utf8_lossy(name.of(bytes)).into_owned();
    Some(Secret {
        span: candidate.span,
        pair: None,
        route: String::new(),
        reasons: facts::of_context(reason, &name, candidate.note),
        decoded: None,
        excepted: candidate.excepted,
        shown: secrets::redact(candidate.span.of(bytes), ""),
        origin: SecretOrigin::Context {
            name,
            reason,
            confidence: confidence(candidate.confidence),
        },
    })
}

fn severity(severity: secrets::Severity) -> Severity {
    match severity {
        secrets::Severity::Info => Severity::Info,
        secrets::Severity::Warning => Severity::Warning,
        secrets::Severity::Error => Severity::Error,
    }
}

fn confidence(confidence: secrets::Confidence) -> Confidence {
    match confidence {
        secrets::Confidence::Low => Confidence::Low,
        secrets::Confidence::Medium => Confidence::Medium,
        secrets::Confidence::High => Confidence::High,
    }
}

struct Inspector<'i> {
    document: &'i Document,
    knowledge: &'i Knowledge,
    found: &'i mut Vec<Secret>,
    /// How many there were before.
    known: usize,
    /// What was not looked at.
    unread: Vec<Span>,
    /// Services of the document, and whether each runs Hermes.
    services: OnceCell<Vec<(String, bool)>>,
}

impl Inspector<'_> {
    /// Literals under secret names, by the kind of file.
    fn named(&mut self) {
        let document = self.document;
        match &document.kind {
            Kind::Config(tree) | Kind::State(_, tree) if tree.error.is_none() => {
                self.tree(tree, false)
            }
            Kind::Jobs(tree) if tree.error.is_none() => {
                self.tree(tree, false);
                self.text(Span::new(0, document.text.bytes().len()), None);
            }
            Kind::Compose(tree) if tree.error.is_none() => self.tree(tree, true),
            Kind::Env(env) => {
                for entry in &env.entries {
                    let Some(value) = &entry.value else { continue };
                    if self.is_secret_variable(&entry.key) {
                        self.judge(&entry.key, value, entry.value_span, entry.key.clone(), false);
                    }
                }
            }
            Kind::Unit(unit) => {
                for line in unit.exec_lines() {
                    let words = line.argv.iter().map(|word| (word.text.as_str(), word.span));
                    self.arguments(words, &line.directive.key);
                }
                for assignment in unit.environment() {
                    if self.is_secret_variable(&assignment.name) {
                        let route = format!("Environment.{}", assignment.name);
                        self.judge(
                            &assignment.name,
                            &assignment.value,
                            assignment.value_span,
                            route,
                            false,
                        );
                    }
                }
            }
            Kind::Dockerfile(dockerfile) => {
                for instruction in &dockerfile.instructions {
                    let words =
                        instruction.words().iter().map(|word| (word.text.as_str(), word.span));
                    self.arguments(words, &instruction.keyword);
                }
                let pairs = dockerfile
                    .instructions
                    .iter()
                    .filter(|instruction| matches!(instruction.keyword.as_str(), "ENV" | "ARG"))
                    .flat_map(|instruction| {
                        instruction.pairs().iter().map(move |pair| (&instruction.keyword, pair))
                    });
                for (keyword, pair) in pairs {
                    let Some(value) = &pair.value else { continue };
                    if self.is_secret_variable(&pair.name) {
                        let route = format!("{keyword}.{}", pair.name);
                        self.judge(&pair.name, value, pair.value_span, route, false);
                    }
                }
            }
            Kind::Config(_)
            | Kind::State(..)
            | Kind::Jobs(_)
            | Kind::Compose(_)
            | Kind::Skill(_)
            | Kind::SkillFile
            | Kind::Prompt => {
                self.text(Span::new(0, document.text.bytes().len()), None);
            }
            Kind::Evidence(_)
            | Kind::Data(_)
            | Kind::Nix(_)
            | Kind::Proxy(_)
            | Kind::Manifest
            | Kind::Text => {}
        }
    }

    fn is_secret_variable(&self, name: &str) -> bool {
        let credentials = self.knowledge.facts().credentials();
        credentials.is_listed(name) || is_secret_name(name)
    }

    /// Literals given to options with a secret's name: `--api-key x`, `--token=x`, `-e API_KEY=x`.
    fn arguments<'w>(&mut self, words: impl Iterator<Item = (&'w str, Span)>, route: &str) {
        let mut option: Option<&str> = None;
        for (text, span) in words {
            let span = unquoted(self.document.text.bytes(), span);
            if let Some(name) = option.take()
                && !text.starts_with('-')
            {
                self.judge(name, text, span, route.to_owned(), false);
                continue;
            }
            let name = text.trim_start_matches('-');
            match name.split_once('=') {
                Some((name, value)) if self.is_secret_variable(name) => {
                    let at = span.end.saturating_sub(value.len()).max(span.start);
                    self.judge(name, value, Span::new(at, span.end), route.to_owned(), false);
                }
                None if name.len() < text.len() && self.is_secret_variable(name) => {
                    option = Some(name)
                }
                _ => {}
            }
        }
    }

    /// Scalars under secret keys. Compose expands references, so a default inside one is read, too.
    fn tree(&mut self, structured: &Structured, compose: bool) {
        let tree = &structured.tree;
        let mut judged = Vec::new();
        let mut locals = HashMap::new();
        structured.walk(|visit| {
            let value = match tree.value(visit.id) {
                Value::Str(text) => Cow::Borrowed(&**text),
                Value::Int(number) => Cow::Owned(number.to_string()),
                _ => return,
            };
            if structured.is_hole(visit.id) {
                return;
            }
            let span = tree.span(visit.id);
            let (name, value, span) =
                match (visit.name, compose && visit.path.contains(".environment[")) {
                    // `- NAME=value`
                    (_, true) => {
                        let Some((name, rest)) = value.split_once('=') else { return };
                        let span = Span::new(
                            (span.end - rest.len().min(span.len())).max(span.start),
                            span.end,
                        );
                        (name.to_owned(), Cow::Owned(rest.to_owned()), span)
                    }
                    (Some(name), false) => (name.to_owned(), value, span),
                    (None, false) => return,
                };
            let root = visit.path.split(['.', '[']).next().unwrap_or_default();
            // A bare `key` or `auth` holds a credential in some blocks, and a word (`auth: oauth`) as often.
            let is_word =
                || classify(value.as_bytes(), &Context::default()).kind == ValueKind::Word;
            let bare =
                CREDENTIAL_BLOCKS.contains(&root) && is_secret_name_in_credential_block(&name);
            if !self.is_secret_variable(&name) && (!bare || is_word()) {
                return;
            }
            // Hermes expands no defaults, but whoever wrote one wrote it for all to see.
            let defaults = compose || value.contains(":-");
            let value = if defaults { Cow::Owned(expand(&value).text) } else { value };
            // The outermost block describes no server.
            let block = visit.block.filter(|&block| Some(block) != tree.root);
            let local = block.is_some_and(|block| {
                *locals.entry(block).or_insert_with(|| names_local_server(tree, block))
            });
            judged.push((
                name,
                value.into_owned(),
                unquoted(self.document.text.bytes(), span),
                visit.path.to_owned(),
                local,
            ));
        });
        let mut lists = Vec::new();
        let mut prose = Vec::new();
        let mut queries = Vec::new();
        structured.walk(|visit| {
            let items = tree.items(visit.id);
            if !items.is_empty() {
                lists.push((visit.path.to_owned(), items));
            }
            // `https://host/mcp?api_key=…`: a credential in a web address.
            if let Some((_, query)) = tree
                .str(visit.id)
                .filter(|text| text.contains("://"))
                .and_then(|text| text.split_once('?'))
            {
                queries.push((query.to_owned(), tree.span(visit.id), visit.path.to_owned()));
            }
            // Commands and prompts: text inside a value, which has no key of its own.
            if tree.str(visit.id).is_some_and(|text| text.contains(' ')) {
                prose.push((tree.span(visit.id), visit.path.to_owned()));
            }
        });
        for (route, items) in lists {
            let words = items.iter().filter_map(|&item| Some((tree.str(item)?, tree.span(item))));
            self.arguments(words.collect::<Vec<_>>().into_iter(), &route);
        }
        for (query, span, route) in queries {
            for (name, value) in query.split(['&', '#']).filter_map(|pair| pair.split_once('=')) {
                let Some(at) =
                    memchr::memmem::find(span.of(self.document.text.bytes()), value.as_bytes())
                else {
                    continue;
                };
                if self.is_secret_variable(name) && !value.is_empty() {
                    let span = Span::new(span.start + at, span.start + at + value.len());
                    self.judge(name, value, span, route.clone(), false);
                }
            }
        }
        for (span, route) in prose {
            self.text(span, Some(&route));
        }
        for (name, value, span, route, local) in judged {
            self.judge(&name, &value, span, route, local);
        }
    }

    /// Assignments in text that no parser reads.
    fn text(&mut self, span: Span, route: Option<&str>) {
        let bytes = self.document.text.bytes();
        for assignment in assignments(span.of(bytes)) {
            if self.found.len() - self.known >= MOST_FOUND {
                self.unread.push(assignment.value.shifted(span.start));
                continue;
            }
            let name = String::from_utf8_lossy(assignment.name.of(span.of(bytes))).into_owned();
            let value = assignment.value.shifted(span.start);
            let route = route.map_or_else(|| name.clone(), str::to_owned);
            self.push(value, name, route, true);
        }
    }

    fn judge(&mut self, name: &str, value: &str, span: Span, route: String, local_server: bool) {
        if self.found.len() - self.known >= MOST_FOUND {
            self.unread.push(span);
            return;
        }
        let context = Context { name: Some(name), local_server, ..Context::default() };
        let class = classify(value.as_bytes(), &context);
        match class.kind {
            ValueKind::Literal => self.push(span, name.to_owned(), route, true),
            ValueKind::Word => self.push(span, name.to_owned(), route, false),
            _ => return,
        }
        if let Some(secret) = self.found.last_mut().filter(|secret| secret.span == span) {
            secret.decoded = Some(Hidden(value.to_owned()));
        }
    }

    fn push(&mut self, span: Span, name: String, route: String, strong: bool) {
        if span.is_empty() {
            return;
        }
        let shown = secrets::redact(span.of(self.document.text.bytes()), "");
        let reader = self.reader(&route);
        self.found.push(Secret {
            span,
            route,
            shown,
            pair: None,
            reasons: facts::of_name(&name, strong, reader),
            decoded: None,
            excepted: false,
            origin: SecretOrigin::Name { name, strong, reader },
        });
    }

    /// Who is given what stands at `route`.
    fn reader(&self, route: &str) -> Reader {
        let starts =
            matches!(self.document.kind, Kind::Compose(_) | Kind::Unit(_) | Kind::Dockerfile(_));
        if !starts {
            return Reader::Hermes;
        }
        let services = self.services.get_or_init(|| {
            let services = services(self.document).into_iter();
            services.map(|service| (service.name, service.is_hermes)).collect()
        });
        let own = services.iter().any(|(name, hermes)| {
            let inside =
                route.strip_prefix("services.").and_then(|rest| rest.strip_prefix(name.as_str()));
            *hermes
                && (inside.is_some_and(|rest| rest.starts_with('.'))
                    || !route.starts_with("services."))
        });
        if own {
            Reader::Hermes
        } else if services.iter().any(|(_, hermes)| *hermes) {
            Reader::Neighbour
        } else {
            Reader::Other
        }
    }
}

/// The span without the quotes around it.
fn unquoted(bytes: &[u8], span: Span) -> Span {
    match span.of(bytes) {
        [b'"', .., b'"'] | [b'\'', .., b'\''] if span.len() >= 2 => {
            Span::new(span.start + 1, span.end - 1)
        }
        _ => span,
    }
}

/// True when `block` names a server that ignores its key.
fn names_local_server(tree: &Tree, block: NodeId) -> bool {
    ["base_url", "api", "url", "api_base", "endpoint"]
        .iter()
        .filter_map(|key| tree.get(block, key))
        .filter_map(|url| tree.str(url))
        .any(is_local_url)
}

/// True for a URL whose host is loopback, a private address, or one label (a container's name).
pub(crate) fn is_local_url(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() || host.contains('$') || host.contains('{') {
        return false;
    }
    if let Ok(address) = host.parse::<std::net::IpAddr>() {
        return match address {
            std::net::IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_unspecified(),
            std::net::IpAddr::V6(v6) => v6.is_loopback() || (v6.segments()[0] & 0xFE00) == 0xFC00,
        };
    }
    host == "localhost"
        || !host.contains('.')
        || [".local", ".internal", ".lan", ".home", ".localdomain"]
            .iter()
            .any(|end| host.ends_with(end))
}

/// True where a secret is where it belongs: the dotenv file or token store of a home. That it is tracked
/// by git is another rule's question.
#[must_use]
pub fn belongs(document: &Document) -> bool {
    // `host/secret-copy` speaks for an old copy once, instead of a finding for each secret in it.
    if document.standing == Standing::Copy && document.is_hermes() {
        return true;
    }
    match &document.kind {
        Kind::Env(_) => document.standing != Standing::Template,
        Kind::State(kind, _) => {
            document.standing == Standing::Live
                && !matches!(kind, StateFile::Gateway | StateFile::HookConsents)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_servers_are_known_by_their_host() {
        for url in [
            "http://localhost:11434/v1",
            "http://192.168.1.5:1234",
            "http://gateway:8080/v1",
            "http://[::1]:8080",
            "http://10.0.0.2",
            "http://ollama.local/v1",
            "127.0.0.1:1234",
        ] {
            assert!(is_local_url(url), "{url}");
        }
        for url in ["https://api.openai.com/v1", "https://8.8.8.8/", "https://${HOST}/v1", ""] {
            assert!(!is_local_url(url), "{url}");
        }
    }

    #[test]
    fn quotes_are_no_part_of_a_secret() {
        assert_eq!(unquoted(b"\"abc\"", Span::new(0, 5)), Span::new(1, 4));
        assert_eq!(unquoted(b"'a\"", Span::new(0, 3)), Span::new(0, 3));
        assert_eq!(unquoted(b"\"", Span::new(0, 1)), Span::new(0, 1));
    }
}
