//! Lays homes out and tells which rules speak of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::common;
use crate::data::Example;

/// Rules by the name of a case.
pub type Seen = BTreeMap<String, BTreeSet<String>>;

/// A home, and the release it is for.
#[derive(Default)]
pub struct Case {
    pub name: String,
    pub release: Option<&'static str>,
    pub files: Vec<(String, String)>,
    pub modes: Vec<(String, &'static str)>,
}

impl Case {
    /// A home with a config and a `.env`.
    pub fn new(name: impl Into<String>, config: &str, env: &str) -> Self {
        let config = format!("model: {{provider: openrouter}}\n{config}");
        let files = vec![("config.yaml".to_owned(), config), (".env".to_owned(), env.to_owned())];
        Self { name: name.into(), files, ..Self::default() }
    }

    pub fn on(mut self, release: &'static str) -> Self {
        self.release = Some(release);
        self
    }
}

/// The rules that speak of each case. All cases of one release are laid into one tree, each in a folder of its own:
/// a scan costs more than a home.
pub fn all(cases: &[Case]) -> Seen {
    let releases: BTreeSet<Option<&str>> = cases.iter().map(|case| case.release).collect();
    let mut seen = Seen::new();
    for release in releases {
        let mut example = Example {
            files: BTreeMap::new(),
            release: release.map(str::to_owned),
            modes: BTreeMap::new(),
            git: false,
            untracked: Vec::new(),
            links: BTreeMap::new(),
            machine: false,
        };
        let mut names = BTreeMap::new();
        for (at, case) in cases.iter().enumerate().filter(|(_, case)| case.release == release) {
            let folder = format!("h{at}");
            for (path, text) in &case.files {
                example.files.insert(format!("{folder}/{path}"), text.clone());
            }
            for (path, mode) in &case.modes {
                let path = if path == "." { folder.clone() } else { format!("{folder}/{path}") };
                example.modes.insert(path, (*mode).to_owned());
            }
            seen.entry(case.name.clone()).or_default();
            names.insert(folder, &case.name);
        }
        for (path, rule) in findings(&example) {
            let folder = path.split('/').next().unwrap_or_default();
            // The cases are no environments of one deployment, though they share their values.
            if let Some(name) = names.get(folder).filter(|_| rule != "env/shared-secret") {
                seen.entry((*name).clone()).or_default().insert(rule);
            }
        }
    }
    seen
}

/// The rules that speak of one example.
pub fn one(example: &Example) -> BTreeSet<String> {
    findings(example).into_iter().map(|(_, rule)| rule).collect()
}

/// Path below the example and rule of each finding that is shown by default.
fn findings(example: &Example) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in &example.files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a new folder");
        fs::write(path, text).expect("a new file");
    }
    let mut setup = format!("git = {}\nuntracked = {:?}\n", example.git, example.untracked);
    if let Some(release) = &example.release {
        writeln!(setup, "hermes_version = {release:?}").expect("a string");
    }
    writeln!(setup, "machine = {}", example.machine).expect("a string");
    setup.push_str("[links]\n");
    for (path, target) in &example.links {
        writeln!(setup, "{path:?} = {target:?}").expect("a string");
    }
    setup.push_str("[modes]\n");
    for (path, mode) in &example.modes {
        writeln!(setup, "{path:?} = {mode:?}").expect("a string");
    }
    fs::write(folder.path().join("fixture.toml"), setup).expect("a new file");
    let laid = common::lay(folder.path());
    let below = format!("{}/", laid.folder.path().to_str().expect("UTF-8"));
    let scanned = common::scan(&laid, false);
    scanned
        .triaged
        .findings
        .iter()
        .map(|finding| {
            let path = finding.location.path.trim_start_matches(&below);
            (path.to_owned(), finding.rule.to_owned())
        })
        .collect()
}
