//! `mcp/broad-scope`: an OAuth grant is wider than what it is used for.

use std::collections::BTreeSet;

use crate::deployment::{Home, McpServer, Setting};
use crate::document::tree::{NodeId, Tree, Value};
use crate::document::{Kind, Place, StateFile};
use crate::facts::{Connectors, Range, Scope};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An OAuth grant is wider than what it is used for.
pub struct BroadScope;

/// Keys of a token file whose text is scopes; nothing else of it is read.
const KEYS: &[&str] = &["scope", "scopes", "granted_scopes"];
/// How many scopes one finding names.
const NAMED: usize = 3;

impl HomeRule for BroadScope {
    const META: RuleMeta = RuleMeta {
        id: "mcp/broad-scope",
        summary: "an OAuth grant is wider than what it is used for",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[250, 272],
        since: "0.1.0",
        page: page!("mcp/broad-scope"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let data = home.knowledge.facts().connectors();
        for server in home.mcp_servers() {
            let near = near(server);
            let who = format!("MCP server `{}`", server.name);
            for asked in asked(server) {
                let texts = texts(asked.tree(), asked.node);
                report(home, data, &who, &texts, &near, &asked.place(), findings);
            }
        }
        for variable in home.variables().iter().filter(|one| is_scopes(&one.name) && one.known) {
            let near = variable.name.to_lowercase();
            let who = format!("`{}`", variable.name);
            report(home, data, &who, &[&variable.value], &near, &variable.place, findings);
        }
        for document in home.inside() {
            let Kind::State(StateFile::Tokens | StateFile::Auth, structured) = &document.kind
            else {
                continue;
            };
            let name = document.text.path().file_name();
            // How the client registered, not what was granted.
            if name.ends_with(".client.json") {
                continue;
            }
            let tree = &structured.tree;
            structured.walk(|visit| {
                let Some(key) = visit.name.filter(|key| KEYS.contains(key)) else { return };
                // Of a list the list itself is looked at, once.
                if visit.path.ends_with(']') {
                    return;
                }
                let texts = texts(tree, visit.id);
                let place = Place::new(document, tree.span(visit.id), visit.path);
                let near = format!("{name} {}", visit.path).to_lowercase();
                let who = format!("the grant in `{name}` (`{key}`)");
                report(home, data, &who, &texts, &near, &place, findings);
            });
        }
    }
}

/// What says whose scopes a server's are.
fn near(server: &McpServer<'_>) -> String {
    let mut near = server.name.to_lowercase();
    for word in server.words() {
        near.push(' ');
        near.push_str(&word.to_lowercase());
    }
    near
}

/// The places where a server's scopes are written.
fn asked<'d>(server: &McpServer<'d>) -> Vec<Setting<'d>> {
    let mut found = Vec::new();
    for block in ["oauth", "auth"] {
        let block = server.setting.child(block);
        for key in ["scope", "scopes"] {
            found.extend(block.as_ref().and_then(|block| block.child(key)));
        }
    }
    found.extend(
        server.pairs("env").into_iter().filter(|(name, ..)| is_scopes(name)).map(|it| it.2),
    );
    found
}

fn is_scopes(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.ends_with("_SCOPE") || name.ends_with("_SCOPES")
}

fn texts(tree: &Tree, id: NodeId) -> Vec<&str> {
    match tree.value(id) {
        Value::Str(text) => vec![text],
        Value::Seq(items) => items.iter().filter_map(|&item| tree.str(item)).collect(),
        _ => Vec::new(),
    }
}

fn report(
    home: &Home<'_>,
    data: &Connectors,
    who: &str,
    texts: &[&str],
    near: &str,
    place: &Place<'_>,
    findings: &mut Findings,
) {
    let all = texts.iter().flat_map(|text| text.split([' ', ',', '\n', '\t']));
    let all = all.map(str::trim).filter(|scope| !scope.is_empty() && scope.len() < 200);
    let mut broad: Vec<&Scope> = Vec::new();
    let mut shown: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    for scope in all {
        if seen.insert(scope)
            && let Some((_, found)) = data.scope(scope, near)
        {
            broad.push(found);
            shown.push(scope);
        }
    }
    let Some(worst) = broad.iter().map(|scope| scope.severity).max() else { return };
    let mut said: Vec<String> = Vec::new();
    let mut instead: Vec<String> = Vec::new();
    for (scope, name) in broad.iter().zip(&shown).take(NAMED) {
        said.push(format!("`{name}` {}", scope.can));
        instead.push(format!("`{name}`: {}", scope.instead));
    }
    let rest = broad.len().saturating_sub(NAMED);
    let more = if rest == 0 { String::new() } else { format!(" ({rest} more)") };
    // Tokens stand on the same line as a rule: a token file's lines are not shown.
    let mut location = place.location();
    if matches!(place.document.kind, Kind::State(..)) {
        location.excerpt = None;
    }
    findings.add(
        BroadScope::META
            .at_location(location)
            .anchor(place.route.clone())
            .severity(in_force(home, worst.into()))
            .message(format!("{who} asks for more than most uses need: {}{more}", list(&said)))
            .label("broad grant")
            .help(format!("narrow the grant, then log in again: {}", instead.join("; "))),
    );
}
