//! Decisions that stand in the files themselves: `# hermes-lint: allow(rule) reason`, and the marks of other scanners.
//!
//! A mark counts in a comment only, in whatever form the file has comments: at the end of a line for that line, alone on
//! a line for the next one, as `allow-file` for the file. Files are searched for the one word that all marks of our own
//! hold; those of others are looked for beside findings only.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::names_rule;
use crate::finding::{Decision, Finding, Mark, Reach, Says, Standing};

/// What every mark begins with.
const WORD: &[u8] = b"hermes-lint:";
/// Marks that are read of one file, so that a hostile one costs no more.
const MOST: usize = 1_000;
/// How far a mark is read, in bytes.
const LONGEST: usize = 1_000;
/// What begins a comment, by the ending of a file's name. In a text of prose, a mark that is only shown is none.
const OPENERS: &[(&[&str], &[&str])] = &[
    (&["md", "markdown", "mdx", "rst", "xml", "svg", "plist"], &["<!--"]),
    (&["html", "htm", "vue", "svelte", "astro", "php"], &["<!--", "//", "/*", "*", "#"]),
    (
        &[
            "rs", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "go", "c", "h", "cc",
            "cpp", "hpp", "cs", "java", "kt", "kts", "swift", "scala", "dart", "json5", "jsonc",
            "css", "scss", "less", "proto", "zig", "gradle", "groovy",
        ],
        &["//", "/*", "*"],
    ),
    (
        &[
            "py",
            "pyi",
            "sh",
            "bash",
            "zsh",
            "fish",
            "rb",
            "pl",
            "r",
            "toml",
            "env",
            "cfg",
            "mk",
            "cmake",
            "nix",
            "dockerfile",
        ],
        &["#"],
    ),
    (&["yaml", "yml", "j2", "jinja", "jinja2", "tpl", "tmpl"], &["#", "{#", "{{/*", "{{- /*"]),
    (&["tf", "tfvars", "hcl"], &["#", "//", "/*", "*"]),
    (&["sql", "lua", "hs", "elm"], &["--", "/*", "*"]),
    (&["ini", "service", "timer", "conf", "properties"], &["#", ";"]),
];
/// What begins a comment in a file of any other kind.
const ANY: &[&str] = &[
    "#", "//", "/*", "<!--", ";", "--", "%", "{#", "{{/*", "{{- /*", "*", "REM", "rem", "'", "dnl",
];
/// What ends one on the same line.
const CLOSERS: &[&str] = &["-->", "*/", "*/}}", "*/ -}}", "#}", "--%>"];
/// The marks of other scanners: the one for a line.
const OTHERS: &[&str] = &[
    "gitleaks:allow",
    "betterleaks:allow",
    "pragma: allowlist secret",
    "pragma: whitelist secret",
    "trufflehog:ignore",
    "kingfisher:ignore",
];
/// And those for the line after.
const BEFORE: &[&str] = &["pragma: allowlist nextline secret", "pragma: whitelist nextline secret"];

/// A mark as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// Its bytes, from the word to the end of what it says.
    pub span: Range<usize>,
    /// What it speaks for.
    pub reach: Reach,
    /// What it says.
    pub says: Says,
}

/// True when `mark` speaks for `finding`, whatever rule that is of.
fn reaches(mark: &Mark, finding: &Finding) -> bool {
    match (&mark.reach, finding.location.region) {
        (Reach::File, _) => true,
        (Reach::Lines(lines), Some(at)) => {
            lines.start <= at.end_line.max(at.line) && at.line < lines.end
        }
        (Reach::Lines(_), None) => false,
    }
}

/// The marks of a run, by file.
#[derive(Debug, Default)]
pub struct Marks {
    all: Vec<Mark>,
    by_file: HashMap<Arc<str>, Vec<usize>>,
    today: jiff::civil::Date,
}

impl Marks {
    /// These marks, on the day `today`.
    #[must_use]
    pub fn new(mut all: Vec<Mark>, today: jiff::civil::Date) -> Self {
        let place = |mark: &Mark| {
            (mark.location.path.clone(), mark.location.region.map(|at| (at.line, at.column)))
        };
        all.sort_by_cached_key(place);
        all.dedup();
        let mut by_file: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for (number, mark) in all.iter().enumerate() {
            by_file.entry(mark.location.identity.clone()).or_default().push(number);
        }
        Self { all, by_file, today }
    }

