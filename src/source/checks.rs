//! What runs before code of a project lands: its hooks and CI steps, wherever the scan started.
//!
//! A scan may be of one folder of a project; that the project has no check is only true of its root. A few
//! small files at fixed places are read for that, none of them executed.

use std::io::Read;
use std::path::Path;

/// Bytes of one file that are read.
const LIMIT: u64 = 256 << 10;
/// Files of one folder that are read.
const FILES: usize = 64;
/// Files at the root of a project.
const NAMES: &[&str] = &[
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    "prek.toml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".gitlab-ci.yml",
    "Jenkinsfile",
    ".woodpecker.yml",
    "package.json",
    ".git/hooks/pre-commit",
    ".git/hooks/pre-push",
];
/// Folders whose every file counts.
const FOLDERS: &[&str] = &[
    ".husky",
    ".githooks",
    ".github/workflows",
    ".gitea/workflows",
    ".forgejo/workflows",
    ".woodpecker",
    ".circleci",
];

/// One file that says what runs before code lands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFile {
    /// Its path below the project's root.
    pub path: String,
    /// Its bytes, up to a limit.
    pub bytes: Vec<u8>,
}

/// The check files of the project at `root`, in a fixed order.
#[must_use]
pub fn check_files(root: &Path) -> Vec<CheckFile> {
    let mut names: Vec<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    for folder in FOLDERS {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        let mut found: Vec<String> = entries
            .flatten()
            .take(FILES)
            .map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy()))
            .collect();
        found.sort();
        names.extend(found);
    }
    names
        .into_iter()
        .filter_map(|path| Some(CheckFile { bytes: read(&root.join(&path))?, path }))
        .collect()
}

/// The start of a regular file.
fn read(path: &Path) -> Option<Vec<u8>> {
    if !std::fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(LIMIT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
