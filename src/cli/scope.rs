//! Which paths the settings leave out, or leave single rules out of.
//!
//! Globs are read as in a `.gitignore` beside the settings file. A folder that is named on the command
//! line is scanned even if it is excluded: whoever names it means it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::error::Failure;
use crate::source::{SourcePath, project_root, with_archives};

/// Globs relative to one folder, asked by identity path.
pub struct Globs {
    matcher: Gitignore,
    /// From the folder of the globs to the project root that identities are relative to.
    prefix: PathBuf,
}

impl Globs {
    /// The globs in `lines`, relative to `folder`; identities are relative to `project`.
    ///
    /// # Errors
    ///
    /// A line that is no glob.
    pub fn new(folder: &Path, project: &Path, lines: &[String]) -> Result<Self, Failure> {
        // A settings file from elsewhere (`--config`) speaks of the project's root.
        let (folder, prefix) = match folder.strip_prefix(project) {
            Ok(prefix) => (folder, prefix.to_path_buf()),
            Err(_) => (project, PathBuf::new()),
        };
        let mut builder = GitignoreBuilder::new(folder);
        let wrong = |line: &str, error: &ignore::Error| {
            let (problem, help) = no_glob(line, error);
            Failure::new(format!("in the settings, {problem}")).help(help)
        };
        for line in lines {
            builder.add_line(None, line).map_err(|error| wrong(line, &error))?;
        }
        let matcher = builder.build().map_err(|error| wrong("exclude", &error))?;
        Ok(Self { matcher, prefix })
    }

    /// True when the globs name the file at `identity`, a folder above it, or an archive that it is in.
    #[must_use]
    pub fn name(&self, identity: &str, is_folder: bool) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        with_archives(identity).any(|path| {
            // The matcher takes paths below its own folder only.
            match Path::new(path).strip_prefix(&self.prefix) {
                Ok(below) if !below.has_root() => {
                    let is_folder = is_folder && path.len() == identity.len();
                    self.matcher.matched_path_or_any_parents(below, is_folder).is_ignore()
                }
                _ => false,
            }
        })
    }
}

/// What is wrong with a glob and what to write; `None` for one that can be used.
pub fn glob_problem(line: &str) -> Option<(String, String)> {
    let error = GitignoreBuilder::new("").add_line(None, line).map(drop).err()?;
    Some(no_glob(line, &error))
}

fn no_glob(line: &str, error: &ignore::Error) -> (String, String) {
    let help = "write it as in a .gitignore, such as `vendor/` or `*.example`".to_owned();
    (format!("`{line}` is not a path glob: {error}"), help)
}

/// What is left out of a run.
pub struct Excluded {
    globs: Globs,
    /// Identities of excluded folders that were named all the same.
    forced: Vec<String>,
}

impl Excluded {
    /// What `globs` exclude, but for what lies below one of `named`.
    #[must_use]
    pub fn new(globs: Globs, project: &Path, named: &[PathBuf]) -> Self {
        let forced = named
            .iter()
            .filter(|path| path.is_dir())
            .map(|path| SourcePath::new(path.clone(), project).identity)
            .filter(|identity| globs.name(identity, true))
            .collect();
        Self { globs, forced }
    }

