//! The whole program on one file: the first byte chooses a name that makes it a document of some kind.
#![no_main]

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 16] = [
    "config.yaml",
    ".env",
    "cron/jobs.json",
    "mcp.json",
    "auth.json",
    "compose.yaml",
    "hermes.service",
    "Dockerfile",
    "skills/x/SKILL.md",
    "SOUL.md",
    "AGENTS.md",
    "a.ipynb",
    "a.txt",
    "a.py",
    "values.yaml",
    "managed/config.yaml",
];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("hermes-lint-fuzz-{}", std::process::id()));
    for name in NAMES {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    }
    folder
});

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let path = FOLDER.join(NAMES[usize::from(*first) % NAMES.len()]);
    fs::write(&path, text).unwrap();
    let format = ["human", "concise", "json"][usize::from(first >> 4) % 3];
    let words = ["hermes-lint", "check", "--threads", "1", "--min-confidence", "low", "--format", format, "-v"];
    let words = words.map(OsString::from).into_iter();
    // Only the status says that it did not run: the report goes to standard output, which the runner closes.
    let _ = hermes_lint::cli::run(words.chain([path.clone().into_os_string()]));
    fs::remove_file(&path).unwrap();
});
