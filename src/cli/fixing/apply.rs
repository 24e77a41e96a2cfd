//! From a plan to the disk, or to a diff.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Seen;
use crate::cli::error::Failure;
use crate::document::dotenv;
use crate::fix::diff::{self, FileDiff};
use crate::fix::journal::{Journals, Undone};
use crate::fix::workspace::Workspace;
use crate::fix::write;

/// Mode of a file that is made: what dotenv files need.
const SECRET: u32 = 0o600;
/// Mode of any other file that is made.
const PLAIN: u32 = 0o644;

/// Writes what would change; `before` and `now` have the texts with their credentials masked.
pub fn diff(work: &Workspace, before: &Seen, now: &Seen, out: &mut dyn Write) -> io::Result<()> {
    let mut hidden = false;
    for (path, file) in &work.files {
        let (old, new) = (before.documents.get(path), now.documents.get(path));
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let shown = match new {
            Some(new) => (old.map(|old| old.shown.clone()), new.shown.clone()),
            None => (file.before.as_deref().map(lossy), lossy(&file.now)),
        };
        hidden |= [old, new].into_iter().flatten().any(|one| !one.is_shown_whole());
        let around = !new.is_some_and(|new| new.is_env);
        let (before, after) = (shown.0.as_deref(), shown.1.as_str());
        out.write_all(
            visible(&diff::unified(FileDiff { path, before, after, around })).as_bytes(),
        )?;
    }
    for mode in &work.modes {
        let is_folder = mode.real.is_dir();
        out.write_all(diff::mode(&mode.path, mode.from, mode.to, is_folder).as_bytes())?;
    }
    if hidden {
        crate::cli::output::note(
            "credentials are masked above, so this is for reading: `--fix` applies it, `patch` may not",
        );
    }
    Ok(())
}

/// Control characters of a scanned file must not steer the terminal that shows it.
fn visible(text: &str) -> String {
    let shown =
        |c: char| if c.is_control() && !matches!(c, '\n' | '\t' | '\r') { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// A journal that was written.
pub struct Noted {
    journals: Journals,
    path: PathBuf,
    /// True where `undo` looks by itself.
    by_default: bool,
}

impl Noted {
    /// The command that undoes it.
    pub fn command(&self) -> String {
        if self.by_default {
            return "hermes-lint undo".to_owned();
        }
        let path = self.path.display().to_string();
        format!("hermes-lint undo {}", crate::rules::host::quoted(&path))
    }
}

/// Does what was planned, noting it first, as what follows `earlier` in one run.
///
/// # Errors
///
/// When something can't be written: then everything is as it was.
pub fn write(
    work: &Workspace,
    folder: Option<&Path>,
    earlier: Option<&Noted>,
) -> Result<Noted, Failure> {
    let by_default = folder.is_none();
    let folder = folder.map(Path::to_path_buf).or_else(Journals::default_folder);
    let folder = folder.ok_or_else(|| {
        Failure::new("there is no folder to note the changes in").help("name one: `--undo-dir DIR`")
    })?;
    let journals = Journals::new(folder.clone());
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let earlier = earlier.map(|noted| noted.path.as_path());
    let path = journals.note(work, &time, earlier).map_err(|error| {
        Failure::new(format!("can't note the changes in {}: {error}", folder.display()))
            .help("nothing was changed; name another folder: `--undo-dir DIR`")
    })?;
    let noted = Noted { journals, path, by_default };
    if let Err((path, fault)) = carry_out(work) {
        undo(&noted)?;
        return Err(Failure::new(format!("can't change {path}: {fault}"))
            .help("everything is as it was before"));
    }
    Ok(noted)
}

fn carry_out(work: &Workspace) -> Result<(), (String, write::Fault)> {
    // A variable has to be there before what refers to it: whoever reads in between still finds a value.
    let is_env = |path: &str| path.rsplit('/').next().is_some_and(|name| name.contains(".env"));
    let changed = work.files.iter().filter(|(_, file)| file.before.as_ref() != Some(&file.now));
    let (envs, others): (Vec<_>, Vec<_>) = changed.partition(|(path, _)| is_env(path));
    for (path, file) in envs.into_iter().chain(others) {
        let mode = if is_env(path) { SECRET } else { PLAIN };
        write::replace(&file.real, file.before.as_deref(), &file.now, mode)
            .map_err(|fault| (path.clone(), fault))?;
    }
    for mode in &work.modes {
        write::chmod(&mode.real, mode.from, mode.to).map_err(|fault| (mode.path.clone(), fault))?;
    }
    Ok(())
}

/// Undoes what was noted.
///
/// # Errors
///
/// When something could not be put back.
pub fn undo(noted: &Noted) -> Result<(), Failure> {
    let Noted { journals, path, .. } = noted;
    let done = journals.undo(path, &dotenv::edit::value_of);
    let failed = |what: String| {
        Failure::new(format!("could not undo everything: {what}"))
            .help(format!("what was there is noted in {}", path.display()))
    };
    for one in done.map_err(|error| failed(error.to_string()))? {
        if let Undone::Left(path, why) = one {
            return Err(failed(format!("{}: {why}", path.display())));
        }
    }
    Ok(())
}
