//! `env/shared-secret`: one key opens two environments.
//!
//! Values are compared in memory and go nowhere: a finding names places only.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::deployment::Deployment;
use crate::document::{Document, Kind, Place, Standing};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};
use crate::span::Span;

/// Shorter values are words or codes that several places share by chance.
const SHORTEST: usize = 12;
/// Words in a file's name that tell environments apart.
const LABELS: &[(&str, &str)] = &[
    ("dev", "dev"),
    ("develop", "dev"),
    ("development", "dev"),
    ("prod", "prod"),
    ("production", "prod"),
    ("live", "prod"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("test", "test"),
    ("testing", "test"),
    ("qa", "test"),
    ("preview", "staging"),
    ("uat", "test"),
];

/// Environments that a value is used in, and where.
type Uses<'d> = Vec<(String, Place<'d>)>;

/// The same secret is used in two environments.
pub struct SharedSecret;

impl DeploymentRule for SharedSecret {
    const META: RuleMeta = RuleMeta {
        id: "env/shared-secret",
        summary: "two environments share a secret",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["separate-keys"],
        cwe: &[1392, 522],
        since: "0.1.0",
        page: page!("env/shared-secret"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let homes: BTreeSet<&str> =
            deployment.homes.iter().map(|home| home.folder.as_str()).collect();
        let mut seen_texts: HashSet<(Option<&str>, &[u8])> = HashSet::new();
        // By archive as well: what is packed up is a copy of an environment, not another one.
        let mut uses: HashMap<(Option<&str>, &[u8]), Uses<'_>> = HashMap::new();
        for document in deployment.documents {
            if !speaks(document, &homes, deployment) {
                continue;
            }
            let environment = environment(document);
            let bytes = document.text.bytes();
            let archive = document.text.path().archive();
            // The same file at a second place is a copy, not a second environment.
            if !seen_texts.insert((archive, bytes)) {
                continue;
            }
            for &span in document.text.secrets() {
                let value = span.of(bytes);
                if value.len() >= SHORTEST && !value.iter().all(u8::is_ascii_alphabetic) {
                    let place = Place::new(document, span, "");
                    uses.entry((archive, value)).or_default().push((environment.clone(), place));
                }
            }
        }
        let mut shared: Vec<Uses<'_>> = uses.into_values().filter(|uses| several(uses)).collect();
        shared.sort_by_key(|uses| {
            uses.first().map(|(_, place)| (place.document.text.path().display.clone(), place.span))
        });
        let mut names: HashMap<*const Document, Names> = HashMap::new();
        for mut uses in shared {
            let Some((_, first)) = uses.first_mut() else { continue };
            let known = names
                .entry(std::ptr::from_ref(first.document))
                .or_insert_with(|| Names::of(first.document));
            first.route = first.span.map(|span| known.at(span)).unwrap_or_default();
            let [(_, first), rest @ ..] = uses.as_slice() else { continue };
            let name = if first.route.is_empty() {
                "a secret".to_owned()
            } else {
                format!("`{}`", first.route)
            };
            let environments: BTreeSet<&str> = uses.iter().map(|(name, _)| name.as_str()).collect();
            let mut draft = Self::META
                .at(first)
                .message(format!(
                    "{name} has the same value in {} environments: a leak in one opens the others",
                    environments.len()
                ))
                .label("used elsewhere, too")
                .help("make a key of its own for each environment at the provider, and put it into that environment's .env");
            for (_, place) in rest.iter().take(5) {
                draft = draft.related(place, "the same value");
            }
            findings.add(draft);
        }
    }
}

fn several(uses: &[(String, Place<'_>)]) -> bool {
    uses.iter().any(|(name, _)| uses.first().is_some_and(|(first, _)| name != first))
}

/// True for a file in force that gives a home its secrets.
fn speaks(document: &Document, homes: &BTreeSet<&str>, deployment: &Deployment<'_>) -> bool {
    let folder = document.text.path().folder();
    let in_force = matches!(document.standing, Standing::Live | Standing::Named);
    let hermes = match &document.kind {
        Kind::Env(env) => {
            homes.contains(folder)
                || env
                    .entries
                    .iter()
                    .any(|entry| deployment.knowledge.is_hermes_variable(&entry.key))
        }
        Kind::Config(_) | Kind::State(..) => true,
        _ => false,
    };
    in_force && hermes && !document.text.secrets().is_empty()
}

/// What a file belongs to: its home's folder, and the environment its name speaks of.
fn environment(document: &Document) -> String {
    let path = document.text.path();
    let name = path.file_name().to_ascii_lowercase();
    let label = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find_map(|part| LABELS.iter().find(|(word, _)| *word == part))
        .map_or("", |(_, label)| label);
    let mut folder = path.folder();
    for below in ["/auth", "/mcp-tokens", "/cache"] {
        folder = folder.strip_suffix(below).unwrap_or(folder);
    }
    format!("{folder}#{label}")
}

/// The variables or keys of one file with where their values stand, in the order of the file.
struct Names(Vec<(Span, String)>);

impl Names {
    fn of(document: &Document) -> Self {
        let mut all = Vec::new();
        if let Kind::Env(env) = &document.kind {
            all.extend(env.entries.iter().map(|entry| (entry.raw_span, entry.key.clone())));
        } else if let Some(structured) = document.structured() {
            structured.walk(|visit| {
                let tree = &structured.tree;
                if tree.entries(visit.id).is_empty() && tree.items(visit.id).is_empty() {
                    all.push((tree.span(visit.id), visit.path.to_owned()));
                }
            });
        }
        all.sort_by_key(|(span, _)| *span);
        Self(all)
    }

    /// The variable or key that the secret at `span` stands under; empty when there is none.
    fn at(&self, span: Span) -> String {
        let from = self.0.partition_point(|(value, _)| value.end <= span.start);
        self.0
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|(value, _)| value.start < span.end)
            .find(|(value, _)| value.overlaps(span))
            .map(|(_, name)| name.clone())
            .unwrap_or_default()
    }
}
