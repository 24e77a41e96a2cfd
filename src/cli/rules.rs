//! `hermes-lint rules`: the table of all rules; `hermes-lint rules test`, see [`super::rules_test`].

use serde_json::json;

use super::{CLEAN, Outcome, output};
use crate::rules::{RULES, RuleMeta};

/// Options of `rules`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Test detectors of your own: form, soundness of keywords and patterns, examples
    Test(super::rules_test::Args),
}

/// Prints the table, or does what the subcommand says.
pub fn run(args: &Args) -> Outcome {
    if let Some(Action::Test(args)) = &args.action {
        return super::rules_test::run(args);
    }
    let metas: Vec<&RuleMeta> = RULES.iter().map(|rule| &rule.meta).collect();
    output::stdout(|out| {
        if args.format == "json" {
            let rows: Vec<_> = metas.iter().map(|meta| row(meta)).collect();
            serde_json::to_writer_pretty(&mut *out, &json!({"version": 1, "rules": rows}))?;
            return writeln!(out);
        }
        let width = metas.iter().map(|meta| meta.id.len()).max().unwrap_or_default();
        for meta in &metas {
            writeln!(
                out,
                "{:width$}  {:7}  {:6}  {}",
                meta.id, meta.severity, meta.confidence, meta.summary
            )?;
        }
        writeln!(out, "\n{} rules; `hermes-lint explain RULE` says more", metas.len())
    })?;
    Ok(CLEAN)
}

fn row(meta: &RuleMeta) -> serde_json::Value {
    json!({
        "id": meta.id,
        "summary": meta.summary,
        "severity": meta.severity.as_str(),
        "confidence": meta.confidence.as_str(),
        "hermes": meta.hermes.text(),
        "checklist": meta.checklist,
        "cwe": meta.cwe,
        "since": meta.since,
        "docs": format!("rules/docs/{}.md", meta.id),
    })
}
