//! Reads the part of betterleaks' filter expressions that our own terms can say.
//!
//! A filter is true for what shall be dropped. Its common form is a few tests joined by `||`; these become
//! exceptions and a least entropy. Anything richer (`let`, negation, arithmetic, a file's attributes other than
//! the path) is handed back as text that was not understood: the rule then finds more, never less.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// What a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Secret,
    Match,
    Line,
    Path,
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// One of these regular expressions is found in it.
    Matches(Subject, Vec<String>),
    /// One of these texts is in it.
    Contains(Subject, Vec<String>),
    /// The secret has less entropy than this, in bits a character; true when exactly as much counts, too.
    Entropy(f64, bool),
    /// The secret reads as words.
    Words,
    /// A pair or more, all of which hold.
    All(Vec<Test>),
    /// The opposite.
    Not(Box<Test>),
    /// Text that was not understood.
    Other(String),
}

/// Deepest nesting of parentheses.
const NEST: usize = 32;

/// The tests of `source`, one of which being true drops a finding.
pub(super) fn read(source: &str) -> Vec<Test> {
    let text = without_comments(source);
    let mut tests = Vec::new();
    // Variables may stand anywhere in what follows: none of it can be read alone.
    if split(&text, ";").len() > 1 {
        return vec![Test::Other(short(&text))];
    }
    either(&text, NEST, &mut tests);
    tests
}

fn without_comments(source: &str) -> String {
    let mut lines: Vec<&str> = source.lines().collect();
    lines.retain(|line| !line.trim_start().starts_with("//"));
    lines.join("\n").trim().to_owned()
}

fn either(text: &str, depth: usize, tests: &mut Vec<Test>) {
    for part in split(text, "||") {
        let joined: Vec<&str> = split(part, "&&");
        if let [single] = joined.as_slice() {
            match unwrapped(single) {
                Some(inner) if depth > 0 => either(inner, depth - 1, tests),
                _ => tests.push(test(single)),
            }
        } else {
            let all: Vec<Test> =
                joined.iter().map(|part| test(unwrapped(part).unwrap_or(part))).collect();
            let known = !all.iter().any(|test| matches!(test, Test::Other(_)));
            tests.push(if known { Test::All(all) } else { Test::Other(short(part)) });
        }
    }
}

/// What stands in parentheses that hold all of `text`.
fn unwrapped(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    // `(a) || (b)` begins and ends with one as well.
    let mut scanner = Scanner::default();
    inner.bytes().all(|b| scanner.next(b) >= 0).then_some(inner)
}

/// Splits at `sign` outside of brackets and strings.
fn split<'t>(text: &'t str, sign: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut scanner = Scanner::default();
    let mut from = 0;
    for (at, b) in text.bytes().enumerate() {
        let depth = scanner.next(b);
        if depth == 0
            && scanner.quote.is_none()
            && text.get(at..).is_some_and(|t| t.starts_with(sign))
            && at >= from
        {
            parts.push(text.get(from..at).unwrap_or_default().trim());
            from = at + sign.len();
        }
    }
    parts.push(text.get(from..).unwrap_or_default().trim());
    parts
}

/// Follows brackets and strings.
#[derive(Default)]
struct Scanner {
    depth: isize,
    quote: Option<u8>,
    escaped: bool,
}

impl Scanner {
    /// The depth after `b`.
    fn next(&mut self, b: u8) -> isize {
        if let Some(quote) = self.quote {
            if self.escaped {
                self.escaped = false;
            } else if b == b'\\' && quote != b'`' {
                self.escaped = true;
            } else if b == quote {
                self.quote = None;
            }
        } else {
            match b {
                b'"' | b'\'' | b'`' => self.quote = Some(b),
                b'(' | b'[' | b'{' => self.depth += 1,
                b')' | b']' | b'}' => self.depth -= 1,
                _ => {}
            }
        }
        self.depth
    }
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 80 { line.chars().take(79).chain(['…']).collect() } else { line }
}

fn test(text: &str) -> Test {
    let text = text.trim();
    if let Some(test @ (Test::Matches(..) | Test::Contains(..))) =
        text.strip_prefix('!').and_then(known)
    {
        return Test::Not(Box::new(test));
    }
    known(text).unwrap_or_else(|| Test::Other(short(text)))
}