    /// Whether a decision that holds to `until` does today.
    #[must_use]
    pub fn standing(&self, until: Option<&str>) -> Standing {
        match until.map(str::parse::<jiff::civil::Date>) {
            None => Standing::Holds,
            Some(Ok(day)) if day >= self.today => Standing::Holds,
            Some(Ok(_)) => Standing::Expired,
            Some(Err(_)) => Standing::NoDay,
        }
    }

    fn of<'m, 'f>(
        &'m self,
        finding: &'f Finding,
    ) -> impl Iterator<Item = (usize, &'m Mark)> + use<'m, 'f> {
        let numbers = self.by_file.get(&finding.location.identity).into_iter().flatten();
        numbers.filter_map(|number| Some((*number, self.all.get(*number)?))).filter(|(_, mark)| {
            let named = if mark.is_foreign {
                names_rule("secret", finding.rule)
            } else {
                mark.says.rules.iter().any(|rule| names_rule(rule, finding.rule))
            };
            named && reaches(mark, finding)
        })
    }

    /// The mark by which `finding` does not count.
    #[must_use]
    pub fn covering(&self, finding: &Finding) -> Option<&Mark> {
        let holds = |mark: &Mark| {
            !mark.is_powerless && self.standing(mark.says.until.as_deref()) == Standing::Holds
        };
        self.of(finding).map(|(_, mark)| mark).find(|mark| holds(mark))
    }

    /// What came of each mark of our own: `findings` are all there are, unless the run is `partial`.
    #[must_use]
    pub fn decisions(
        &self,
        findings: &[Finding],
        partial: bool,
        wants_reason: bool,
        is_rule: impl Fn(&str) -> bool,
    ) -> Vec<Decision> {
        let mut covers = vec![0; self.all.len()];
        for finding in findings {
            for (number, _) in self.of(finding) {
                if let Some(count) = covers.get_mut(number) {
                    *count += 1;
                }
            }
        }
        let own = self.all.iter().zip(covers).filter(|(mark, _)| !mark.is_foreign);
        own.map(|(mark, covers)| Decision {
            location: mark.location.clone(),
            says: mark.says.clone(),
            standing: if mark.is_powerless {
                Standing::Powerless
            } else {
                self.standing(mark.says.until.as_deref())
            },
            covers: Some(covers).filter(|covers| !partial || *covers > 0),
            unknown: mark.says.rules.iter().filter(|rule| !is_rule(rule)).cloned().collect(),
            lacks_reason: wants_reason && mark.says.reason.is_none(),
        })
        .collect()
    }
}

/// Reads what stands behind the word: `allow(rule, family) why owner=NAME until=DATE`. True when it is of the file.
fn read(text: &str) -> Option<(bool, Says)> {
    let (of_file, rest) = match text.strip_prefix("allow-file(") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("allow(")?),
    };
    let (rules, rest) = rest.split_once(')')?;
    let rules = rules.split(',').map(|rule| rule.trim().to_owned());
    let mut says =
        Says { rules: rules.filter(|rule| !rule.is_empty()).collect(), ..Says::default() };
    let mut reason = Vec::new();
    for word in rest.split_whitespace() {
        match word.split_once('=') {
            Some(("owner", name)) if !name.is_empty() => says.owner = Some(name.to_owned()),
            Some(("until", day)) if !day.is_empty() => says.until = Some(day.to_owned()),
            _ => reason.push(word),
        }
    }
    let reason = reason.join(" ");
    let reason = reason.trim_matches(|c: char| !c.is_alphanumeric() && c != '(' && c != ')');
    says.reason = (!reason.is_empty()).then(|| reason.to_owned());
    Some((of_file, says))
}
/// What begins a comment in the file `name`.
fn openers(name: &str) -> &'static [&'static str] {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let ending = name.rsplit('.').next().unwrap_or_default();
    // `.env.prod`, `Dockerfile.gpu`.
    let ending = if name.starts_with(".env") { "env" } else { ending };
    let ending = if name.starts_with("dockerfile") { "dockerfile" } else { ending };
    OPENERS
        .iter()
        .find(|(endings, _)| endings.contains(&ending))
        .map_or(ANY, |(_, openers)| openers)
}

