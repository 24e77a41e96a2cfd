//! One file's names: the one on disk, the one people see, the one that outlives a move of the checkout.

use std::path::{Component, Path, PathBuf};

/// What stands between an archive and the path of a file in it.
const INSIDE: &str = "!/";

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePath {
    /// The path to open it with.
    pub real: PathBuf,
    /// The path as the user named it, `/` as separator, bytes that are not UTF-8 as `\xNN`.
    pub display: String,
    /// The path below the project root, in the same spelling.
    pub identity: String,
    archive: Option<Packed>,
}

/// What of a path names an archive that it leads into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Packed {
    /// Bytes of `display` that name the archive.
    archive: usize,
    /// Bytes of `display` and `identity` that name the file on the disk.
    on_disk: (usize, usize),
}

impl SourcePath {
    /// The names of `real`, a path as the user wrote it or found below one, in the project at `root`.
    #[must_use]
    pub fn new(real: PathBuf, root: &Path) -> Self {
        let display = shown(&real);
        let identity = identity(&real, root);
        Self { real, display, identity, archive: None }
    }

    /// The names of a file that a repository stores: `below` its root, where `display` shows it.
    #[must_use]
    pub fn stored(root: &Path, below: &Path, display: &Path) -> Self {
        Self {
            real: root.join(below),
            display: shown(display),
            identity: shown(below),
            archive: None,
        }
    }

    /// The name that stands for standard input.
    #[must_use]
    pub fn stdin() -> Self {
        let name = "<stdin>".to_owned();
        Self { real: PathBuf::from("-"), display: name.clone(), identity: name, archive: None }
    }

    /// The names of what stands as `inner` in the archive at this path. There is nothing to open: `real` stays
    /// the outermost archive's, so that no name out of an archive ever reaches the file system.
    #[must_use]
    pub fn inside(&self, inner: &str) -> Self {
        Self {
            real: self.real.clone(),
            display: format!("{}{INSIDE}{inner}", self.display),
            identity: format!("{}{INSIDE}{inner}", self.identity),
            archive: Some(Packed {
                archive: self.display.len(),
                on_disk: self
                    .archive
                    .map_or((self.display.len(), self.identity.len()), |packed| packed.on_disk),
            }),
        }
    }

    /// The archive that the file is in, as people see it; `None` for one that lies on the disk. Files of one
    /// archive belong together, and to nothing else.
    #[must_use]
    pub fn archive(&self) -> Option<&str> {
        self.archive.and_then(|packed| self.display.get(..packed.archive))
    }

    /// The file on the disk: the outermost archive for what is in one, else this path itself.
    #[must_use]
    pub fn on_disk(&self) -> Self {
        let Some(Packed { on_disk: (display, identity), .. }) = self.archive else {
            return self.clone();
        };
        Self {
            real: self.real.clone(),
            display: self.display.get(..display).unwrap_or_default().to_owned(),
            identity: self.identity.get(..identity).unwrap_or_default().to_owned(),
            archive: None,
        }
    }

    /// The last component, lossy.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.display.rsplit('/').next().unwrap_or(&self.display)
    }

    /// The folder that holds the file, absolute and without `..`: equal for one folder however it was
    /// named. Asks the system for the working directory, so not for every file of a walk. In an archive there
    /// is but one way to name a folder: that is the place.
    #[must_use]
    pub fn place(&self) -> String {
        if self.archive.is_some() {
            return self.folder().to_owned();
        }
        let folder = absolute(&self.real);
        shown(folder.parent().unwrap_or(&folder))
    }

    /// The `.gitignore` at the root of the project, as people would write it from where the scan was started; `None`
    /// for what lies in an archive.
    #[must_use]
    pub fn ignore_file(&self) -> Option<String> {
        let above = self.display.strip_suffix(self.identity.as_str())?;
        self.archive.is_none().then(|| format!("{above}.gitignore"))
    }

    /// The folder that holds the file, as people see it; empty at the top.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.display.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// `path` as people see it, and every archive that it leads into, outermost first: `a.tar!/b.zip!/c` is in
/// `a.tar!/b.zip`, which is in `a.tar`. By the text alone, for paths of findings and settings.
pub fn with_archives(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices(INSIDE).map(|(end, _)| end);
    // The folder of an archive itself has nothing behind the mark.
    let folder = path.strip_suffix('!').map(str::len);
    ends.chain(folder).chain(std::iter::once(path.len())).filter_map(|end| path.get(..end))
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

    #[test]
    fn files_of_an_archive_are_told_from_those_beside_it() {
        let outer = SourcePath::new("a/x.tar".into(), Path::new("a"));
        let inner = outer.inside("home/y.zip").inside("config.yaml");
        assert_eq!(inner.display, "a/x.tar!/home/y.zip!/config.yaml");
        assert_eq!(inner.identity, "x.tar!/home/y.zip!/config.yaml");
        assert_eq!(inner.real, outer.real);
        assert_eq!((inner.on_disk(), outer.on_disk()), (outer.clone(), outer.clone()));
        assert_eq!(inner.archive(), Some("a/x.tar!/home/y.zip"));
        assert_eq!(inner.place(), "a/x.tar!/home/y.zip!");
        assert_eq!(inner.file_name(), "config.yaml");
        let namesake = SourcePath::new("a/x.tar!/config.yaml".into(), Path::new("a"));
        assert_eq!((outer.archive(), namesake.archive()), (None, None));
        let all: Vec<_> = with_archives(&inner.display).collect();
        assert_eq!(all, ["a/x.tar", "a/x.tar!/home/y.zip", inner.display.as_str()]);
        assert_eq!(with_archives("a/x.tar!").collect::<Vec<_>>(), ["a/x.tar", "a/x.tar!"]);
        assert_eq!(with_archives("a").collect::<Vec<_>>(), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn invalid_utf8_stays_distinct() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"a\xFF\xFEb");
        assert_eq!(SourcePath::new(name.into(), Path::new("/")).display, "a\\xFF\\xFEb");
    }
}
