//! A baseline: the findings that an operator knows of, so that only new ones count.
//!
//! An entry is a rule and a salted digest of what was found. Neither line nor path goes in, so it holds when lines move
//! and files are renamed; entries are lines of their own and sorted, so that two branches can add to them. Of a credential
//! the value is what was found, but only one that nobody can guess: a digest of a weak password, salted or not, is as
//! good as the password, so of those the masked line goes in, and another weak password in its place is not noticed.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::names_rule;
use crate::finding::{Finding, Suppression, Suppressor};

/// What the file begins with.
const HEADER: &str = "# hermes-lint baseline 1: findings that are known";
/// Bytes of the salt.
pub const SALT: usize = 32;
/// Bytes of an entry's digest.
const DIGEST: usize = 16;
/// Families whose findings are about a file and not about what it says.
const FILES: &[&str] = &["audit", "host", "repo"];
/// Entries that are read.
const MOST: usize = 1_000_000;

/// What an operator wrote beside an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// Why it is left.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it holds.
    pub until: Option<String>,
    /// The line it stands in, from 1; 0 for one that is not written yet.
    pub line: usize,
}

/// Rule and digest.
type Key = (String, String);

/// The findings that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    salt: [u8; SALT],
    entries: BTreeMap<Key, Remark>,
}

/// A baseline that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
}

impl Baseline {
    /// An empty one.
    #[must_use]
    pub const fn new(salt: [u8; SALT]) -> Self {
        Self { salt, entries: BTreeMap::new() }
    }

    /// Reads the text of a baseline.
    ///
    /// # Errors
    ///
    /// The first line that is none of one.
    pub fn parse(text: &str) -> Result<Self, Broken> {
        let broken = |line: usize, message: &str| Broken { message: message.to_owned(), line };
        let mut lines = text.lines().zip(1..);
        if lines.next().map(|(line, _)| line.trim_end()) != Some(HEADER) {
            return Err(broken(1, "this is no baseline of hermes-lint"));
        }
        let mut salt = None;
        let mut entries = BTreeMap::new();
        for (line, number) in lines.take(MOST) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with("<<<<<<<")
                || line.starts_with("=======")
                || line.starts_with(">>>>>>>")
            {
                return Err(broken(
                    number,
                    "a merge was left undecided here: keep the lines of both sides",
                ));
            }
            let mut words = line.split_whitespace();
            let (Some(name), Some(value)) = (words.next(), words.next()) else {
                return Err(broken(number, "write a rule and a digest"));
            };
            let bytes = HEXLOWER.decode(value.as_bytes()).unwrap_or_default();
            if name == "salt" {
                let read: [u8; SALT] =
                    bytes.try_into().map_err(|_| broken(number, "the salt is 64 hex digits"))?;
                if salt.is_some_and(|salt| salt != read) {
                    return Err(broken(number, "there are two salts: write the baseline anew"));
                }
                salt = Some(read);
                continue;
            }
            if bytes.len() != DIGEST || !name.contains('/') {
                return Err(broken(number, "write a rule and a digest of 32 hex digits"));
            }
            let mut remark = Remark { line: number, ..Remark::default() };
            let mut reason = Vec::new();
            for word in words {
                match word.split_once('=') {
                    Some(("owner", name)) => remark.owner = Some(name.to_owned()),
                    Some(("until", day)) => remark.until = Some(day.to_owned()),
                    _ => reason.push(word),
                }
            }
            remark.reason = (!reason.is_empty()).then(|| reason.join(" "));
            entries.insert((name.to_owned(), value.to_owned()), remark);
        }
        let salt = salt.ok_or_else(|| broken(1, "there is no `salt` line"))?;
        Ok(Self { salt, entries })
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}\nsalt {}\n", HEXLOWER.encode(&self.salt));
        for ((rule, digest), remark) in &self.entries {
            let _ = write!(text, "{rule} {digest}");
            for (name, value) in [("owner", &remark.owner), ("until", &remark.until)] {
                if let Some(value) = value {
                    let _ = write!(text, " {name}={value}");
                }
            }
            if let Some(reason) = &remark.reason {
                let _ = write!(text, " {reason}");
            }
            text.push('\n');
        }
        text
    }

    /// What the tags of values are made with, so that they are the same in every run.
    #[must_use]
    pub const fn salt(&self) -> &[u8; SALT] {
        &self.salt
    }

    /// How many findings are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What operators wrote beside entries, with the rules of those.
    pub fn remarks(&self) -> impl Iterator<Item = (&str, &Remark)> {
        self.entries.iter().map(|((rule, _), remark)| (rule.as_str(), remark))
    }

    /// The keys of `findings`, in the same order; equal ones are numbered.
    fn keys<'f>(&self, findings: impl Iterator<Item = &'f Finding>) -> Vec<Key> {
        let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
        findings
            .map(|finding| {
                let evidence = self.digest(&parts(finding));
                let count = seen.entry(evidence).or_default();
                let digest = self.digest(&[&evidence, &count.to_be_bytes()]);
                *count += 1;
                let short = digest.get(..DIGEST).unwrap_or_default();
                (finding.rule.to_owned(), HEXLOWER.encode(short))
            })
            .collect()
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.salt) else { return [0; 32] };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// For each of `findings`, in report order, what the baseline says of it. Returns the entries that none of them
    /// needs as well.
    #[must_use]
    pub fn known(&self, findings: &[&Finding]) -> (Vec<Option<Suppression>>, Vec<Key>) {
        let keys = self.keys(findings.iter().copied());
        let mut left = self.entries.clone();
        let known = keys
            .iter()
            .map(|key| {
                let Remark { reason, owner, until, .. } = left.remove(key)?;
                Some(Suppression { by: Suppressor::Baseline, reason, owner, until })
            })
            .collect();
        (known, left.into_keys().collect())
    }

    /// The baseline of exactly these findings, with the remarks of those that it knows already.
    #[must_use]
    pub fn of(&self, findings: &[&Finding]) -> Self {
        let keys = self.keys(findings.iter().copied());
        let remark = |key: &Key| self.entries.get(key).cloned().unwrap_or_default();
        let entries = keys.into_iter().map(|key| (key.clone(), remark(&key))).collect();
        Self { salt: self.salt, entries }
    }

    /// Without the entries `keys`.
    #[must_use]
    pub fn without(mut self, keys: &[Key]) -> Self {
        self.entries.retain(|key, _| !keys.contains(key));
        self
    }
}

