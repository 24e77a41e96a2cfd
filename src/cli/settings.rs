//! The settings file of a run: found, read, and held to what there is.

use std::path::{Path, PathBuf};

use super::args;
use super::choices::unknown_rule;
use super::error::Failure;
use super::pipeline::Extras;
use super::scope::{common_folder, glob_problem, is_third_party};
use crate::checklist;
use crate::data;
use crate::facts::Facts;
use crate::near::nearest;
use crate::settings::{FILE_NAME, Name, Settings};

/// The settings of a run.
#[derive(Debug, Default)]
pub struct Found {
    /// What they say.
    pub settings: Settings,
    /// The folder that their globs are relative to.
    pub folder: PathBuf,
    /// The file, as people see it; `None` when there is none.
    pub file: Option<String>,
}

/// The settings file for `paths`: the nearest one in or above all of them, up to the project's root. One that lies
/// in a skill or a plugin is a stranger's, and the home of a running agent is the agent's to write: neither may switch
/// a rule off.
///
/// # Errors
///
/// One that can't be read, or says what there is not; with its place.
pub fn find(
    paths: &[PathBuf],
    options: &args::Scan,
    project: &Path,
    extras: Extras<'_>,
) -> Result<Found, Failure> {
    let found = match &options.config {
        Some(path) => Some(path.clone()),
        None if extras.host.is_some() => None,
        None => common_folder(paths, project)
            .ancestors()
            .take_while(|folder| folder.starts_with(project))
            .filter(|folder| !is_third_party(folder, project))
            .map(|folder| folder.join(FILE_NAME))
            .find(|path| path.is_file()),
    };
    let Some(path) = found else {
        return Ok(Found { folder: project.to_path_buf(), ..Found::default() });
    };
    let settings = read(&path)?;
    let here = std::env::current_dir().unwrap_or_default();
    let file = path.strip_prefix(here).unwrap_or(&path).display().to_string();
    let folder =
        std::path::absolute(&path).ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let folder = folder.unwrap_or_else(|| project.to_path_buf());
    Ok(Found { settings, folder, file: Some(file) })
}

fn read(path: &Path) -> Result<Settings, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(format!("can't read the settings in {name}: {error}"))
            .help("name a file that you may read: `--config FILE`")
    })?;
    let parsed = Settings::parse(&text).map_err(|error| {
        let help =
            "every key is in docs/hermes-lint.toml, which `hermes-lint init` writes".to_owned();
        (error.message, error.help.unwrap_or(help), error.span)
    });
    let valid = parsed.and_then(|settings| {
        let wrong = |wrong: Wrong| (wrong.problem, wrong.help, Some(wrong.span));
        validate(&settings).map_err(wrong).map(|()| settings)
    });
    valid.map_err(|(problem, help, span)| {
        let failure =
            Failure::new(format!("the settings in {name} can't be used: {problem}")).help(help);
        match span {
            Some(span) => failure.at(&name, text, span, "here"),
            None => failure,
        }
    })
}

/// Something in settings that parse.
struct Wrong {
    problem: String,
    help: String,
    span: std::ops::Range<usize>,
}

/// What is wrong with settings that parse: names of what there is not.
fn validate(settings: &Settings) -> Result<(), Wrong> {
    let at =
        |name: &Name, problem: String, help: String| Wrong { problem, help, span: name.span() };
    let rules = settings
        .ignore
        .iter()
        .chain(&settings.select)
        .chain(settings.severity.keys())
        .chain(settings.per_path.iter().flat_map(|row| &row.ignore));
    for rule in rules {
        if let Some((problem, help)) = unknown_rule(rule.get_ref()) {
            return Err(at(rule, problem, help));
        }
    }
    for glob in settings.exclude.iter().chain(settings.per_path.iter().flat_map(|row| &row.paths)) {
        if let Some((problem, help)) = glob_problem(glob.get_ref()) {
            return Err(at(glob, problem, help));
        }
    }
    if let Some(version) = &settings.hermes_version
        && Facts::load(data::folder("hermes"))
            .is_ok_and(|facts| facts.versions().parse(version.get_ref()).is_none())
    {
        let problem = format!("`{}` is not a release of Hermes Agent", version.get_ref());
        return Err(at(version, problem, "write a release such as 0.21.5".to_owned()));
    }
    for item in settings.attest.keys() {
        if checklist::ids().all(|id| id != item.get_ref()) {
            let list = "`hermes-lint checklist --format json` lists the ids";
            let help = nearest(item.get_ref(), checklist::ids())
                .map_or_else(|| list.to_owned(), |near| format!("did you mean `{near}`? {list}"));
            return Err(at(item, format!("there is no checklist item `{}`", item.get_ref()), help));
        }
    }
    Ok(())
}