    /// True for a file that is not to be scanned.
    #[must_use]
    pub fn excludes(&self, identity: &str) -> bool {
        self.globs.name(identity, false)
            && !self.forced.iter().any(|folder| {
                identity.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
    }
}

/// What was named on the command line: what is named is reported, what surrounds it is only known.
pub struct Named {
    files: HashSet<String>,
    /// Folders as people see them; empty for the working directory.
    folders: Vec<String>,
}

impl Named {
    /// The files and folders of `paths`.
    #[must_use]
    pub fn new(paths: &[PathBuf], project: &Path) -> Self {
        let shown = |path: &PathBuf| SourcePath::new(path.clone(), project).display;
        let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) =
            paths.iter().partition(|path| path.is_dir());
        let mut files: HashSet<String> = files.into_iter().map(shown).collect();
        if paths.iter().any(|path| path.as_os_str() == "-") {
            files.insert(SourcePath::stdin().display);
        }
        let folders =
            folders.into_iter().map(shown).map(|folder| folder.trim_end_matches('/').to_owned());
        Self { files, folders: folders.collect() }
    }

    /// These files alone, as people see them.
    #[must_use]
    pub fn files(files: impl IntoIterator<Item = String>) -> Self {
        Self { files: files.into_iter().collect(), folders: Vec::new() }
    }

    /// True for a path, as people see it, that was named or lies below a folder or in an archive that was.
    #[must_use]
    pub fn names(&self, path: &str) -> bool {
        with_archives(path).any(|path| self.files.contains(path))
            || self.folders.iter().any(|folder| {
                // Above a named folder lies what lets others into it.
                folder.is_empty()
                    || folder.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
                    || path
                        .strip_prefix(folder.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

/// The nearest folder that holds all of `paths`; `project` when they share none below it.
#[must_use]
pub fn common_folder(paths: &[PathBuf], project: &Path) -> PathBuf {
    let mut folders = paths.iter().filter(|path| path.as_os_str() != "-").map(|path| {
        let path = absolute(path);
        if path.is_dir() {
            path
        } else {
            path.parent().map_or_else(PathBuf::new, Path::to_path_buf)
        }
    });
    let Some(first) = folders.next() else { return project.to_path_buf() };
    folders.fold(first, |common, folder| {
        let mut common = common;
        while !folder.starts_with(&common) && common.pop() {}
        common
    })
}

/// True for a folder in `project` that holds what others wrote: a skill, a plugin, or what lies in one.
#[must_use]
pub fn is_third_party(folder: &Path, project: &Path) -> bool {
    let below = folder.strip_prefix(project).unwrap_or(folder);
    let named = |part: std::path::Component<'_>| {
        ["skills", "plugins"].iter().any(|name| part.as_os_str() == *name)
    };
    below.components().any(named) || folder.join("SKILL.md").is_file()
}

/// True for a file that others wrote: it lies in a skill or a plugin.
#[must_use]
pub fn is_third_partys(path: &SourcePath) -> bool {
    let below = Path::new(&path.identity);
    let Some(folder) = below.parent() else { return false };
    // Above the project's root nothing is looked at: whoever scans a skill of their own stands in it.
    let above = path.real.ancestors().skip(1).zip(folder.ancestors());
    let skill = above
        .take_while(|(_, below)| !below.as_os_str().is_empty())
        .any(|(real, _)| real.join("SKILL.md").is_file());
    skill || is_third_party(folder, Path::new(""))
}

/// `path` from the root, without `..`.
fn absolute(path: &Path) -> PathBuf {
    crate::source::absolute(path)
}

/// The project that the first named path belongs to: its repository's root, else the folder itself.
#[must_use]
pub fn project_of(paths: &[PathBuf]) -> PathBuf {
    let here = || std::env::current_dir().unwrap_or_default();
    let first = paths.iter().find(|path| path.as_os_str() != "-").cloned().unwrap_or_else(here);
    let first = absolute(&first);
    project_root(&first).unwrap_or_else(|| {
        if first.is_dir() { first } else { first.parent().map_or_else(here, Path::to_path_buf) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(folder: &str, lines: &[&str]) -> Globs {
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        Globs::new(Path::new(folder), Path::new("/repo"), &lines)
            .map_err(|f| f.to_string())
            .unwrap()
    }

    #[test]
    fn globs_are_relative_to_their_own_folder() {
        let top = globs("/repo", &["/vendor/", "*.example"]);
        assert!(top.name("vendor/a/config.yaml", false) && top.name("x/.env.example", false));
        assert!(!top.name("x/vendor/a", false));
        let nested = globs("/repo/deploy", &["/old/"]);
        assert!(nested.name("deploy/old/x", false));
        assert!(!nested.name("old/x", false));
    }

    #[test]
    fn globs_name_archives_and_what_is_in_them() {
        let archives = globs("/repo", &["*.zip", "/images/"]);
        assert!(archives.name("a/x.zip", false) && archives.name("a/x.zip!/b/config.yaml", false));
        assert!(archives.name("y.tar!/x.zip!/b", false) && archives.name("images/y.tar!/b", false));
        assert!(!archives.name("y.tar!/b", false) && !archives.name("x.zipped!/b", false));
        let inner = globs("/repo", &["/y.tar!/vendor/", "*.md"]);
        assert!(inner.name("y.tar!/vendor/a", false) && inner.name("y.tar!/a/b.md", false));
        assert!(!inner.name("vendor/a", false));
    }

    #[test]
    fn what_is_named_is_a_file_or_below_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let named =
            Named::new(&[folder.path().to_path_buf(), "a/config.yaml".into()], Path::new("."));
        let inside = format!("{}/home/.env", folder.path().display());
        assert!(named.names(&inside) && named.names("a/config.yaml"));
        assert!(named.names("a/config.yaml!/b") && named.names("a/config.yaml!"));
        assert!(!named.names("a/.env!/b") && !named.names("b!/a/config.yaml"));
        assert!(!named.names("a/.env") && !named.names(&format!("{}x", folder.path().display())));
    }

    #[test]
    fn paths_outside_are_never_named() {
        let all = globs("/repo", &["*"]);
        assert!(all.name("a", false));
        assert!(!all.name("/etc/hermes/config.yaml", false));
    }
}
