//! Messaging platforms, webhook, API server and dashboard: who may come in, and from where.

pub mod allow_all;
pub mod api_server_exposed;
pub mod bots_bypass;
pub mod dashboard_exposed;
pub mod dashboard_plain_password;
pub mod no_allowlist;
pub mod open_allowlist;
pub mod sharp_variable;
pub mod unread_allowlist_key;
pub mod unread_allowlist_variable;
pub mod webhook_exposed;
pub mod webhook_weak_secret;

use crate::deployment::Home;
use crate::document::tree::{NodeId, Value};
use crate::document::{Kind, Place, StateFile, Structured};

use super::posture;

/// True when a switch that counts opens every platform to everybody.
fn everybody_may_come(home: &Home<'_>) -> bool {
    let everywhere = &home.knowledge.facts().platforms().everywhere;
    is_true(home, &everywhere.allow_all)
}

/// True when the variable is set to a word that allow-all switches take.
fn is_true(home: &Home<'_>, name: &str) -> bool {
    home.variable(name)
        .is_some_and(|effective| effective.winner.known && effective.winner.is_true())
}

/// A secret of the webhook platform or of one of its routes. Its text is never for a message.
struct WebhookSecret<'d> {
    /// `the webhook` or ``route `orders` ``.
    of: String,
    text: String,
    place: Place<'d>,
}

/// Every literal secret that the webhook platform checks signatures with.
fn webhook_secrets<'d>(home: &Home<'d>) -> Vec<WebhookSecret<'d>> {
    let mut all = Vec::new();
    let variable = home.variable("WEBHOOK_SECRET").map(|effective| effective.winner);
    if let Some(variable) = variable.filter(|variable| variable.known) {
        all.push(WebhookSecret {
            of: "the webhook".to_owned(),
            text: variable.value.trim().to_owned(),
            place: variable.place.clone(),
        });
    }
    let literal = |setting: &crate::deployment::Setting<'d>, of: String| {
        let text = setting.str()?.trim().to_owned();
        let known = !setting.is_hole() && !text.contains("${") && !text.is_empty();
        known.then(|| WebhookSecret { of, text, place: setting.place() })
    };
    if variable.is_none()
        && let Some(setting) = posture::platform_key(home, "webhook", "secret")
    {
        all.extend(literal(&setting, "the webhook".to_owned()));
    }
    if let Some(routes) = posture::platform_key(home, "webhook", "routes") {
        for (name, route) in routes.children() {
            if let Some(secret) = route.child("secret") {
                all.extend(literal(&secret, format!("route `{name}`")));
            }
        }
    }
    for document in home.inside() {
        if let Kind::State(StateFile::Webhooks, structured) = &document.kind {
            structured.walk(|visit| {
                if visit.name == Some("secret")
                    && let Some(text) = secret_text(structured, visit.id)
                {
                    let route = visit.path.strip_suffix(".secret").unwrap_or(visit.path);
                    let name = route.rsplit('.').next().unwrap_or(route);
                    all.push(WebhookSecret {
                        of: format!("route `{name}`"),
                        text,
                        place: Place::new(document, structured.tree.span(visit.id), visit.path),
                    });
                }
            });
        }
    }
    all
}

fn secret_text(structured: &Structured, id: NodeId) -> Option<String> {
    match structured.tree.value(id) {
        Value::Str(text) if !text.contains("${") && !text.trim().is_empty() => {
            Some(text.trim().to_owned())
        }
        _ => None,
    }
}
