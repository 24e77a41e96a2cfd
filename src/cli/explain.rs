//! `hermes-lint explain RULE`: the rule's documentation page.

use super::error::Failure;
use super::{CLEAN, Outcome, output};
use crate::rules::{RULES, find};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the rule, as reports show it (`config/denylist-missing`)
    rule: String,
}

/// Prints the page.
pub fn run(args: &Args) -> Outcome {
    let Some(rule) = find(&args.rule) else {
        let failure = Failure::new(format!("there is no rule `{}`", args.rule));
        return Err(match nearest(&args.rule) {
            Some(near) => {
                failure.help(format!("did you mean `{near}`? `hermes-lint rules` lists them all"))
            }
            None => failure.help("`hermes-lint rules` lists them all"),
        });
    };
    output::stdout(|out| out.write_all(rule.meta.page.as_bytes()))?;
    Ok(CLEAN)
}

/// The rule whose id is most like `wanted`, when one is at all.
fn nearest(wanted: &str) -> Option<&'static str> {
    RULES
        .iter()
        .map(|rule| (strsim::jaro_winkler(rule.meta.id, wanted), rule.meta.id))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, id)| id)
}
