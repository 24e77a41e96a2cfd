//! Reads what joins a name to its value: operators, tags, calls, attributes, the words of a sentence.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::syntax::{self, Separator, at, skip_blanks};
use crate::span::Span;

/// Where the value begins, and what joins it to the name.
pub(super) struct Joint {
    /// The offset of the value.
    pub at: usize,
    /// What joins the two.
    pub separator: Separator,
    /// Only a value in quotes counts here.
    pub quoted_only: bool,
    /// The syntax is for credentials alone.
    pub sure: bool,
}

impl Joint {
    const fn new(at: usize, separator: Separator, quoted_only: bool) -> Self {
        Self { at, separator, quoted_only, sure: false }
    }

    const fn sure(at: usize, separator: Separator) -> Self {
        Self { at, separator, quoted_only: false, sure: true }
    }
}

/// The end of the quote that closes a quoted name, and whether there was one.
fn after_quote(bytes: &[u8], from: usize) -> (usize, bool) {
    match (at(bytes, from), at(bytes, from + 1)) {
        (b'"' | b'\'' | b'`', _) => (from + 1, true),
        (b'\\', b'"' | b'\'') => (from + 2, true),
        (b'&', b'q') if bytes.get(from..from + 6) == Some(b"&quot;") => (from + 6, true),
        _ => (from, false),
    }
}

/// True when what follows the name that ends at `end` may join a value to it: the cheap test that most
/// words fail.
pub(super) fn may_be_joined(bytes: &[u8], start: usize, end: usize) -> bool {
    let (mut i, closed) = after_quote(bytes, end);
    while i < end + 8 && matches!(at(bytes, i), b']' | b')' | b'*') {
        i += 1;
    }
    let spaced = i;
    i = skip_blanks(bytes, i);
    match at(bytes, i) {
        b'=' | b':' | b',' | b'>' | b'(' | b'?' | b'|' | b'!' | b'+' | b'\r' | b'\n' | b'<'
        | b'[' | b'\'' | b'"' => true,
        b'.' => at(bytes, i + 1) == b'=',
        b'{' => closed,
        _ if i == spaced => false,
        _ if closed => pair(bytes, i).is_some() || setting(bytes, i).is_some(),
        _ => {
            let name = syntax::name_around(bytes, start, end);
            let before = bytes.get(name.start.saturating_sub(1)).copied().unwrap_or(0);
            matches!(before, b'-' | b'/')
                || copula(bytes, i).is_some()
                || typed(bytes, i).is_some()
                || copula_of(bytes, i).is_some()
                || enciphered(bytes, name, i).is_some()
                || is_set(bytes, name)
                || is_netrc(bytes, name)
        }
    }
}

