//! `--rules`: the built-in detectors with a team's own beside them, in this project's form or another tool's.

use std::path::Path;

use super::error::Failure;
use super::output;
use crate::secrets::import::{self, Effect, Imported, Note};
use crate::secrets::{DetectorSpec, Engine, SpecFile};

/// What `--rules` takes.
const TAKES: &str = "name a folder with `secrets/<provider>.yaml` files, or a rule file of gitleaks or betterleaks (`.toml`)";

/// The built-in detectors, and those that `extra` names. What can't be kept of another tool's rules is said on
/// stderr, unless `quiet`.
///
/// # Errors
///
/// Rule data that can't be read or used.
pub fn engine(extra: Option<&Path>, quiet: bool) -> Result<Engine, Failure> {
    let unusable = |what: String| Failure::new(format!("a detector can't be used: {what}"));
    let builtin = |more| Engine::with_builtin(more).map_err(|error| unusable(error.to_string()));
    let Some(path) = extra else { return builtin(Vec::new()) };
    if path.extension().is_some_and(|ending| ending == "toml") {
        let imported = imported(path)?;
        if !quiet {
            said(&imported.notes).for_each(|note| output::note(&note));
        }
        return Ok(builtin(Vec::new())?.with_imported(imported));
    }
    let mut specs: Vec<DetectorSpec> = Vec::new();
    for (name, text) in files(path, true)? {
        let file: SpecFile =
            yaml_serde::from_str(&text).map_err(|error| unusable(format!("{name}: {error}")))?;
        specs.extend(file.into_specs(&name).map_err(|error| unusable(error.to_string()))?);
    }
    let engine = builtin(specs)?;
    // Patterns compile on first use; a team's own must be known to be good before that.
    engine.compile().map_err(|error| unusable(error.to_string()))?;
    Ok(engine)
}

/// Reads a rule file of another tool. A file that it builds on is relative to the working directory, as there.
fn imported(path: &Path) -> Result<Imported, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("can't read the rules in {name}: {error}")))
        .map_err(|failure| failure.help(TAKES))?;
    let load = &mut |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let mut imported = import::read(&text, load).map_err(|error| {
        let failure = Failure::new(format!("the rules in {name} are not valid: {error}"));
        match error.at {
            Some(span) => failure.at(&name, text.clone(), span, "here"),
            None => failure,
        }
    })?;
    let paths_alone = imported.files.iter().map(|rule| Note {
        rule: Some(rule.name.clone()),
        field: "path".to_owned(),
        what: "looks at paths alone, and there is no credential to show in a path".to_owned(),
        effect: Effect::Dropped,
    });
    imported.notes.extend(paths_alone);
    Ok(imported)
}

/// The notes that a reader can do something about.
fn said(notes: &[Note]) -> impl Iterator<Item = String> {
    notes.iter().filter(|note| note.effect != Effect::Same).map(ToString::to_string)
}

/// Name and text of the detector files in a folder of rule data, sorted. Unless `strict`, the folder may be the
/// one with the files itself.
///
/// # Errors
///
/// A folder or file that can't be read.
pub fn files(folder: &Path, strict: bool) -> Result<Vec<(String, String)>, Failure> {
    let below = folder.join("secrets");
    let folder = if strict || below.is_dir() { below } else { folder.to_owned() };
    let cannot = |path: &Path, error: std::io::Error| {
        Failure::new(format!("can't read the rule data in {}: {error}", path.display())).help(TAKES)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| cannot(&folder, error))? {
        let path = entry.map_err(|error| cannot(&folder, error))?.path();
        if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let text = std::fs::read_to_string(&path).map_err(|error| cannot(&path, error))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    Ok(files)
}
