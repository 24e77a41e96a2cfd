//! What the webhook checks signatures with.

use super::home::Home;
use super::setting::Setting;
use crate::document::tree::{NodeId, Value};
use crate::document::{Kind, Place, StateFile, Structured};
use crate::facts::{Holds, Range, Release};

/// The secret that switches signatures off.
pub const UNSIGNED: &str = "INSECURE_NO_AUTH";
/// A secret of blanks is taken for one; later releases refuse it.
pub const BLANKS_TAKEN: Range = Range::before(Release::new(0, 22, 2));

impl<'d> Home<'d> {
    /// Every literal secret that the webhook platform checks signatures with.
    #[must_use]
    pub fn webhook_secrets(&self) -> Vec<WebhookSecret<'d>> {
        secrets(self)
    }

    /// True for a secret with which everybody may deliver, in each release in question.
    #[must_use]
    pub fn is_no_secret(&self, secret: &WebhookSecret<'_>) -> bool {
        secret.text == UNSIGNED
            || (secret.text.is_empty() && self.holds(&BLANKS_TAKEN) == Holds::Always)
    }

    /// The literal word that notifications of Microsoft Graph are told from others by.
    #[must_use]
    pub fn graph_secret(&self) -> Option<WebhookSecret<'d>> {
        let of = "the Microsoft Graph webhook".to_owned();
        if let Some(set) = self.variable("MSGRAPH_WEBHOOK_CLIENT_STATE") {
            let (text, place) = (set.winner.value.trim().to_owned(), set.winner.place.clone());
            return set.winner.known.then_some(WebhookSecret { of, text, place });
        }
        let setting = self.platform_key("msgraph_webhook", "client_state")?;
        let text = setting.str()?.trim().to_owned();
        let known = !setting.is_hole() && !text.contains("${") && !text.is_empty();
        known.then(|| WebhookSecret { of, text, place: setting.place() })
    }
}

/// A secret of the webhook platform or of one of its routes. Its text is never for a message.
pub struct WebhookSecret<'d> {
    /// `the webhook` or ``route `orders` ``.
    pub of: String,
    /// What signatures are made with; empty for one of blanks.
    pub text: String,
    /// Where it stands.
    pub place: Place<'d>,
}

fn secrets<'d>(home: &Home<'d>) -> Vec<WebhookSecret<'d>> {
    let mut all = Vec::new();
    let variable = home.assignment("WEBHOOK_SECRET").map(|effective| effective.winner);
    let variable = variable.filter(|variable| !variable.value.is_empty() || !variable.known);
    if let Some(variable) = variable.filter(|variable| variable.known) {
        all.push(WebhookSecret {
            of: "the webhook".to_owned(),
            text: variable.value.trim().to_owned(),
            place: variable.place.clone(),
        });
    }
    let literal = |setting: &Setting<'d>, of: String| {
        let text = setting.str().filter(|text| !text.is_empty())?;
        let known = !setting.is_hole() && !text.contains("${");
        known.then(|| WebhookSecret { of, text: text.trim().to_owned(), place: setting.place() })
    };
    if variable.is_none()
        && let Some(setting) = home.platform_key("webhook", "secret")
    {
        all.extend(literal(&setting, "the webhook".to_owned()));
    }
    if let Some(routes) = home.platform_key("webhook", "routes") {
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
        Value::Str(text) if !text.contains("${") && !text.is_empty() => {
            Some(text.trim().to_owned())
        }
        _ => None,
    }
}
