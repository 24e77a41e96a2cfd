//! What bytes are: config, dotenv, skill, jobs, unit, compose file or plain text, parsed once.
//!
//! Recognition goes by place and content (see [`recognise`]). A document that can't be parsed is still
//! a document of its kind, with the error kept for a rule to report, because Hermes then runs on its
//! defaults and the operator should know. Every key and value carries its span.

pub mod dockerfile;
pub mod dotenv;
mod embedded;
pub mod json;
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

impl Structured {
    /// True when `node` is text that a template engine still has to produce.
    #[must_use]
    pub fn is_hole(&self, node: NodeId) -> bool {
        let span = self.tree.span(node);
        self.holes.iter().any(|hole| hole.overlaps(span))
    }

    /// Visits every node below the root once, with its dotted path and the key it stands under; nodes
    /// reached a second time through an alias are left out, so that an alias bomb costs its text only.
    pub fn walk(&self, mut visit: impl FnMut(&Visit<'_>)) {
        let Some(root) = self.tree.root else { return };
        let mut seen = vec![false; self.tree.nodes.len()];
        let mut open = vec![(root, String::new(), None, None, None)];
        while let Some((id, path, key, name, block)) = open.pop() {
            match seen.get_mut(id.0 as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            visit(&Visit { id, path: &path, key, name, block });
            let mut children = Vec::new();
            for entry in self.tree.entries(id) {
                let name = self.tree.str(entry.key);
                let step = name.unwrap_or("?");
                let below =
                    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
                children.push((entry.value, below, Some(entry.key), name, Some(id)));
            }
            for (number, &item) in self.tree.items(id).iter().enumerate() {
                // An item stands under its list's key: `keys: [sk-…]` names its items.
                children.push((item, format!("{path}[{number}]"), key, name, block));
            }
            open.extend(children.into_iter().rev());
        }
    }
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
        !matches!(self.kind, Kind::Text | Kind::Data(_) | Kind::Evidence(_))
    }
}
