//! Where walks start: at what was named, and at the folders around named files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{context_worthy, path};

/// How far above a named file outside any repo its home is looked for.
const CONTEXT_ANCESTORS: usize = 4;

/// A path to walk from.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// As it was named.
    pub path: PathBuf,
    /// The project's root: what identities are relative to.
    pub project: PathBuf,
    /// Everything below it is named with it.
    pub is_folder: bool,
    /// Resolved once: what "inside the tree" means for symbolic links.
    pub resolved: Option<PathBuf>,
}

impl Root {
    /// The root at `path`.
    pub fn new(path: &Path, is_folder: bool) -> Self {
        let project = path::project_root(path).unwrap_or_else(|| {
            if is_folder {
                path.to_path_buf()
            } else {
                path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
            }
        });
        Self { path: path.to_path_buf(), project, is_folder, resolved: path.canonicalize().ok() }
    }
}

/// True for a file that may belong to a home, so that what surrounds it matters.
pub(super) fn belongs_somewhere(name: &str) -> bool {
    context_worthy(name) || name.ends_with(".md")
}

/// The folders to look through for what belongs to the named files.
pub(super) fn context_roots(named: &[Root]) -> Vec<Root> {
    let mut folders = BTreeSet::new();
    for root in named.iter().filter(|root| !root.is_folder) {
        let name = root.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !belongs_somewhere(name) {
            continue;
        }
        let folder = path::project_root(&root.path).unwrap_or_else(|| {
            let absolute = std::path::absolute(&root.path).unwrap_or_else(|_| root.path.clone());
            let above = || absolute.ancestors().skip(1).take(CONTEXT_ANCESTORS);
            above()
                .find(|folder| folder.join("config.yaml").exists())
                .or_else(|| above().next())
                .unwrap_or(&root.project)
                .to_path_buf()
        });
        folders.insert(folder);
    }
    let here = std::env::current_dir().unwrap_or_default();
    folders
        .into_iter()
        .map(|folder| {
            // A path below the working directory is shown the way a user would write it.
            let near = match folder.strip_prefix(&here) {
                Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
                Ok(below) => below.to_path_buf(),
                Err(_) => folder,
            };
            Root::new(&near, true)
        })
        .collect()
}
