//! `hermes-lint rules test DIR`: holds a team's own detectors to what their form promises.
//!
//! They are tested as they would run, beside the built-in ones. Every problem of every file is listed; a file
//! that is no YAML is one of them, a folder that can't be read is a failure.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::json;

use super::error::Failure;
use super::{CLEAN, FOUND, Outcome, detectors, output};
use crate::report::{plural, shown_name};
use crate::secrets::lint::{Level, Problem, lint};
use crate::secrets::{DETECTORS, DetectorSpec, SpecFile};

/// Options of `rules test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder with `secrets/<provider>.yaml` files, as for `--rules`, or with the files themselves
    folder: PathBuf,
    /// Print JSON
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    format: String,
    /// Exit with 1 on advice, too
    #[arg(long)]
    strict: bool,
}

/// A problem and the file that it is in.
struct Row {
    file: String,
    problem: Problem,
}

/// Tests the files and lists what is wrong.
pub fn run(args: &Args) -> Outcome {
    let files = detectors::files(&args.folder, false)?;
    if files.is_empty() {
        return Err(Failure::new(format!(
            "there is no detector file in {}",
            args.folder.display()
        ))
        .help("name a folder with `secrets/<provider>.yaml` files"));
    }
    let mut specs: Vec<DetectorSpec> = Vec::new();
    let mut rows = Vec::new();
    let mut homes: HashMap<String, String> = HashMap::new();
    for (name, text) in &files {
        match yaml_serde::from_str::<SpecFile>(text) {
            Ok(file) => {
                for mut spec in file.detectors {
                    spec.provider.clone_from(&file.provider);
                    homes.entry(spec.id.to_string()).or_insert_with(|| name.clone());
                    specs.push(spec);
                }
            }
            Err(error) => {
                rows.push(Row { file: name.clone(), problem: unreadable(&error.to_string()) })
            }
        }
    }
    rows.extend(lint(&specs, DETECTORS).into_iter().map(|problem| {
        let file = homes.get(&problem.detector).cloned().unwrap_or_default();
        Row { file, problem }
    }));
    rows.sort_by(|a, b| a.file.cmp(&b.file));
    let count = |level| rows.iter().filter(|row| row.problem.level == level).count();
    let (errors, advice) = (count(Level::Error), count(Level::Advice));
    output::stdout(|out| {
        if args.format == "json" {
            let problems: Vec<_> = rows.iter().map(json_row).collect();
            let report = json!({"version": 1, "detectors": specs.len(), "problems": problems});
            serde_json::to_writer_pretty(&mut *out, &report)?;
            return writeln!(out);
        }
        for Row { file, problem } in &rows {
            let line = format!("{}: {file}: {}", word(problem.level), place(problem));
            writeln!(out, "{}", shown_name(&line))?;
            writeln!(out, "  {}", shown_name(&problem.problem))?;
            if !problem.help.is_empty() {
                writeln!(out, "  help: {}", shown_name(&problem.help))?;
            }
        }
        writeln!(
            out,
            "{} in {}: {}, advice: {advice}",
            plural(specs.len(), "detector"),
            plural(files.len(), "file"),
            plural(errors, "error"),
        )
    })?;
    Ok(if errors > 0 || args.strict && advice > 0 { FOUND } else { CLEAN })
}

fn unreadable(error: &str) -> Problem {
    Problem {
        level: Level::Error,
        detector: String::new(),
        field: "",
        problem: error.to_owned(),
        help: "a file has `provider` and a list of `detectors`".to_owned(),
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Advice => "advice",
    }
}

fn place(problem: &Problem) -> String {
    if problem.detector.is_empty() {
        return "the file can't be read".to_owned();
    }
    format!("detector `{}`, field `{}`", problem.detector, problem.field)
}

fn json_row(row: &Row) -> serde_json::Value {
    json!({
        "file": row.file,
        "detector": row.problem.detector,
        "field": row.problem.field,
        "level": word(row.problem.level),
        "problem": row.problem.problem,
        "help": row.problem.help,
    })
}
