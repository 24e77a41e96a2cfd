//! The table of all rules, in the order of `hermes-lint rules`.

use super::{Rule, secret};

/// Every rule. Adding one is adding its four files and a line here.
pub static RULES: &[Rule] = &[
    Rule::file::<secret::known_token::KnownToken>(),
    Rule::file::<secret::named_literal::NamedLiteral>(),
];

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.meta.id == id)
}
