//! Holds a set of detectors to what its form promises, before anyone relies on it.
//!
//! Three kinds of test: the fields are there; the *pattern* is sound for the engine (every match holds a
//! keyword where the engine looks for one, is bounded and fits the window), decided on the pattern itself; and
//! the examples are found, the counter-examples not, by the engine that users run. All problems are data, and
//! all of them are reported at once: an author wants the list, not the first.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashMap;
use std::fmt;

use regex::bytes::RegexBuilder;

use super::pattern::{Pattern, Place, Proof};
use super::sieve;
use super::spec::DetectorSpec;
use super::template::expand;
use super::{Candidate, Engine, Note};
use crate::span::Span;

/// Largest compiled pattern, in bytes: half of what the engine accepts, so that data keeps a margin.
const COMPILED: usize = 1 << 20;
/// How many expansions of each template are tried.
const SEEDS: u64 = 40;
/// What may follow a keyword of three bytes.
const TOKEN_BYTES: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// Whether a detector with a problem can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It finds less, or more, than it says.
    Error,
    /// It works, and could be better.
    Advice,
}

/// Something about a detector that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub level: Level,
    /// Id of the detector.
    pub detector: String,
    /// The field of the data form.
    pub field: &'static str,
    /// What is wrong, without quoting what an example expands to.
    pub problem: String,
    /// What to write instead.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "detector `{}`, field `{}`: {}", self.detector, self.field, self.problem)?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

/// Tests `specs` as they would run beside the detectors `beside`, which are taken to be good.
///
/// Costs some milliseconds a detector, nearly all of it for the examples.
#[must_use]
pub fn lint(specs: &[DetectorSpec], beside: &[DetectorSpec]) -> Vec<Problem> {
    lint_with(specs, beside, SEEDS)
}

/// As [`lint()`], with `seeds` expansions of each template: for many detectors at once.
#[must_use]
pub fn lint_with(specs: &[DetectorSpec], beside: &[DetectorSpec], seeds: u64) -> Vec<Problem> {
    let mut lint = Lint { problems: Vec::new(), seeds };
    lint.ids(specs, beside);
    let usable: Vec<&DetectorSpec> = specs.iter().filter(|spec| lint.form(spec)).collect();
    lint.examples(&usable, beside);
    lint.problems
}

struct Lint {
    problems: Vec<Problem>,
    seeds: u64,
}