/// The marks in `bytes` of the file `name`, of which the first is in the line `first`, counted from 1.
#[must_use]
pub fn find(name: &str, bytes: &[u8], first: usize) -> Vec<Raw> {
    let openers = openers(name);
    let mut marks: Vec<Raw> = Vec::new();
    // The end of the last line that was counted, and its number.
    let (mut counted, mut line) = (0, first);
    for at in memmem::find_iter(bytes, WORD).take(MOST) {
        let gone = bytes.get(counted..at).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', gone).count();
        counted = at;
        let start =
            memchr::memrchr(b'\n', bytes.get(..at).unwrap_or_default()).map_or(0, |at| at + 1);
        let end = line_end(bytes, at).min(at + LONGEST);
        let before = String::from_utf8_lossy(bytes.get(start..at).unwrap_or_default());
        let before = before.trim_end();
        let Some(opener) = openers.iter().find(|opener| before.ends_with(**opener)) else {
            continue;
        };
        // A letter that a word ends with opens nothing.
        let rest = before.strip_suffix(opener).unwrap_or_default();
        if opener.chars().all(char::is_alphabetic) && !rest.trim().is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(bytes.get(at + WORD.len()..end).unwrap_or_default());
        let text = CLOSERS.iter().fold(text.trim(), |text, closer| {
            text.split_once(closer).map_or(text, |(text, _)| text).trim_end()
        });
        let Some((of_file, says)) = read(text) else { continue };
        let alone =
            rest.trim_matches(|c: char| c.is_whitespace() || "#/*-;<!%{".contains(c)).is_empty();
        let reach = match (of_file, alone) {
            (true, _) => Reach::File,
            (false, true) => Reach::Lines(line..line + 2),
            (false, false) => Reach::Lines(line..line + 1),
        };
        // Of several that stand above each other, each speaks for the line below the last.
        if let Reach::Lines(own) = &reach
            && alone
        {
            let (reached, end) = (own.start + 1, own.end);
            for mark in marks.iter_mut().rev() {
                match &mut mark.reach {
                    Reach::Lines(lines) if lines.end == reached && lines.len() > 1 => {
                        lines.end = end;
                    }
                    _ => break,
                }
            }
        }
        marks.push(Raw { span: at..end, reach, says });
    }
    marks
}