/// Reads what joins the name at `name` to a value.
pub(super) fn joint(bytes: &[u8], name: Span) -> Option<Joint> {
    let (mut i, closed) = after_quote(bytes, name.end);
    // Brackets of an index or an array, stars of emphasis.
    let brackets = i;
    while i < brackets + 6 && matches!(at(bytes, i), b']' | b')' | b'*') {
        i += 1;
    }
    if at(bytes, i) == b'[' {
        let close = (i + 1..i + 8).find(|&k| at(bytes, k) == b']')?;
        i = close + 1;
    }
    let spaced = i;
    i = skip_blanks(bytes, i);
    let join = |length: usize, separator: Separator, quoted_only: bool| {
        Some(Joint::new(skip_blanks(bytes, i + length), separator, quoted_only))
    };
    let three = (at(bytes, i), at(bytes, i + 1), at(bytes, i + 2));
    // `${NAME:-value}`
    if bytes.get(name.start.saturating_sub(2)..name.start) == Some(b"${") {
        let fallback = matches!(three, (b':', b'-' | b'=', _));
        return fallback.then(|| Joint::new(i + 2, Separator::Fallback, false));
    }
    match three {
        // `typeof password === "string"`.
        (b'=' | b'!', b'=', _)
            if bytes.get(..name.start).is_some_and(|b| b.ends_with(b"typeof ")) =>
        {
            None
        }
        (b'=' | b'!', b'=', b'=') => join(3, Separator::Comparison, true),
        (b'!', b'=', b' ') => join(2, Separator::Comparison, false),
        (b'=' | b'!', b'=', _) => join(2, Separator::Comparison, true),
        (b'=', b'~', _) => None,
        (b'=', b'>', _) | (b':', b'=', _) | (b'<', b'-', _) => join(2, Separator::Equals, false),
        (b'?' | b'+' | b'.', b'=', _) => join(2, Separator::Equals, false),
        (b'|', b'|', b'=') | (b'?', b'?', b'=') | (b':', b':', b'=') => {
            join(3, Separator::Equals, false)
        }
        (b':', b':', b':') if at(bytes, i + 3) == b'=' => join(4, Separator::Equals, false),
        (b'|', b'|', _) | (b'?', b'?', _) | (b'?', b':', _) => join(2, Separator::Fallback, true),
        (b'=', _, _) => join(1, Separator::Equals, false),
        (b':', b':', _) => None,
        // `passed ? "pass" : "fail"`.
        (b':', _, _) if closed && is_chosen(bytes, name) => None,
        (b':', _, _) => match syntax::annotated(bytes, i + 1) {
            Some(after) => Some(Joint::new(skip_blanks(bytes, after), Separator::Equals, true)),
            None => join(1, Separator::Colon, false),
        },
        (b',', _, _) if closed => pair(bytes, i + 1).or_else(|| {
            let given = is_first(bytes, name) || is_build_field(bytes, name);
            given.then(|| join(1, Separator::Comma, true)).flatten()
        }),
        // `strcmp(password, "x")`.
        (b',', _, _) if is_compared(bytes, name) => join(1, Separator::Comparison, true),
        (b'{', _, _) if closed => default_of(bytes, name, i + 1),
        (b'<', b'/', _) => neighbour(bytes, i + 2),
        (b'>', _, _) => {
            let open = name.start.saturating_sub(64);
            let before = bytes.get(open..name.start)?;
            let tag = before.iter().rposition(|&b| b == b'<' || b == b'>' || b == b'\n')?;
            let direct = tag + 1 == before.len();
            let inner = skip_space(bytes, i + 1);
            // `<setting name="x"><value>`.
            let inner = if closed { element(bytes, inner).unwrap_or(inner) } else { inner };
            (before.get(tag) == Some(&b'<') && (direct || closed))
                .then(|| Joint::new(inner, Separator::Tag, false))
        }
        (b'(', _, _) if !closed => join(1, Separator::Argument, true),
        (b'\r' | b'\n', _, _) => next_line(bytes, i),
        _ if i > spaced && closed => pair(bytes, i).or_else(|| setting(bytes, i)),
        _ if i > spaced => {
            let before = bytes.get(name.start.saturating_sub(2)..name.start).unwrap_or_default();
            let option = before.ends_with(b"-") || before.ends_with(b"/") && before != b"//";
            let double = before == b"--";
            if double
                || option && matches!(before.first(), Some(b' ' | b'\t' | b'`' | b'"' | b'\''))
            {
                return join(0, Separator::Space, false);
            }
            // `Your password is: x`.
            if let Some(length) = copula(bytes, i) {
                return join(length, Separator::Copula, false);
            }
            if let Some(is) = copula_of(bytes, i) {
                return Some(Joint::new(is, Separator::Copula, true));
            }
            if let Some(after) = enciphered(bytes, name, i) {
                return Some(Joint::sure(after, Separator::Space));
            }
            if is_set(bytes, name) {
                return join(0, Separator::Space, false);
            }
            // `var token string = "x"`.
            if let Some(after) = typed(bytes, i) {
                return Some(Joint::new(after, Separator::Equals, true));
            }
            if is_netrc(bytes, name) {
                return Some(Joint::sure(i, Separator::Space));
            }
            let quoted = matches!(at(bytes, i), b'"' | b'\'')
                && (begins_statement(bytes, name) || follows_with(bytes, name));
            quoted.then_some(Joint::new(i, Separator::Space, true))
        }
        _ => None,
    }
}

/// True when `name` stands behind the question mark of a choice.
fn is_chosen(bytes: &[u8], name: Span) -> bool {
    let low = name.start.saturating_sub(8);
    let before = bytes.get(low..own_start(bytes, name)).unwrap_or_default();
    before.trim_ascii_end().last() == Some(&b'?')
}

/// True when `name`, in quotes, is the first of several: `f("name", "value")`.
fn is_first(bytes: &[u8], name: Span) -> bool {
    let start = own_start(bytes, name);
    let before = bytes.get(start.saturating_sub(24)..start).unwrap_or_default().trim_ascii_end();
    start < name.start && matches!(before.last(), Some(b'(' | b'[' | b'{'))
}

/// The length of `is`, `is:` and the blank behind it.
fn copula(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    [&b"is: "[..], b"is "].iter().find(|word| rest.starts_with(word)).map(|word| word.len())
}

/// Where the value begins behind a type and `=`.
fn typed(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..bytes.len().min(from + 32))?;
    let length =
        rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"*[].".contains(b)).count();
    let i = skip_blanks(bytes, from + length);
    let assigned = length >= 3 && at(bytes, i) == b'=' && at(bytes, i + 1) != b'=';
    assigned.then(|| skip_blanks(bytes, i + 1))
}