impl Lint {
    fn add(
        &mut self,
        spec: &DetectorSpec,
        field: &'static str,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem {
            level: Level::Error,
            detector: spec.id.to_string(),
            field,
            problem: problem.into(),
            help: help.into(),
        });
    }

    fn ids(&mut self, specs: &[DetectorSpec], beside: &[DetectorSpec]) {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for spec in beside.iter().chain(specs) {
            if let Some(provider) = seen.insert(&spec.id, &spec.provider) {
                let problem = format!("is also the id of a detector of `{provider}`");
                self.add(spec, "id", problem, "give each detector an id of its own");
            }
        }
    }

    /// True when the detector can be run.
    fn form(&mut self, spec: &DetectorSpec) -> bool {
        for (field, text, help) in [
            ("source", &spec.source, "say where the format is described, or `tokens seen`"),
            ("rotate", &spec.rotate, "say where the owner revokes it and what to set instead"),
        ] {
            if text.trim().is_empty() {
                self.add(spec, field, "is empty", help);
            }
        }
        if spec.matches.is_empty() {
            self.add(spec, "match", "no example", "add a template of text that must be found");
        }
        if spec.misses.is_empty() {
            let help = "add a template of a look-alike that must not be found";
            self.add(spec, "no_match", "no counter-example", help);
        }
        if let Err(error) = spec.validate() {
            self.add(spec, error.field, error.problem, "");
            return false;
        }
        self.pattern(spec)
    }

    fn pattern(&mut self, spec: &DetectorSpec) -> bool {
        let pattern = match Pattern::parse(&spec.pattern) {
            Ok(pattern) => pattern,
            Err(error) => {
                let help = "write it in the syntax of Rust's regex crate: no look-around, no back-reference";
                self.add(spec, "pattern", error, help);
                return false;
            }
        };
        if pattern.is_unicode() {
            let help = "use ASCII classes such as `[A-Za-z0-9]`, they are far faster";
            self.add(spec, "pattern", "has a Unicode class", help);
        }
        if pattern.is_tied_to_the_ends() {
            let problem =
                "`^` or `$` asks for the end of the engine's window, not of a line or file";
            self.add(spec, "pattern", problem, "leave it out: the engine tests the neighbours");
        }
        let compiled = RegexBuilder::new(&spec.pattern).unicode(false).size_limit(COMPILED).build();
        if compiled.is_err() {
            let problem = format!("compiles to more than {} KiB", COMPILED >> 10);
            self.add(spec, "pattern", problem, "use smaller repeats or fewer alternatives");
            return false;
        }
        let Some(shortest) = pattern.shortest() else {
            self.add(spec, "pattern", "can never match", "");
            return false;
        };
        if shortest == 0 {
            let help = "ask for at least one character";
            self.add(spec, "pattern", "takes the empty text", help);
            return false;
        }
        self.window(spec, &pattern, shortest);
        self.keywords(spec, &pattern);
        self.runs(spec, &pattern, shortest);
        true
    }

    fn window(&mut self, spec: &DetectorSpec, pattern: &Pattern, shortest: usize) {
        let Some(longest) = pattern.longest() else {
            let problem = format!(
                "a repeat has no upper bound: a match is cut off after {} bytes",
                spec.reach
            );
            self.add(spec, "pattern", problem, "write `{n,m}` in place of `*`, `+` or `{n,}`");
            if let Some(last) = self.problems.last_mut().filter(|_| spec.reach >= shortest) {
                last.level = Level::Advice;
            }
            return;
        };
        // What a match may have before its keyword need not fit behind it.
        let least = longest.saturating_sub(spec.before);
        if spec.reach >= least {
            return;
        }
        let why = if spec.reach < shortest.saturating_sub(spec.before) {
            "no match fits into `reach`"
        } else {
            "longer matches do not fit into `reach`"
        };
        let problem = format!("{why}: it is {}, a match has up to {longest} bytes", spec.reach);
        self.add(spec, "reach", problem, format!("write `reach: {least}` or more"));
    }

    /// The engine looks at the pattern only where a keyword is.
    fn keywords(&mut self, spec: &DetectorSpec, pattern: &Pattern) {
        // A keyword that is near the match is no part of it, and a name is not either.
        if spec.keywords.is_empty() || spec.near > 0 {
            return;
        }
        let place = if spec.before > 0 { Place::Within(spec.before) } else { Place::Start };
        if pattern.proves(&in_reach(spec), spec.ignore_case, place) == Proof::Holds {
            return;
        }
        let keywords: Vec<&[u8]> = spec.keywords.iter().map(|word| word.as_bytes()).collect();
        let plain = pattern.proves(&keywords, spec.ignore_case, place);
        let anywhere = pattern.proves(&keywords, spec.ignore_case, Place::Anywhere);
        let (problem, help) = if plain == Proof::Unknown || anywhere == Proof::Unknown {
            (
                "the pattern is too large to see whether each match holds a keyword".to_owned(),
                "use smaller repeats".to_owned(),
            )
        } else if plain == Proof::Holds {
            let problem =
                "a keyword of three bytes must be followed by a letter, digit, `_` or `-`";
            (problem.to_owned(), "use a longer literal".to_owned())
        } else if anywhere == Proof::Holds && spec.before > 0 {
            let problem =
                format!("a match may begin more than {} bytes before its keyword", spec.before);
            (problem, "raise `before`, or bound what stands before the keyword".to_owned())
        } else if anywhere == Proof::Holds {
            let help = "set `before` to the most that may stand before it";
            ("a match may begin before its keyword".to_owned(), help.to_owned())
        } else if !spec.ignore_case
            && pattern.proves(&keywords, true, Place::Anywhere) == Proof::Holds
        {
            (
                "the pattern takes any case, the keywords do not".to_owned(),
                "set `ignore_case: true`".to_owned(),
            )
        } else {
            let help = pattern.literals().map_or_else(
                || "no literal stands in every match: use `keys`, or a narrower pattern".to_owned(),
                |set| {
                    let words: Vec<_> = set
                        .iter()
                        .take(6)
                        .map(|word| format!("`{}`", word.escape_ascii()))
                        .collect();
                    format!("these stand in every match, in some case: {}", words.join(", "))
                },
            );
            ("some match holds no keyword, and would never be found".to_owned(), help)
        };
        self.add(spec, "keywords", problem, help);
    }

    /// Without `literal`, keywords are looked for in long runs of token characters only.
    fn runs(&mut self, spec: &DetectorSpec, pattern: &Pattern, shortest: usize) {
        let in_runs = spec.keywords.iter().any(|word| word.bytes().all(sieve::is_inside));
        if spec.literal || spec.near > 0 || !in_runs {
            return;
        }
        let why = if shortest < sieve::SHORTEST {
            format!(
                "a match may have {shortest} bytes, and runs shorter than {} are not read",
                sieve::SHORTEST
            )
        } else if !pattern.takes_digits() {
            "no match has a digit, and runs without one are not read".to_owned()
        } else {
            return;
        };
        self.add(spec, "literal", why, "set `literal: true`");
    }

    fn examples(&mut self, specs: &[&DetectorSpec], beside: &[DetectorSpec]) {
        let all = specs.iter().map(|&spec| spec.clone());
        let others = beside.iter().filter(|b| specs.iter().all(|spec| spec.id != b.id)).cloned();
        let engine = match Engine::new(all.chain(others).collect()) {
            Ok(engine) => engine,
            Err(error) => {
                self.problems.push(Problem {
                    level: Level::Error,
                    detector: error.detector,
                    field: error.field,
                    problem: error.problem,
                    help: String::new(),
                });
                return;
            }
        };
        for spec in specs {
            let mut sound = spec.matches.is_empty();
            for template in spec.matches.iter() {
                match must_match(&engine, spec, template, self.seeds) {
                    Ok(undoubted) => sound |= undoubted,
                    Err((problem, help)) => {
                        sound = true;
                        self.add(spec, "match", format!("`{}`: {problem}", shown(template)), help);
                    }
                }
            }
            if !sound {
                let help = "give one a right checksum, such as `{crc32-base62:6}`";
                self.add(spec, "match", "its check doubts every example", help);
            }
            for template in spec.misses.iter() {
                if let Err((problem, help)) = must_miss(&engine, spec, template, self.seeds) {
                    self.add(spec, "no_match", format!("`{}`: {problem}", shown(template)), help);
                }
            }
        }
    }
}