fn known(text: &str) -> Option<Test> {
    let (name, rest) = text.split_once('(')?;
    let close = {
        let mut scanner = Scanner::default();
        rest.bytes().position(|b| scanner.next(b) < 0)?
    };
    let (inside, tail) = (rest.get(..close)?, rest.get(close + 1..)?.trim());
    let arguments = split(inside, ",");
    match (name.trim(), arguments.as_slice()) {
        ("matchesAny", [what, list]) if tail.is_empty() => {
            Some(Test::Matches(subject(what)?, strings(list)?))
        }
        ("containsAny", [what, list]) if tail.is_empty() => {
            Some(Test::Contains(subject(what)?, strings(list)?))
        }
        ("entropy", [what]) if subject(what) == Some(Subject::Secret) => {
            let (number, equal) = match tail.strip_prefix("<=") {
                Some(number) => (number, true),
                None => (tail.strip_prefix('<')?, false),
            };
            Some(Test::Entropy(number.trim().parse().ok()?, equal))
        }
        ("tokenRatio", [what]) if subject(what) == Some(Subject::Secret) => {
            let number: f64 = tail.strip_prefix(">=")?.trim().parse().ok()?;
            number.is_finite().then_some(Test::Words)
        }
        ("failsTokenEfficiency", [what])
            if tail.is_empty() && subject(what) == Some(Subject::Secret) =>
        {
            Some(Test::Words)
        }
        _ => None,
    }
}

fn subject(text: &str) -> Option<Subject> {
    match text.trim() {
        r#"finding["secret"]"# => Some(Subject::Secret),
        r#"finding["match"]"# => Some(Subject::Match),
        r#"finding["line"]"# => Some(Subject::Line),
        r#"attributes["path"]"# => Some(Subject::Path),
        _ => None,
    }
}

fn strings(text: &str) -> Option<Vec<String>> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let parts = split(inside, ",");
    parts.into_iter().filter(|part| !part.is_empty()).map(string).collect()
}

/// A string: raw between back-quotes, else with backslash escapes.
fn string(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.strip_suffix('`').map(str::to_owned);
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let body = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            plain @ ('\\' | '"' | '\'' | '`') => plain,
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_filters_are_understood() {
        assert_eq!(
            read(
                "\nentropy(finding[\"secret\"]) < 3.0 || tokenRatio(finding[\"secret\"]) >= 2.5\n"
            ),
            [Test::Entropy(3.0, false), Test::Words]
        );
        assert_eq!(
            read(
                "// why\n(matchesAny(finding[\"secret\"], [\n `a||b(`, \"c\\\\d,\" ]) || containsAny(finding[\"secret\"], [\"x\"]))"
            ),
            [
                Test::Matches(Subject::Secret, vec!["a||b(".into(), "c\\d,".into()]),
                Test::Contains(Subject::Secret, vec!["x".into()])
            ]
        );
        assert_eq!(
            read("!matchesAny(finding[\"secret\"], [`[0-9]`])"),
            [Test::Not(Box::new(Test::Matches(Subject::Secret, vec!["[0-9]".into()])))]
        );
        assert_eq!(
            read(
                "entropy(finding[\"secret\"]) <= 4 || (matchesAny(attributes[\"path\"], [`\\.md$`]) && containsAny(finding[\"line\"], ['y']))"
            ),
            [
                Test::Entropy(4.0, true),
                Test::All(vec![
                    Test::Matches(Subject::Path, vec![r"\.md$".into()]),
                    Test::Contains(Subject::Line, vec!["y".into()])
                ])
            ]
        );
    }

    #[test]
    fn what_is_richer_is_handed_back() {
        for text in [
            "let x = 1; x > 2",
            "!entropy(finding[\"secret\"]) < 3",
            "!!matchesAny(finding[\"secret\"], [`a`])",
            "let isX = containsAny(finding[\"secret\"], [\"x\"]); isX || containsAny(finding[\"secret\"], [\"y\"])",
            "matchesAny(finding[\"secret\"], [`a`]) == false",
            "entropy(finding[\"match\"]) < 3",
            "entropy(finding[\"secret\"]) > 3",
            "matchesAny(attributes[\"git.author\"], [`a`])",
            "(a) || (b",
            "",
        ] {
            assert!(read(text).iter().all(|test| matches!(test, Test::Other(_))), "{text}");
        }
        // A known test joined to an unknown one may not be applied alone.
        let read = read("containsAny(finding[\"secret\"], [\"x\"]) && unknown()");
        assert!(matches!(read.as_slice(), [Test::Other(_)]));
    }

    #[test]
    fn deep_nesting_ends() {
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(read(&deep).len(), 1);
    }
}
