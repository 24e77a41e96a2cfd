//! Scheduled jobs: which are on, and what each says of itself.
//!
//! A job is read loosely, field by field: anybody may have written the file, and what can't be read is what the
//! job does not say.

use super::home::Home;
use crate::document::tree::{NodeId, Tree, Value};
use crate::document::{Document, Kind, Place};

/// All jobs of a file, in either of its two forms.
#[must_use]
pub fn all_jobs(tree: &Tree) -> &[NodeId] {
    match tree.at("jobs") {
        Some(list) => tree.items(list),
        None => tree.root.map_or(&[][..], |root| tree.items(root)),
    }
}

/// How much of a job's name is shown, in characters.
const LONGEST: usize = 60;

/// One job that is on.
#[derive(Clone, Copy, Debug)]
pub struct Job<'d> {
    /// The file it stands in.
    pub document: &'d Document,
    /// The file's tree.
    pub tree: &'d Tree,
    node: NodeId,
    number: usize,
}

impl<'d> Job<'d> {
    /// The value under `key`, unless it is `null`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<NodeId> {
        let id = self.tree.get(self.node, key)?;
        (!matches!(self.tree.value(id), Value::Null)).then_some(id)
    }

    /// The text under `key`.
    #[must_use]
    pub fn str(&self, key: &str) -> Option<&'d str> {
        self.tree.str(self.get(key)?).map(str::trim).filter(|text| !text.is_empty())
    }

    /// True when `key` is `true`.
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|id| *self.tree.value(id) == Value::Bool(true))
    }

    /// How people call it.
    #[must_use]
    pub fn name(&self) -> &'d str {
        let name = self.str("name").or_else(|| self.str("id")).unwrap_or("without a name");
        // It goes into a message, and anybody may have written it.
        let end = name.char_indices().nth(LONGEST).map_or(name.len(), |(at, _)| at);
        name.get(..end).unwrap_or(name)
    }

    /// The place of `node`, known as `key` of this job.
    #[must_use]
    pub fn place(&self, node: NodeId, key: &str) -> Place<'d> {
        Place::new(self.document, self.tree.span(node), format!("jobs[{}].{key}", self.number))
    }

    /// Where it says who it is: a job is a page of text, and its name is enough.
    #[must_use]
    pub fn head(&self, key: &str) -> Place<'d> {
        let head = self.get("name").or_else(|| self.get("id")).unwrap_or(self.node);
        self.place(head, key)
    }

    /// The names of `enabled_toolsets`; `None` where that is left to the platform.
    #[must_use]
    pub fn toolsets(&self) -> Option<Vec<&'d str>> {
        let list = self.get("enabled_toolsets")?;
        matches!(self.tree.value(list), Value::Seq(_))
            .then(|| self.tree.items(list).iter().filter_map(|&item| self.tree.str(item)).collect())
    }
}

/// The jobs of a file that are on.
#[must_use]
pub fn active_jobs(document: &Document) -> Vec<Job<'_>> {
    let Kind::Jobs(structured) = &document.kind else { return Vec::new() };
    let tree = &structured.tree;
    all_jobs(tree)
        .iter()
        .enumerate()
        .map(|(number, &node)| Job { document, tree, node, number })
        .filter(|job| {
            let off = job.get("enabled").is_some_and(|id| *tree.value(id) == Value::Bool(false));
            !off && !matches!(job.str("state"), Some("paused" | "completed"))
        })
        .collect()
}

impl<'d> Home<'d> {
    /// The jobs that are on.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job<'d>> {
        self.inside().iter().flat_map(|document| active_jobs(document)).collect()
    }
}
