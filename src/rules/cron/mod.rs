//! `cron/`: scheduled jobs.

pub mod all_tools;
pub mod delivers_widely;
pub mod endless;
pub mod publishes_home;
pub mod remote_base_url;
pub mod script_outside;

use crate::deployment::Home;
use crate::document::tree::{NodeId, Tree, Value};
use crate::document::{Document, Kind, Place};

/// The jobs, in either of the two forms of the file.
fn jobs(tree: &Tree) -> &[NodeId] {
    match tree.at("jobs") {
        Some(list) => tree.items(list),
        None => tree.root.map_or(&[][..], |root| tree.items(root)),
    }
}

/// How much of a job's name is shown, in characters.
const LONGEST: usize = 60;

/// One job that is on.
struct Job<'d> {
    document: &'d Document,
    tree: &'d Tree,
    node: NodeId,
    number: usize,
}

impl<'d> Job<'d> {
    /// The value under `key`, unless it is `null`.
    fn get(&self, key: &str) -> Option<NodeId> {
        let id = self.tree.get(self.node, key)?;
        (!matches!(self.tree.value(id), Value::Null)).then_some(id)
    }

    /// The text under `key`.
    fn str(&self, key: &str) -> Option<&'d str> {
        self.tree.str(self.get(key)?).map(str::trim).filter(|text| !text.is_empty())
    }

    fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|id| *self.tree.value(id) == Value::Bool(true))
    }

    /// How people call it.
    fn name(&self) -> &'d str {
        let name = self.str("name").or_else(|| self.str("id")).unwrap_or("without a name");
        // It goes into a message, and anybody may have written it.
        let end = name.char_indices().nth(LONGEST).map_or(name.len(), |(at, _)| at);
        name.get(..end).unwrap_or(name)
    }

    /// The place of `node`, known as `key` of this job.
    fn place(&self, node: NodeId, key: &str) -> Place<'d> {
        Place::new(self.document, self.tree.span(node), format!("jobs[{}].{key}", self.number))
    }

    /// Where it says who it is: a job is a page of text, and its name is enough.
    fn head(&self, key: &str) -> Place<'d> {
        let head = self.get("name").or_else(|| self.get("id")).unwrap_or(self.node);
        self.place(head, key)
    }

    /// The names of `enabled_toolsets`; `None` where that is left to the platform.
    fn toolsets(&self) -> Option<Vec<&'d str>> {
        let list = self.get("enabled_toolsets")?;
        matches!(self.tree.value(list), Value::Seq(_))
            .then(|| self.tree.items(list).iter().filter_map(|&item| self.tree.str(item)).collect())
    }
}

/// The jobs of a file that are on.
fn active(document: &Document) -> Vec<Job<'_>> {
    let Kind::Jobs(structured) = &document.kind else { return Vec::new() };
    let tree = &structured.tree;
    jobs(tree)
        .iter()
        .enumerate()
        .map(|(number, &node)| Job { document, tree, node, number })
        .filter(|job| {
            let off = job.get("enabled").is_some_and(|id| *tree.value(id) == Value::Bool(false));
            !off && !matches!(job.str("state"), Some("paused" | "completed"))
        })
        .collect()
}

/// The jobs of a home that are on.
fn of_home<'d>(home: &Home<'d>) -> Vec<Job<'d>> {
    home.inside().iter().flat_map(|document| active(document)).collect()
}
