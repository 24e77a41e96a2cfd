//! `hermes-lint explain RULE`: the rule's documentation page, or what `audit verify` and `audit review` mean.

use super::error::Failure;
use super::{CLEAN, Outcome, args, output};
use crate::audit::finding::Code;
use crate::audit::meaning;
use crate::audit::review::{Rule as Reviewed, Weight};
use crate::near;
use crate::rules::{RULES, find};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the rule, as reports show it (`config/denylist-missing`)
    #[arg(value_parser = args::Names(|| ids().collect()), hide_possible_values = true)]
    rule: String,
}

/// Prints the page.
pub fn run(args: &Args) -> Outcome {
    let Some(rule) = find(&args.rule) else {
        let verified = Code::ALL.iter().find(|code| code.id() == args.rule);
        let reviewed = Reviewed::ALL.iter().find(|rule| rule.id() == args.rule);
        let kind = match (verified, reviewed) {
            (Some(code), _) => {
                let severity = code.severity().with_article();
                Some(format!("A finding of `hermes-lint audit verify`, by default {severity}."))
            }
            (None, Some(rule)) => Some(match rule.weight() {
                Weight::Note => "A note of `hermes-lint audit review`.".to_owned(),
                _ => "An anomaly that `hermes-lint audit review` looks for.".to_owned(),
            }),
            (None, None) => None,
        };
        if let (Some(kind), Some(meaning)) = (kind, meaning::meaning(&args.rule)) {
            output::stdout(|out| {
                writeln!(out, "# {}\n\n{kind}\n", args.rule)?;
                writeln!(out, "**What it means.** {}.\n", meaning.means)?;
                writeln!(out, "**What to do.** {}.", meaning.r#do)
            })?;
            return Ok(CLEAN);
        }
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
    near::nearest(wanted, ids())
}

/// Every id that there is a page for.
fn ids() -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .map(|rule| rule.meta.id)
        .chain(Code::ALL.iter().map(|code| code.id()))
        .chain(Reviewed::ALL.iter().map(|rule| rule.id()))
}
