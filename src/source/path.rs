//! One file's names: the one on disk, the one people see, the one that outlives a move of the checkout.

use std::path::{Component, Path, PathBuf};

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePath {
    /// The path to open it with.
    pub real: PathBuf,
    /// The path as the user named it, `/` as separator, bytes that are not UTF-8 as `\xNN`.
    pub display: String,
    /// The path below the project root, in the same spelling.
    pub identity: String,
}

impl SourcePath {
    /// The names of `real`, a path as the user wrote it or found below one, in the project at `root`.
    #[must_use]
    pub fn new(real: PathBuf, root: &Path) -> Self {
        let display = shown(&real);
        let identity = identity(&real, root);
        Self { real, display, identity }
    }

    /// The name that stands for standard input.
    #[must_use]
    pub fn stdin() -> Self {
        let name = "<stdin>".to_owned();
        Self { real: PathBuf::from("-"), display: name.clone(), identity: name }
    }

    /// The last component, lossy.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.display.rsplit('/').next().unwrap_or(&self.display)
    }

    /// The folder that holds the file, absolute and without `..`: equal for one folder however it was
    /// named. Asks the system for the working directory, so not for every file of a walk.
    #[must_use]
    pub fn place(&self) -> String {
        let folder = absolute(&self.real);
        shown(folder.parent().unwrap_or(&folder))
    }

    /// The folder that holds the file, as people see it; empty at the top.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.display.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

fn identity(real: &Path, root: &Path) -> String {
    let plain = |path: &Path| !path.components().any(|part| part == Component::ParentDir);
    if let Ok(below) = real.strip_prefix(root)
        && plain(below)
    {
        return shown(below);
    }
    let absolute = std::path::absolute(real).unwrap_or_else(|_| real.to_path_buf());
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
    // `./a/../b` and `b` are one file: its identity must not depend on how it was named.
    let (absolute, root) = (folded(&absolute), folded(&root));
    absolute.strip_prefix(&root).map_or_else(|_| shown(real), shown)
}

/// `path` from the root, without `.` and `..`.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    folded(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
}

fn folded(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// `path` for people: `./` dropped, `/` as separator, invalid UTF-8 escaped so that it stays distinct.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
    if cfg!(windows) { out.replace('\\', "/") } else { out }
}

/// The root of the project that `path` belongs to: the nearest folder at or above it that holds `.git`,
/// else `None`.
#[must_use]
pub fn project_root(path: &Path) -> Option<PathBuf> {
    let absolute = folded(&std::path::absolute(path).ok()?);
    absolute.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_does_not_depend_on_spelling() {
        let root = Path::new("/srv/repo");
        for spelling in ["/srv/repo/home/.env", "/srv/repo/./home/.env", "/srv/repo/x/../home/.env"]
        {
            assert_eq!(SourcePath::new(spelling.into(), root).identity, "home/.env");
        }
    }

    #[test]
    fn display_is_what_the_user_wrote() {
        let path = SourcePath::new("./a/config.yaml".into(), Path::new("."));
        assert_eq!(path.display, "a/config.yaml");
        assert_eq!(path.folder(), "a");
        assert_eq!(path.file_name(), "config.yaml");
    }

    #[cfg(unix)]
    #[test]
    fn invalid_utf8_stays_distinct() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"a\xFF\xFEb");
        assert_eq!(SourcePath::new(name.into(), Path::new("/")).display, "a\\xFF\\xFEb");
    }
}
