//! What bytes are: config, dotenv, skill, jobs, unit, compose file or plain text, parsed once.
//!
//! Recognition goes by place and content (see [`recognise`]). A document that can't be parsed is still
//! a document of its kind, with the error kept for a rule to report, because Hermes then runs on its
//! defaults and the operator should know. Every key and value carries its span.

mod change;
pub mod dockerfile;
pub mod dotenv;
mod embedded;
pub mod forward;
pub mod json;
pub mod manifest;
pub mod nix;
mod place;
mod recognise;
pub mod shell_words;
pub mod skill;
pub mod template;
pub mod text;
pub mod tree;
pub mod unit;
pub mod yaml;

pub use place::Place;
pub use recognise::{may_recognise, recognise};

use std::fmt::Write;

use crate::source::Origin;
use crate::span::Span;
use text::Text;
use tree::{NodeId, Tree};

/// A file with its meaning.
#[derive(Debug)]
pub struct Document {
    /// Path, bytes and masks.
    pub text: Text,
    /// Why it was read.
    pub origin: Origin,
    /// What it is.
    pub kind: Kind,
    /// Whether it is in force.
    pub standing: Standing,
    /// Kubernetes objects in it, beside what it is: a ConfigMap with a config stands with what mounts it.
    pub manifests: Option<Box<manifest::Manifests>>,
}

/// Whether a program reads the file as it is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Under the name that its program reads.
    Live,
    /// Under another name, but of a kind that some tool deploys (`hermes.yaml`, `config-local.yaml`).
    Named,
    /// To be filled in first (`config.yaml.example`, `.env.template`, `config.yaml.j2`).
    Template,
    /// An old state (`config.yaml.bak`, `state-snapshots/…/config.yaml`).
    Copy,
}

/// What a document is.
#[derive(Debug)]
pub enum Kind {
    /// A Hermes `config.yaml`.
    Config(Structured),
    /// A dotenv file.
    Env(dotenv::Dotenv),
    /// A skill's `SKILL.md`.
    Skill(skill::Skill),
    /// A file beside a `SKILL.md`, or below.
    SkillFile,
    /// `cron/jobs.json`.
    Jobs(Structured),
    /// One of Hermes's own JSON files in its home.
    State(StateFile, Structured),
    /// A systemd unit, timer or drop-in.
    Unit(unit::Unit),
    /// A compose file.
    Compose(Structured),
    /// A Dockerfile.
    Dockerfile(dockerfile::Dockerfile),
    /// A Nix file that speaks of Hermes, by the attributes it sets.
    Nix(Vec<nix::Attribute>),
    /// The configuration of a proxy or a tunnel that leads to one of Hermes's ports.
    Proxy(Vec<forward::Forward>),
    /// Kubernetes objects that speak of Hermes, and hold no config of its own.
    Manifest,
    /// Text that goes into a prompt: SOUL.md, memory, instruction files.
    Prompt,
    /// A file that says something about the project's hygiene (hooks, updates, log forwarding).
    Evidence(EvidenceFile),
    /// Any other YAML or JSON file that parses.
    Data(Structured),
    /// Anything else.
    Text,
}

/// Hermes's JSON files with credentials or authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateFile {
    /// `auth.json`
    Auth,
    /// `gateway.json`
    Gateway,
    /// `webhook_subscriptions.json`
    Webhooks,
    /// `shell-hooks-allowlist.json`
    HookConsents,
    /// Tokens of one service.
    Tokens,
}

/// What a hygiene file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceFile {
    /// `.pre-commit-config.yaml`, lefthook, husky, a CI workflow: what runs before code lands.
    Checks,
    /// Renovate, Dependabot, watchtower: what updates versions.
    Updates,
    /// rsyslog, vector, fluent-bit, promtail, filebeat, an OpenTelemetry collector.
    Forwarder,
    /// Alert rules.
    Alerts,
    /// Prose about rotation, review or runbooks.
    Procedure,
    /// A crontab.
    Crontab,
    /// Rules of logrotate.
    Rotation,
    /// The records of reviews of an audit log.
    Reviews,
}

/// A parsed tree, or why there is none.
#[derive(Debug, Default)]
pub struct Structured {
    /// The tree; empty when the text can't be parsed.
    pub tree: Tree,
    /// Why the text can't be parsed.
    pub error: Option<ParseError>,
    /// Parts that a template engine still has to fill; a value that overlaps one is not known.
    pub holes: Vec<Span>,
}

/// Why a structured file has no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong, as a lower-case phrase; never quotes the file.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What it belongs to, and where that began.
    pub context: Option<(String, Span)>,
}

