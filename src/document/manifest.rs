//! Kubernetes objects: workloads and the services that lead to them, one tree an object.
//!
//! Charts are templates: what an expression yields, and what stands in a part that may be left out, is not known.
//! A part with whole objects decides whether they exist at all; those are read as if they did. A file that is not
//! YAML once its tags are blanked is given up on.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::tree::{NodeId, Tree};
use super::{Standing, meets_hole, template, yaml};
use crate::span::Span;

/// Objects that start containers, with the path of the pod in them.
const WORKLOADS: &[(&str, &str)] = &[
    ("Pod", ""),
    ("Deployment", "spec.template"),
    ("StatefulSet", "spec.template"),
    ("DaemonSet", "spec.template"),
    ("ReplicaSet", "spec.template"),
    ("Job", "spec.template"),
    ("CronJob", "spec.jobTemplate.spec.template"),
];

/// How many objects of a file are looked at: an alias makes a list of any length for nothing.
const OBJECTS: usize = 256;

/// The objects of a file.
#[derive(Debug)]
pub struct Manifests {
    /// Trees with a workload, a service, or a list of such.
    pub trees: Vec<Tree>,
    /// Whether they are in force once they are applied; a config in the same file never is by itself.
    pub standing: Standing,
    /// What is not known, in order.
    holes: Vec<Span>,
}

/// One object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'m> {
    /// The file's objects.
    pub manifests: &'m Manifests,
    /// The tree it is in.
    pub tree: &'m Tree,
    /// The object.
    pub id: NodeId,
    /// `kind:`
    pub kind: &'m str,
}

impl Manifests {
    /// True when what stands at `span` is up to a template engine.
    #[must_use]
    pub fn is_hole(&self, span: Span) -> bool {
        meets_hole(&self.holes, span)
    }

    /// The workloads and services, those in lists among them.
    #[must_use]
    pub fn objects(&self) -> Vec<Object<'_>> {
        let mut all = Vec::new();
        for tree in &self.trees {
            let Some(root) = tree.root else { continue };
            let items = match kind(tree, root) {
                Some("List") => tree.get(root, "items").map(|items| tree.items(items)),
                _ => None,
            };
            for &id in items.unwrap_or(&[root]) {
                if all.len() == OBJECTS {
                    return all;
                }
                let Some(kind) = kind(tree, id).filter(|kind| is_wanted(kind)) else { continue };
                all.push(Object { manifests: self, tree, id, kind });
            }
        }
        all
    }
}

impl Object<'_> {
    /// The pod of a workload, with the path that leads to it; `None` for a service.
    #[must_use]
    pub fn pod(&self) -> Option<(NodeId, &'static str)> {
        let (_, path) = WORKLOADS.iter().find(|(kind, _)| *kind == self.kind)?;
        let steps = path.split('.').filter(|step| !step.is_empty());
        let mut at = self.id;
        for step in steps {
            at = self.tree.get(at, step)?;
        }
        Some((at, path))
    }
}

fn kind(tree: &Tree, id: NodeId) -> Option<&str> {
    tree.get(id, "apiVersion")?;
    tree.str(tree.get(id, "kind")?)
}

fn is_wanted(kind: &str) -> bool {
    kind == "Service" || WORKLOADS.iter().any(|(workload, _)| *workload == kind)
}

/// The objects of `bytes`; `None` for a file without a workload or service.
pub(super) fn find(bytes: &[u8], standing: Standing) -> Option<Manifests> {
    memchr::memmem::find(bytes, b"apiVersion:")?;
    memchr::memmem::find(bytes, b"kind:")?;
    let blanked = template::blank(bytes);
    let text = blanked.as_ref().map_or(bytes, |blanked| blanked.bytes.as_slice());
    let mut trees = yaml::parse_all(text).ok()?;
    trees.retain(|tree| {
        tree.root
            .and_then(|root| kind(tree, root))
            .is_some_and(|kind| kind == "List" || is_wanted(kind))
    });
    if trees.is_empty() {
        return None;
    }
    let least = if blanked.is_some() { Standing::Template } else { Standing::Live };
    let holes = blanked.map_or_else(Vec::new, |blanked| {
        let objects: Vec<usize> = memchr::memmem::find_iter(bytes, b"apiVersion:").collect();
        let mut holes = blanked.holes;
        holes.extend(template::optional(bytes).into_iter().filter(|part| {
            let next = objects.partition_point(|&at| at < part.start);
            objects.get(next).is_none_or(|&at| at >= part.end)
        }));
        merged(holes)
    });
    Some(Manifests { trees, standing: standing.max(least), holes })
}

/// `spans` in order, those that overlap made one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut all: Vec<Span> = Vec::new();
    for span in spans {
        match all.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => all.push(span),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n";

    #[test]
    fn workloads_and_services_are_found_in_every_document() {
        let source = "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {}}}\n---\n\
                      apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service}\n- {apiVersion: v1, kind: Secret}\n";
        let found = find(source.as_bytes(), Standing::Live).unwrap();
        let objects = found.objects();
        let kinds: Vec<(&str, bool)> =
            objects.iter().map(|object| (object.kind, object.pod().is_some())).collect();
        assert_eq!(kinds, [("Deployment", true), ("Service", false)]);
        assert!(find(b"apiVersion: v1\nkind: ConfigMap\n", Standing::Live).is_none());
        assert!(
            find(b"kind: Pod\n", Standing::Live).is_none()
                && find(b"apiVersion: v1\nkind: Pod\n  a: [", Standing::Live).is_none()
        );
    }

    #[test]
    fn what_a_template_may_leave_out_is_not_known() {
        let unknown = |source: &str, what: &str| {
            let at = source.find(what).unwrap();
            find(source.as_bytes(), Standing::Live).unwrap().is_hole(Span::new(at, at + what.len()))
        };
        let inner = format!("{POD}{{{{- if .x }}}}\n  hostPID: true\n{{{{- end }}}}\n  a: b\n");
        assert!(unknown(&inner, "true") && !unknown(&inner, "b\n"));
        let whole = format!("{{{{ if .x }}}}\n{inner}{{{{ end }}}}\n");
        assert!(unknown(&whole, "true") && !unknown(&whole, "b\n"));
        let filled = format!("{POD}  hostPID: {{{{ .x }}}}\n  a: \"{{{{ .y }}}}\"\n");
        assert!(unknown(&filled, "{{ .x }}") && unknown(&filled, "{{ .y }}"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(tail in "(  )?[a-c:|\\- \\n{}%>]{0,60}") {
            if let Some(found) = find(format!("{POD}{tail}").as_bytes(), Standing::Live) {
                for object in found.objects() {
                    let _ = object.pod();
                }
            }
        }
    }
}