/// The mark of another scanner for the line at `offset`: on it, or for it on the one above.
#[must_use]
pub fn foreign(bytes: &[u8], offset: usize) -> Option<(Range<usize>, &'static str)> {
    let newline = |upto: usize| memchr::memrchr(b'\n', bytes.get(..upto).unwrap_or_default());
    let start = newline(offset).map_or(0, |at| at + 1);
    let line = start..line_end(bytes, offset);
    let above = start.checked_sub(1).map(|end| newline(end).map_or(0, |at| at + 1)..end);
    let search = |range: &Range<usize>, words: &[&'static str]| {
        let text = bytes.get(range.clone()).unwrap_or_default();
        // In a line of many megabytes nobody wrote a comment.
        let text = text.get(text.len().saturating_sub(LONGEST)..).unwrap_or_default();
        words.iter().find_map(|word| {
            let at = memmem::rfind(text, word.as_bytes())?;
            let at = range.end - text.len() + at;
            Some((at..at + word.len(), *word))
        })
    };
    search(&line, OTHERS).or_else(|| search(&above?, BEFORE))
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaches(text: &str) -> Vec<Reach> {
        find("x", text.as_bytes(), 1).into_iter().map(|mark| mark.reach).collect()
    }

    #[test]
    fn a_mark_stands_in_a_comment_of_any_kind() {
        for line in [
            "x: y  # hermes-lint: allow(config/lax-value) it is a test",
            "let x = 1; // hermes-lint: allow(config/lax-value) it is a test",
            "x /* hermes-lint: allow(config/lax-value) it is a test */",
            "text <!-- hermes-lint: allow(config/lax-value) it is a test -->",
            "x = 1 ; hermes-lint: allow( config/lax-value ) - it is a test",
            "x = 1 -- hermes-lint: allow(config/lax-value): it is a test.",
            "{{- x }} {{/* hermes-lint: allow(config/lax-value) it is a test */}}",
        ] {
            let [mark] = &find("x", line.as_bytes(), 1)[..] else { panic!("{line}") };
            assert_eq!(mark.reach, Reach::Lines(1..2), "{line}");
            assert_eq!(mark.says.rules, ["config/lax-value"]);
            assert_eq!(mark.says.reason.as_deref(), Some("it is a test"), "{line}");
        }
    }

    #[test]
    fn comments_are_those_of_the_kind_of_file() {
        for (name, line, expected) in [
            ("README.md", "    x: y  # hermes-lint: allow(config) shown", false),
            ("README.md", "<!-- hermes-lint: allow(config) -->", true),
            ("a/b.py", "x = 1  # hermes-lint: allow(config)", true),
            ("a/b.py", "x = \"// hermes-lint: allow(config)\"", false),
            ("a.rs", "let x = \"# hermes-lint: allow(config)\";", false),
            ("a.rs", "x(); // hermes-lint: allow(config)", true),
            ("home/.env.prod", "X=1 # hermes-lint: allow(config)", true),
            ("deploy/Dockerfile.gpu", "# hermes-lint: allow(config)", true),
            ("values.yaml", "{{- /* hermes-lint: allow(config) */ -}}", true),
            ("odd.zz", "% hermes-lint: allow(config)", true),
        ] {
            assert_eq!(
                find(name, line.as_bytes(), 1).len(),
                usize::from(expected),
                "{name}: {line}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for line in [
            "see hermes-lint: allow(x)",
            "# hermes-lint: allow x",
            "# hermes-lint: allow(x",
            "# hermes-lint:allow",
            "harem hermes-lint: allow(x)",
            "\"hermes-lint: allow(x)\"",
        ] {
            assert!(find("x", line.as_bytes(), 1).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_mark_speaks_for_its_line_the_next_one_or_the_file() {
        let text = "a\n# hermes-lint: allow(x/y)\nb\nc # hermes-lint: allow(x)\n# hermes-lint: allow-file(z)\n";
        assert_eq!(reaches(text), [Reach::Lines(2..4), Reach::Lines(4..5), Reach::File]);
        let stacked = "# hermes-lint: allow(a)\n# hermes-lint: allow(b)\n# hermes-lint: allow(c)\nx\n# hermes-lint: allow(d)\n";
        assert_eq!(
            reaches(stacked),
            [Reach::Lines(1..5), Reach::Lines(2..5), Reach::Lines(3..5), Reach::Lines(5..7)]
        );
    }

    #[test]
    fn owner_and_day_are_told_from_the_reason() {
        let text =
            "x # hermes-lint: allow(secret, env/a) owner=ops a test key until=2027-01-31 of ours";
        let [mark] = &find("x", text.as_bytes(), 9)[..] else { panic!() };
        assert_eq!(
            mark.says,
            Says {
                rules: vec!["secret".to_owned(), "env/a".to_owned()],
                reason: Some("a test key of ours".to_owned()),
                owner: Some("ops".to_owned()),
                until: Some("2027-01-31".to_owned()),
            }
        );
        assert_eq!(mark.reach, Reach::Lines(9..10));
        assert_eq!(find("x", b"# hermes-lint: allow(a) --", 1)[0].says.reason, None);
    }

    #[test]
    fn marks_of_other_scanners_are_found_beside_a_finding() {
        let text = b"# pragma: allowlist nextline secret\na = 1\nb = 2 # gitleaks:allow\nc = 3\n";
        let at = |needle: &[u8]| foreign(text, memmem::find(text, needle).unwrap());
        assert_eq!(at(b"a = 1").map(|(_, word)| word), Some("pragma: allowlist nextline secret"));
        let (span, word) = at(b"b = 2").unwrap();
        assert_eq!((&text[span], word), (&b"gitleaks:allow"[..], "gitleaks:allow"));
        assert_eq!(at(b"c = 3"), None);
        assert_eq!(foreign(b"", 0), None);
    }

    #[test]
    fn no_bytes_make_it_fail() {
        let mut hostile = vec![0xff; 40];
        hostile.extend(b"#hermes-lint:allow(\xff\xfe)".repeat(3));
        assert_eq!(find("x", &hostile, 1).len(), 3);
        let many = b"#hermes-lint: allow(a)\n".repeat(5_000);
        assert_eq!(find("x", &many, 1).len(), MOST);
    }
}