fn fail<T>(problem: impl Into<String>, help: impl Into<String>) -> Result<T, (String, String)> {
    Err((problem.into(), help.into()))
}

/// The keywords as the engine can meet them: three bytes need a token character behind them, unless they are
/// among the literals.
fn in_reach(spec: &DetectorSpec) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    for word in spec.keywords.iter() {
        if word.len() > 3 || spec.literal {
            words.push(word.as_bytes().to_vec());
        } else {
            words.extend(TOKEN_BYTES.iter().map(|&next| [word.as_bytes(), &[next]].concat()));
        }
    }
    words
}

/// A template on one line, and not all of a long one.
fn shown(template: &str) -> String {
    let line: String = template.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut short: String = line.chars().take(72).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

/// Text without its `«»` marks, and the span between them, or all of it.
fn example(template: &str, seed: u64) -> Result<(String, Span), (String, String)> {
    let marked = expand(template, seed).map_err(|error| (error.to_string(), String::new()))?;
    let Some((before, rest)) = marked.split_once('«') else {
        let end = marked.len();
        return Ok((marked, Span::new(0, end)));
    };
    let Some((secret, after)) = rest.split_once('»') else {
        return Err(("`«` is not closed".to_owned(), "put `»` behind the secret".to_owned()));
    };
    let span = Span::new(before.len(), before.len() + secret.len());
    Ok((format!("{before}{secret}{after}"), span))
}

fn scan(engine: &Engine, text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    engine.scan(text.as_bytes(), Default::default, &mut found);
    // What the context tells is no detector's doing, and an example is none of its finds.
    found.retain(|candidate| {
        engine.spec(candidate).is_some() && candidate.note != Some(Note::Example)
    });
    found
}

/// True when an expansion is found without a doubt.
fn must_match(
    engine: &Engine,
    spec: &DetectorSpec,
    template: &str,
    seeds: u64,
) -> Result<bool, (String, String)> {
    let mut sound = false;
    for seed in 0..seeds {
        let (text, span) = example(template, seed)?;
        let found = scan(engine, &text);
        let id = |c: &Candidate| engine.spec(c).map_or("", |spec| &*spec.id);
        let Some(own) = found.iter().find(|c| id(c) == spec.id) else {
            return match found.first() {
                Some(other) => fail(
                    format!("`{}` is found in its place", id(other)),
                    "make the keywords longer or the pattern narrower, or drop one of the two",
                ),
                None => fail(
                    "is not found",
                    "compare pattern, `min_entropy`, `check` and `context` with the example",
                ),
            };
        };
        if own.span != span {
            let problem = format!(
                "the secret is found at {}..{}, the example has it at {}..{}",
                own.span.start, own.span.end, span.start, span.end
            );
            return fail(problem, "mark the secret with `«»`, or name it with `(?P<secret>…)`");
        }
        if let Some(other) = found.iter().find(|c| id(c) != spec.id) {
            return fail(format!("`{}` is found beside it", id(other)), "narrow one of the two");
        }
        sound |= own.confidence >= spec.confidence;
        if seed > 0 {
            continue;
        }
        let prefix = spec.public_prefix(span.of(text.as_bytes()));
        let (other, span) = example(template, seeds)?;
        if !span.of(other.as_bytes()).starts_with(prefix.as_bytes()) {
            let problem = "a report would show secret bytes as the vendor's prefix";
            return fail(problem, "set `hide_prefix: true`");
        }
    }
    Ok(sound)
}

fn must_miss(
    engine: &Engine,
    spec: &DetectorSpec,
    template: &str,
    seeds: u64,
) -> Result<(), (String, String)> {
    for seed in 0..seeds {
        let (text, _) = example(template, seed)?;
        let own = |c: &&Candidate| engine.spec(c).is_some_and(|found| found.id == spec.id);
        if scan(engine, &text).iter().any(|c| own(&c)) {
            return fail("is found", "narrow the pattern, or move the line to `match`");
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
