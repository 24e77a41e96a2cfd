//! What a run of the rules saw, as much of it as fixes are judged by: the documents that could be changed, and how bad
//! every file was found to be.

use std::collections::{BTreeMap, HashMap};
use std::mem::Discriminant;
use std::path::PathBuf;
use std::sync::Arc;

use crate::document::{Document, Kind, Standing};
use crate::finding::{Finding, Severity};
use crate::rules::secret::Scrubber;
use crate::source::Origin;
use crate::span::Span;

/// What one run saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// The documents that could be changed, by the path people see.
    pub documents: BTreeMap<String, SeenDocument>,
    /// How grave the findings of a rule in a file are, gravest first, whatever the user chose to see of them.
    posture: BTreeMap<(&'static str, Arc<str>), Vec<Severity>>,
    /// How many findings say the same.
    said: HashMap<Said, usize>,
}

/// Rule, file, anchor and message.
type Said = (&'static str, Arc<str>, String, String);

fn said(finding: &Finding) -> Said {
    let path = Arc::clone(&finding.location.path);
    (finding.rule, path, finding.anchor.clone(), finding.message.clone())
}

/// A document that could be changed.
#[derive(Debug)]
pub struct SeenDocument {
    /// The path to open it with.
    pub real: PathBuf,
    /// Its bytes.
    pub bytes: Box<[u8]>,
    /// What no output may show.
    pub masks: Vec<Span>,
    /// Its text for people, with that masked.
    pub shown: String,
    /// True when it was named, or lies below a folder that was.
    pub named: bool,
    /// True for a dotenv file: what stands in it is secret unless known otherwise.
    pub is_env: bool,
    /// What it is; a change must leave it that.
    what: (Discriminant<Kind>, Standing),
}

impl Seen {
    /// What `documents` are, and what all rules say.
    pub fn of(documents: &[Document], findings: &[Finding], scrubber: &Scrubber) -> Self {
        let mut seen = Self::default();
        for document in documents {
            let (text, kind) = (&document.text, &document.kind);
            let path = text.path();
            if !matches!(kind, Kind::Config(_) | Kind::Env(_) | Kind::Compose(_))
                || path.archive().is_some()
                || document.origin == Origin::Stdin
            {
                continue;
            }
            let all = Span::new(0, text.bytes().len());
            let mut shown = text.show(all);
            scrubber.text(&mut shown);
            let document = SeenDocument {
                real: path.real.clone(),
                bytes: text.bytes().into(),
                masks: text.masks().to_vec(),
                shown,
                named: document.origin == Origin::Named,
                is_env: matches!(kind, Kind::Env(_)),
                what: (std::mem::discriminant(kind), document.standing),
            };
            seen.documents.insert(path.display.clone(), document);
        }
        for finding in findings {
            let key = (finding.rule, Arc::clone(&finding.location.path));
            seen.posture.entry(key).or_default().push(finding.severity);
            *seen.said.entry(said(finding)).or_default() += 1;
        }
        for severities in seen.posture.values_mut() {
            severities.sort_by(|a, b| b.cmp(a));
        }
        seen
    }

    /// How many findings say what `finding` says.
    pub fn says(&self, finding: &Finding) -> usize {
        self.said.get(&said(finding)).copied().unwrap_or(0)
    }

    /// How many findings of `rule` at `path` are at least as grave as `severity`.
    fn count(&self, rule: &'static str, path: &Arc<str>, severity: Severity) -> usize {
        let found = self.posture.get(&(rule, Arc::clone(path)));
        found.map_or(0, |all| all.iter().filter(|one| **one >= severity).count())
    }

    /// How many findings each file has.
    fn totals(&self, counts: &impl Fn(&str) -> bool) -> BTreeMap<&Arc<str>, usize> {
        let mut totals = BTreeMap::new();
        for ((_, path), severities) in self.posture.iter().filter(|((rule, _), _)| counts(rule)) {
            *totals.entry(path).or_default() += severities.len();
        }
        totals
    }

    /// The first rule that finds more in `after` than here, or graver things, from `least` on; with its file. Of what is
    /// only worth knowing, one may take the place of another: what is left to say of a list that is no longer missing.
    /// Rules that `counts` says no of are left out.
    pub fn worse_in(
        &self,
        after: &Self,
        least: Severity,
        counts: impl Fn(&str) -> bool,
    ) -> Option<(&'static str, Arc<str>)> {
        let graver = |(rule, path): &(&'static str, Arc<str>), level: Severity| {
            counts(rule)
                && level >= least
                && after.count(rule, path, level) > self.count(rule, path, level)
        };
        let levels = [Severity::Error, Severity::Warning];
        let grave = after.posture.keys().find(|key| levels.into_iter().any(|it| graver(key, it)));
        if grave.is_some() || least > Severity::Info {
            return grave.map(|(rule, path)| (*rule, Arc::clone(path)));
        }
        let (before, now) = (self.totals(&counts), after.totals(&counts));
        let more = now.iter().find(|(path, total)| before.get(*path).unwrap_or(&0) < total);
        let path = *more?.0;
        let fresh = after.posture.keys().find(|(rule, at)| {
            at == path
                && after.count(rule, at, Severity::Info) > self.count(rule, at, Severity::Info)
        });
        fresh.map(|(rule, path)| (*rule, Arc::clone(path)))
    }

    /// The first document that is there in both and is something else in `after`.
    pub fn turned_in<'s>(&'s self, after: &Self) -> Option<&'s str> {
        let turned = |(path, document): &(&String, &SeenDocument)| {
            after.documents.get(*path).is_none_or(|now| now.what != document.what)
        };
        self.documents.iter().find(turned).map(|(path, _)| path.as_str())
    }
}

impl SeenDocument {
    /// True when what is shown of it is what it holds.
    pub fn is_shown_whole(&self) -> bool {
        self.shown.as_bytes() == &*self.bytes
    }
}