/// True when `span` overlaps one of `holes`, which are in order; none overlaps another, and a template may be made of
/// them.
fn meets_hole(holes: &[Span], span: Span) -> bool {
    let first = holes.partition_point(|hole| hole.end <= span.start);
    holes.get(first).is_some_and(|hole| hole.overlaps(span))
}

impl Structured {
    /// True when `node` is text that a template engine still has to produce.
    #[must_use]
    pub fn is_hole(&self, node: NodeId) -> bool {
        meets_hole(&self.holes, self.tree.span(node))
    }

    /// Visits every node below the root once, with its dotted path and the key it stands under; nodes
    /// reached a second time through an alias are left out, so that an alias bomb costs its text only.
    pub fn walk(&self, mut visit: impl FnMut(&Visit<'_>)) {
        let Some(root) = self.tree.root else { return };
        let mut seen = vec![false; self.tree.nodes.len()];
        // One path for the whole walk, cut back to the parent's: there may be tens of thousands of nodes.
        let mut path = String::new();
        let mut open = vec![Step { id: root, parent: 0, last: Last::Root, key: None, block: None }];
        while let Some(Step { id, parent, last, key, block }) = open.pop() {
            match seen.get_mut(id.0 as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            path.truncate(parent);
            let name = key.and_then(|key| self.tree.str(key));
            match last {
                Last::Root => {}
                Last::Key => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name.unwrap_or("?"));
                }
                Last::Item(number) => {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "[{number}]");
                }
            }
            visit(&Visit { id, path: &path, key, name, block });
            let (parent, first) = (path.len(), open.len());
            for entry in self.tree.entries(id) {
                let (key, block) = (Some(entry.key), Some(id));
                open.push(Step { id: entry.value, parent, last: Last::Key, key, block });
            }
            for (number, &item) in self.tree.items(id).iter().enumerate() {
                // An item stands under its list's key: `keys: [sk-…]` names its items.
                open.push(Step { id: item, parent, last: Last::Item(number), key, block });
            }
            if let Some(below) = open.get_mut(first..) {
                below.reverse();
            }
        }
    }
}

/// What [`Structured::walk`] has still to visit.
struct Step {
    id: NodeId,
    /// How much of the path, in bytes, leads to what holds it.
    parent: usize,
    last: Last,
    key: Option<NodeId>,
    block: Option<NodeId>,
}

/// The last step of a path.
enum Last {
    Root,
    Key,
    Item(usize),
}

/// One step of [`Structured::walk`].
#[derive(Clone, Copy, Debug)]
pub struct Visit<'t> {
    /// The node.
    pub id: NodeId,
    /// Dotted path from the root, `[n]` for items; empty for the root.
    pub path: &'t str,
    /// The nearest key above.
    pub key: Option<NodeId>,
    /// That key's text, when it is a string.
    pub name: Option<&'t str>,
    /// The mapping that holds that key.
    pub block: Option<NodeId>,
}

impl Document {
    /// The tree of a structured document.
    #[must_use]
    pub fn structured(&self) -> Option<&Structured> {
        match &self.kind {
            Kind::Config(tree)
            | Kind::Jobs(tree)
            | Kind::State(_, tree)
            | Kind::Compose(tree)
            | Kind::Data(tree) => Some(tree),
            _ => None,
        }
    }

    /// True for a file that Hermes itself reads, or is started by.
    #[must_use]
    pub fn is_hermes(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Text
                | Kind::Data(_)
                | Kind::Evidence(_)
                | Kind::Nix(_)
                | Kind::Proxy(_)
                | Kind::Manifest
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_value_that_meets_a_hole_is_one(source in "(k[0-9]: ([a-z]{1,4}|\\{\\{ x \\}\\}|a\\{\\{ x \\}\\}b)\n){1,6}") {
            let blanked = template::blank(source.as_bytes());
            let holes = blanked.as_ref().map(|blanked| blanked.holes.clone()).unwrap_or_default();
            let bytes = blanked.map_or(source.clone().into_bytes(), |blanked| blanked.bytes);
            let tree = yaml::parse(&bytes).unwrap();
            let structured = Structured { tree, error: None, holes: holes.clone() };
            for (number, node) in structured.tree.nodes.iter().enumerate() {
                let met = holes.iter().any(|hole| hole.overlaps(node.span));
                let id = NodeId(u32::try_from(number).unwrap());
                proptest::prop_assert_eq!(structured.is_hole(id), met);
            }
        }
    }
}