/// What was found, as far as it goes into an entry.
fn parts(finding: &Finding) -> Vec<&[u8]> {
    let credential = finding.credential.as_ref();
    let tag = credential.filter(|one| !one.guessable).and_then(|one| one.tag.as_ref());
    if let Some(tag) = tag {
        return vec![finding.rule.as_bytes(), b"value", tag.bytes()];
    }
    let mut parts: Vec<&[u8]> = vec![finding.rule.as_bytes(), b"place", finding.anchor.as_bytes()];
    match &finding.location.excerpt {
        Some(excerpt) => {
            parts.extend(excerpt.text.lines().map(|line| line.trim().as_bytes()));
        }
        // What is wrong with a file itself, its mode or that it is there, is about no other file.
        None if FILES.iter().any(|family| names_rule(family, finding.rule)) => {
            parts.push(finding.location.identity.as_bytes());
        }
        None => {}
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Credential, Excerpt, Location, Region, Severity, ValueTag};

    fn finding(rule: &'static str, path: &str, line: usize, text: &str) -> Finding {
        let region = Region { line, column: 1, end_line: line, end_column: 2 };
        let excerpt =
            Excerpt { text: text.to_owned(), first_line: line, first_column: 1, marked: (0, 1) };
        let location =
            Location { region: Some(region), excerpt: Some(excerpt), ..Location::file(path, path) };
        Finding {
            rule,
            severity: Severity::Error,
            confidence: Confidence::High,
            location,
            label: "".into(),
            message: String::new(),
            help: None,
            notes: Vec::new(),
            related: Vec::new(),
            fix: None,
            credential: None,
            history: None,
            anchor: "a.b".to_owned(),
            fingerprint: String::new(),
        }
    }

    fn secret(value: &str, path: &str, guessable: bool) -> Finding {
        let credential = Credential {
            provider: None,
            detector: "x".into(),
            redacted: String::new(),
            reasons: Vec::new(),
            tag: Some(ValueTag::of(value.as_bytes())),
            guessable,
        };
        Finding { credential: Some(credential), ..finding("secret/x", path, 1, "key = …") }
    }

    fn base() -> Baseline {
        Baseline::new([7; SALT])
    }

    fn known(baseline: &Baseline, findings: &[Finding]) -> Vec<bool> {
        let findings: Vec<&Finding> = findings.iter().collect();
        baseline.known(&findings).0.iter().map(Option::is_some).collect()
    }

    #[test]
    fn lines_may_move_and_files_be_renamed() {
        let before = [finding("a/b", "x.yaml", 3, "  deny: []"), secret("one", "x", false)];
        let baseline = base().of(&before.iter().collect::<Vec<_>>());
        let after = [finding("a/b", "deep/y.yaml", 99, "deny: []"), secret("one", "z", false)];
        assert_eq!(known(&baseline, &after), [true, true]);
    }

    #[test]
    fn what_is_another_finding_is_not_known() {
        let baseline =
            base().of(&[&finding("a/b", "x", 3, "deny: []"), &secret("one", "x", false)]);
        let others = [
            finding("a/c", "x", 3, "deny: []"),
            finding("a/b", "x", 3, "deny: [x]"),
            secret("two", "x", false),
        ];
        assert_eq!(known(&baseline, &others), [false, false, false]);
        // And the same once more is one more.
        let twice = [finding("a/b", "x", 3, "deny: []"), finding("a/b", "y", 3, "deny: []")];
        assert_eq!(known(&baseline, &twice), [true, false]);
    }

    #[test]
    fn a_weak_value_does_not_go_in() {
        let weak = base().of(&[&secret("one", "x", true)]);
        assert_eq!(weak, base().of(&[&secret("two", "x", true)]));
        assert_ne!(
            base().of(&[&secret("one", "x", false)]),
            base().of(&[&secret("two", "x", false)])
        );
        // Another salt, other digests.
        let one = secret("one", "x", true);
        let (a, b) = (base().of(&[&one]), Baseline::new([8; SALT]).of(&[&one]));
        assert_ne!(a.text().lines().last(), b.text().lines().last());
    }

    #[test]
    fn the_text_is_sorted_and_read_back_with_remarks() {
        let all = [finding("c/d", "x", 1, "b"), finding("a/b", "x", 2, "a")];
        let text = base().of(&all.iter().collect::<Vec<_>>()).text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[2].starts_with("a/b ") && lines[3].starts_with("c/d "), "{text}");
        let remarked = text
            .replace(lines[2], &format!("{}  until=2027-01-31 owner=ops  wait for it", lines[2]));
        let read = Baseline::parse(&remarked).unwrap();
        let expected = Remark {
            reason: Some("wait for it".to_owned()),
            owner: Some("ops".to_owned()),
            until: Some("2027-01-31".to_owned()),
            line: 3,
        };
        assert_eq!(read.remarks().next(), Some(("a/b", &expected)));
        assert_eq!(Baseline::parse(&read.text()).unwrap(), read);
        // Written anew, it keeps what an operator wrote.
        let again = read.of(&all.iter().collect::<Vec<_>>());
        assert_eq!(again, read);
        let (_, unused) = read.known(&[&all[0]]);
        assert_eq!(unused.len(), 1);
        assert_eq!(read.without(&unused).len(), 1);
    }

    #[test]
    fn both_sides_of_a_merge_hold() {
        let (one, two) = (finding("a/b", "x", 1, "a"), finding("a/b", "x", 2, "b"));
        let (ours, theirs) = (base().of(&[&one]).text(), base().of(&[&two]).text());
        let merged = format!("{ours}{}\n", theirs.lines().last().unwrap());
        assert_eq!(known(&Baseline::parse(&merged).unwrap(), &[one, two]), [true, true]);
    }

    #[test]
    fn what_is_broken_is_named_with_its_line() {
        let salt = format!("salt {}\n", "0".repeat(64));
        for (text, line) in [
            (String::new(), 1),
            ("x\n".to_owned(), 1),
            (format!("{HEADER}\n"), 1),
            (format!("{HEADER}\nsalt 00\n"), 2),
            (format!("{HEADER}\n{salt}a/b\n"), 3),
            (format!("{HEADER}\n{salt}a/b 0011\n"), 3),
            (format!("{HEADER}\n{salt}<<<<<<< HEAD\n"), 3),
            (format!("{HEADER}\n{salt}salt {}\n", "1".repeat(64)), 3),
        ] {
            assert_eq!(Baseline::parse(&text).unwrap_err().line, line, "{text}");
        }
    }
}