/// True for the `password` of `machine host login user password x`, on one line or on several.
fn is_netrc(bytes: &[u8], name: Span) -> bool {
    let before = bytes.get(name.start.saturating_sub(160)..name.start).unwrap_or_default();
    let mut words = before.rsplit(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let login = words.nth(1) == Some(b"login");
    let host = words.nth(1);
    name.of(bytes) == b"password" && login && matches!(host, Some(b"machine"))
}

/// True for `WITH PASSWORD`, `ENCRYPTED PASSWORD` in statements for databases.
fn follows_with(bytes: &[u8], name: Span) -> bool {
    let before =
        bytes.get(name.start.saturating_sub(16)..name.start).unwrap_or_default().trim_ascii_end();
    [&b"with"[..], b"encrypted", b"login", b"superuser"].iter().any(|word| {
        before
            .len()
            .checked_sub(word.len())
            .and_then(|at| before.get(at..))
            .is_some_and(|b| b.eq_ignore_ascii_case(word))
    })
}

/// True when `name` is the first word of its line, or a macro's name.
fn begins_statement(bytes: &[u8], name: Span) -> bool {
    let low = name.start.saturating_sub(24);
    let before = bytes.get(low..name.start).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let whole = line.len() < before.len() || low == 0;
    let line = line.trim_ascii();
    whole && (line.is_empty() || matches!(line, b"#define" | b"set" | b"setq" | b":"))
        || line.ends_with(b"#define")
}

/// Past blanks and line breaks.
pub(super) fn skip_space(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default().iter().take(96);
    from + rest.take_while(|b| b.is_ascii_whitespace()).count()
}

/// The value of an entry that stands beside the name: `value="x"`, `"value": "x"`, `content='x'`.
fn pair(bytes: &[u8], from: usize) -> Option<Joint> {
    let i = skip_space(bytes, from);
    let quoted = usize::from(matches!(at(bytes, i), b'"' | b'\''));
    let rest = bytes.get(i + quoted..)?;
    const ENTRIES: [&[u8]; 4] = [b"value", b"content", b"default", b"defaultvalue"];
    let word = ENTRIES
        .iter()
        .find(|word| rest.get(..word.len()).is_some_and(|r| r.eq_ignore_ascii_case(word)))?;
    let mut i = i + quoted + word.len();
    if quoted == 1 {
        i = after_quote(bytes, i).0;
    }
    i = skip_blanks(bytes, i);
    matches!(at(bytes, i), b'=' | b':').then(|| {
        let arrow = usize::from(at(bytes, i + 1) == b'>');
        Joint::new(skip_blanks(bytes, i + 1 + arrow), Separator::Pair, true)
    })
}

/// The `value:` on the line that follows the break at `from`.
fn next_line(bytes: &[u8], from: usize) -> Option<Joint> {
    let i = skip_space(bytes, from);
    let rest = bytes.get(i..)?;
    const ENTRIES: [&[u8]; 3] = [b"value:", b"\"value\":", b"value ="];
    let word = ENTRIES.iter().find(|w| rest.starts_with(w))?;
    Some(Joint::new(skip_blanks(bytes, i + word.len()), Separator::NextLine, false))
}

/// The value in `<string>` or the like that follows the end of the element that holds the name:
/// `<key>ApiSecret</key><string>x`.
fn neighbour(bytes: &[u8], from: usize) -> Option<Joint> {
    const NAMES: [&str; 6] = ["key>", "name>", "param-name>", "k>", "entry-key>", "property>"];
    let rest = bytes.get(from..)?;
    let word = NAMES
        .iter()
        .find(|w| rest.get(..w.len()).is_some_and(|r| r.eq_ignore_ascii_case(w.as_bytes())))?;
    let at = element(bytes, skip_space(bytes, from + word.len()))?;
    Some(Joint::new(at, Separator::Tag, false))
}

/// The value in the element inside of the one whose attributes go on at `from`:
/// `<setting name="x" serializeAs="String"><value>`.
fn setting(bytes: &[u8], from: usize) -> Option<Joint> {
    const ATTRIBUTES: usize = 80;
    let rest = bytes.get(from..bytes.len().min(from + ATTRIBUTES))?;
    let end = rest.iter().position(|b| matches!(b, b'>' | b'<' | b'\n' | b'{' | b';'))?;
    if rest.get(end) != Some(&b'>') || !rest.get(..end)?.contains(&b'=') {
        return None;
    }
    let at = element(bytes, skip_space(bytes, from + end + 1))?;
    Some(Joint::new(at, Separator::Tag, false))
}

/// The text of the element at `from` when that is made to hold a value.
fn element(bytes: &[u8], from: usize) -> Option<usize> {
    const VALUES: [&str; 5] = ["<string>", "<value>", "<param-value>", "<v>", "<entry-value>"];
    let rest = bytes.get(from..)?;
    let word = VALUES
        .iter()
        .find(|w| rest.get(..w.len()).is_some_and(|r| r.eq_ignore_ascii_case(w.as_bytes())))?;
    Some(skip_space(bytes, from + word.len()))
}

/// True for the second argument of `buildConfigField("String", "API_KEY", …)`.
fn is_build_field(bytes: &[u8], name: Span) -> bool {
    let before = bytes.get(name.start.saturating_sub(64)..name.start).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    [&b"buildConfigField"[..], b"resValue"]
        .iter()
        .any(|word| line.windows(word.len()).any(|w| w == *word))
}

/// True for the first argument of `strcmp` and its like.
fn is_compared(bytes: &[u8], name: Span) -> bool {
    let before = bytes.get(name.start.saturating_sub(16)..name.start).unwrap_or_default();
    let before = before.strip_suffix(b"$").unwrap_or(before);
    [&b"cmp("[..], b"cmp_s(", b"compare_digest(", b"hash_equals("]
        .iter()
        .any(|call| before.ends_with(call))
}

/// The `default` of `variable "name" { … }`, as Terraform declares one.
fn default_of(bytes: &[u8], name: Span, from: usize) -> Option<Joint> {
    const BLOCK: usize = 240;
    if bytes.get(name.start.saturating_sub(10)..name.start)? != b"variable \"" {
        return None;
    }
    let rest = bytes.get(from..bytes.len().min(from + BLOCK))?;
    let block = rest.split(|&b| b == b'}').next().unwrap_or_default();
    let word = b"default";
    let found = block.windows(word.len()).position(|w| w == word)?;
    let i = skip_blanks(bytes, from + found + word.len());
    (at(bytes, i) == b'=').then(|| Joint::new(skip_blanks(bytes, i + 1), Separator::Equals, true))
}

/// Where a quoted value begins behind ` for the user "x" is `.
fn copula_of(bytes: &[u8], from: usize) -> Option<usize> {
    const REACH: usize = 64;
    let rest = bytes.get(from..bytes.len().min(from + REACH))?;
    let rest = rest.strip_prefix(b"for ").or_else(|| rest.strip_prefix(b"of "))?;
    let line = rest.split(|b| matches!(b, b'\n' | b'.' | b';' | b'=')).next().unwrap_or_default();
    let is = line.windows(4).position(|w| w == b" is ")?;
    let start = bytes.len().min(from + REACH) - rest.len() + is + 4;
    matches!(at(bytes, start), b'"' | b'\'' | b'`').then_some(start)
}

/// Where the value begins behind the number that network devices put before it, which tells how it is written:
/// `secret 0 x`, `password 7 0822455D0A16`. What is hashed is left out.
fn enciphered(bytes: &[u8], name: Span, from: usize) -> Option<usize> {
    let kind = at(bytes, from);
    let blank = matches!(at(bytes, from + 1), b' ' | b'\t');
    let start = skip_blanks(bytes, from + 1);
    let rest = bytes.get(start..bytes.len().min(start + 64))?;
    let length = rest.iter().take_while(|b| b.is_ascii_graphic()).count();
    let whole = matches!(rest.get(length), None | Some(b'\r' | b'\n' | b' '));
    let word = name.of(bytes);
    let known = [&b"password"[..], b"secret", b"key"].contains(&word);
    let hex = rest.get(..length)?.iter().all(u8::is_ascii_hexdigit);
    let held = kind == b'0' && length >= 6 || kind == b'7' && length >= 8 && hex && length % 2 == 0;
    (known && blank && whole && held).then_some(start)
}

/// True for the name behind `config set`, `setx`, `setenv`: a value follows without a sign.
fn is_set(bytes: &[u8], name: Span) -> bool {
    let before = bytes.get(name.start.saturating_sub(40)..name.start).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let Some(line) = line.strip_suffix(b" ") else { return false };
    let last = |word: &str| {
        line.strip_suffix(word.as_bytes())
            .is_some_and(|rest| matches!(rest.last(), None | Some(b' ' | b'\t' | b'@' | b'`')))
    };
    last("setx") || last("setenv") || last("SETX") || last("config set") || last("configure set")
}

/// Where `name` begins, the quote that is its own included.
pub(super) fn own_start(bytes: &[u8], name: Span) -> usize {
    let Some(before) = name.start.checked_sub(1) else { return name.start };
    let quote = at(bytes, before);
    let own = matches!(quote, b'"' | b'\'' | b'`') && at(bytes, name.end) == quote;
    if own { before } else { name.start }
}
