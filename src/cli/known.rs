//! `--baseline`, `--write-baseline` and `--prune`: the findings that are known, read and written.

use std::path::{Path, PathBuf};

use super::args;
use super::error::Failure;
use super::output;
use super::pipeline::Scanned;
use crate::finding::{Finding, Suppressor, ValueTag};
use crate::settings::Settings;
use crate::triage::{Baseline, SALT};

/// The baseline of a run.
pub struct Known {
    /// What is known.
    pub baseline: Baseline,
    /// Where it was read from, as people see it.
    pub path: String,
    file: PathBuf,
    /// It is written with what is found.
    writes: bool,
}

impl Known {
    /// The baseline that `options` name, or the settings, which stand in `folder`; `None` without one.
    ///
    /// # Errors
    ///
    /// One that can't be read, or is none.
    pub fn of(
        options: &args::Choose,
        settings: &Settings,
        folder: &Path,
    ) -> Result<Option<Self>, Failure> {
        let named = || settings.baseline.as_ref().map(|path| folder.join(path));
        let writes = options.write_baseline.is_some();
        let Some(file) =
            options.write_baseline.clone().or_else(|| options.baseline.clone()).or_else(named)
        else {
            if options.prune {
                return Err(Failure::new("there is no baseline to remove entries from")
                    .help("name it: `--baseline FILE --prune`"));
            }
            return Ok(None);
        };
        let here = std::env::current_dir().unwrap_or_default();
        let path = file.strip_prefix(here).unwrap_or(&file).display().to_string();
        let baseline = match std::fs::read_to_string(&file) {
            Ok(text) => Baseline::parse(&text).map_err(|broken| {
                let line = broken.line.saturating_sub(1);
                let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
                let length =
                    text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
                Failure::new(format!("the baseline in {path} can't be used: {}", broken.message))
                    .help("write it anew: `hermes-lint check --write-baseline FILE`")
                    .at(&path, text.clone(), start..start + length, "here")
            })?,
            Err(error) if writes && error.kind() == std::io::ErrorKind::NotFound => {
                let mut salt = [0; SALT];
                getrandom::fill(&mut salt).map_err(|error| {
                    Failure::new(format!("no random bytes for the salt: {error}"))
                })?;
                Baseline::new(salt)
            }
            Err(error) => {
                return Err(Failure::new(format!("can't read the baseline in {path}: {error}"))
                    .help("make one: `hermes-lint check --write-baseline FILE`"));
            }
        };
        if !ValueTag::make_with(baseline.salt()) {
            return Err(Failure::new("a baseline was read too late to be used"));
        }
        Ok(Some(Self { baseline, path, file, writes }))
    }

    /// The baseline by which all that `scanned` has found is known.
    pub fn anew(&self, scanned: &Scanned) -> Baseline {
        let triaged = &scanned.triaged;
        let known = triaged
            .suppressed
            .iter()
            .filter(|one| one.suppression.by == Suppressor::Baseline)
            .map(|one| &one.finding);
        let mut all: Vec<&Finding> = triaged.findings.iter().chain(known).collect();
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        self.baseline.of(&all)
    }

    /// Writes what `options` ask for; true when the findings are known now.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn settle(
        &self,
        options: &args::Choose,
        scanned: &Scanned,
        quiet: bool,
    ) -> Result<bool, Failure> {
        let written = if self.writes {
            self.anew(scanned)
        } else if options.prune {
            self.baseline.clone().without(&scanned.triaged.unneeded)
        } else {
            return Ok(false);
        };
        if written != self.baseline || self.writes {
            output::replace(&self.file, |out| out.write_all(written.text().as_bytes())).map_err(
                |error| {
                    Failure::new(format!("can't write the baseline to {}: {error}", self.path))
                        .help("name a file in a folder that exists and that you may write")
                },
            )?;
        }
        if !quiet {
            let gone = self.baseline.len().saturating_sub(written.len());
            output::note(&match self.writes {
                true => format!("{} findings are known now, in {}", written.len(), self.path),
                false => {
                    format!("{gone} entries removed from {}, {} left", self.path, written.len())
                }
            });
        }
        Ok(self.writes)
    }
}
