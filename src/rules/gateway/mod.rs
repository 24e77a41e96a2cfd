//! Messaging platforms, webhook, API server and dashboard: who may come in, and from where.

pub mod allow_all;
pub mod api_server_exposed;
pub mod bots_bypass;
pub mod dashboard_exposed;
pub mod dashboard_plain_password;
pub mod no_allowlist;
pub mod open_allowlist;
pub mod sharp_variable;
pub mod tunnelled_port;
pub mod unread_allowlist_key;
pub mod unread_allowlist_variable;
pub mod webhook_exposed;
pub mod webhook_weak_secret;

use crate::deployment::Home;

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
