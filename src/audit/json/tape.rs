//! The tokeniser: a record's bytes to a tape of nodes.
//!
//! It accepts JSON as RFC 8259 has it plus `NaN`, `Infinity` and `-Infinity`, which Python writes. Everything that makes
//! two readers disagree is kept as a [flag](flags) of the node and of what encloses it, so that the caller decides, and
//! so that a subtree already in canonical form is copied in one piece. No recursion: depth costs heap, up to a limit.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::text;

/// What a subtree holds; a container's flags include those of everything inside it, but for [`flags::LEVEL_UNSORTED`].
pub mod flags {
    /// White space between tokens.
    pub const SPACED: u16 = 1;
    /// An object whose keys are not in strictly ascending order of bytes, or not plain ASCII.
    pub const UNSORTED: u16 = 1 << 1;
    /// A number with a fraction or an exponent.
    pub const FLOAT: u16 = 1 << 2;
    /// An integer beyond ±(2^53−1), or `-0`.
    pub const UNSAFE_INT: u16 = 1 << 3;
    /// A byte above 0x7f inside a string.
    pub const NON_ASCII: u16 = 1 << 4;
    /// An escape inside a string.
    pub const ESCAPED: u16 = 1 << 5;
    /// An escape that RFC 8785 spells otherwise.
    pub const ODD_ESCAPE: u16 = 1 << 6;
    /// Half of a surrogate pair, alone.
    pub const LONE_SURROGATE: u16 = 1 << 7;
    /// `NaN`, `Infinity` or `-Infinity`.
    pub const NOT_FINITE: u16 = 1 << 8;
    /// The same key twice in one object.
    pub const DUPLICATE: u16 = 1 << 9;
    /// This very object is unsorted (and not only one inside it).
    pub const LEVEL_UNSORTED: u16 = 1 << 10;
    /// What a container hands up to the one around it.
    pub(super) const INHERITED: u16 = LEVEL_UNSORTED - 1;
}

/// The kinds of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{...}`; its children are key, value, key, value...
    Object,
    /// `[...]`.
    Array,
    /// A string, or an object's key; the range includes the quotes.
    String,
    /// A number.
    Number,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `null`.
    Null,
    /// `NaN`, `Infinity`, `-Infinity`.
    NotFinite,
}

/// One token: a range of the record's bytes.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The node after this one and all inside it.
    pub next: u32,
    /// See [`flags`].
    pub flags: u16,
    /// What it is.
    pub kind: Kind,
}

/// Why a record is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not JSON; what was expected instead.
    Syntax(&'static str),
    /// A whole value, and then more bytes.
    TrailingBytes,
    /// A NUL byte outside of any string.
    Nul,
    /// More nested than the limit.
    TooDeep,
    /// More values than the limit.
    TooMany,
}

/// A [`Fault`] and the byte of the record it was found at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub fault: Fault,
    /// Offset in the record.
    pub at: usize,
}

/// Nesting beyond this is refused; CPython's reader gives up near it, too.
pub const MAX_DEPTH: usize = 1000;
/// Values beyond this are refused, so that the tape of one record stays below 80 MiB.
pub const MAX_NODES: usize = 4 << 20;

/// The tape of one record; its memory is used again for the next one.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<Frame>,
    keys: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct Frame {
    node: u32,
    is_object: bool,
    /// The last key without its quotes; empty range before the first one.
    key: (u32, u32),
    has_key: bool,
    flags: u16,
    level: u16,
}

impl Tape {
    /// The node at `index`.
    #[must_use]
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Option<&Node> {
        self.nodes.first()
    }

    /// Children of the container at `index`: of an object key, value, key, value...
    pub fn children(&self, index: u32) -> impl Iterator<Item = (u32, &Node)> {
        let end = self.node(index).map_or(0, |node| node.next);
        let mut at = index + 1;
        std::iter::from_fn(move || {
            let node = (at < end).then(|| self.node(at)).flatten()?;
            let this = at;
            at = node.next;
            Some((this, node))
        })
    }

    /// Members of the object at `index`: the key's node, and the value's index and node.
    pub fn members(&self, index: u32) -> impl Iterator<Item = (&Node, u32, &Node)> {
        let is_object = self.node(index).is_some_and(|node| node.kind == Kind::Object);
        let mut children = self.children(index);
        std::iter::from_fn(move || {
            let (_, key) = is_object.then(|| children.next()).flatten()?;
            let (at, value) = children.next()?;
            Some((key, at, value))
        })
    }

    /// Reads `record`, which has to be valid UTF-8 (what is not is read as if each byte were a letter).
    ///
    /// # Errors
    /// What is not one JSON value, and what is beyond the limits.
    pub fn read(&mut self, record: &[u8]) -> Result<(), Broken> {
        self.nodes.clear();
        self.open.clear();
        let mut at = skip(record, 0);
        loop {
            // A value starts here.
            at = self.value(record, at)?;
            // And after it: close what ends, go on with what does not.
            loop {
                let Some(frame) = self.open.last_mut() else {
                    let end = skip(record, at);
                    return match record.get(end) {
                        None => Ok(()),
                        Some(0) => Err(broken(Fault::Nul, end)),
                        Some(_) => Err(broken(Fault::TrailingBytes, end)),
                    };
                };
                let next = skip(record, at);
                if next != at {
                    frame.flags |= flags::SPACED;
                    at = next;
                }
                match (record.get(at), frame.is_object) {
                    (Some(b','), is_object) => {
                        let next = skip(record, at + 1);
                        if next != at + 1 {
                            frame.flags |= flags::SPACED;
                        }
                        at = if is_object { self.key(record, next)? } else { next };
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        at += 1;
                        self.close(record, at);
                    }
                    (byte, true) => return Err(stray(byte, at, "`,` or `}`")),
                    (byte, false) => return Err(stray(byte, at, "`,` or `]`")),
                }
            }
        }
    }

    /// Reads a scalar whole, and of containers all that opens here; gives the byte after it.
    fn value(&mut self, record: &[u8], mut at: usize) -> Result<usize, Broken> {
        loop {
            if self.nodes.len() >= MAX_NODES {
                return Err(broken(Fault::TooMany, at));
            }
            let (kind, end, flags) = match record.get(at) {
                Some(b'"') => {
                    let (end, flags) = string(record, at)?;
                    (Kind::String, end, flags)
                }
                Some(open @ (b'{' | b'[')) => {
                    if self.open.len() >= MAX_DEPTH {
                        return Err(broken(Fault::TooDeep, at));
                    }
                    let is_object = *open == b'{';
                    let node = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
                    self.push(if is_object { Kind::Object } else { Kind::Array }, at, at, 0);
                    let next = skip(record, at + 1);
                    let spaced = if next == at + 1 { 0 } else { flags::SPACED };
                    self.open.push(Frame {
                        node,
                        is_object,
                        key: (0, 0),
                        has_key: false,
                        flags: spaced,
                        level: 0,
                    });
                    let close = if is_object { b'}' } else { b']' };
                    if record.get(next) == Some(&close) {
                        self.close(record, next + 1);
                        return Ok(next + 1);
                    }
                    at = if is_object { self.key(record, next)? } else { next };
                    continue;
                }
                Some(b'-' | b'0'..=b'9') => number(record, at)?,
                Some(b't') => (Kind::True, word(record, at, b"true")?, 0),
                Some(b'f') => (Kind::False, word(record, at, b"false")?, 0),
                Some(b'n') => (Kind::Null, word(record, at, b"null")?, 0),
                Some(b'N') => (Kind::NotFinite, word(record, at, b"NaN")?, flags::NOT_FINITE),
                Some(b'I') => (Kind::NotFinite, word(record, at, b"Infinity")?, flags::NOT_FINITE),
                byte => return Err(stray(byte, at, "a value")),
            };
            self.push(kind, at, end, flags);
            if let Some(frame) = self.open.last_mut() {
                frame.flags |= flags;
            }
            return Ok(end);
        }
    }

    /// Reads a key and its colon; gives the byte where the value starts.
    fn key(&mut self, record: &[u8], at: usize) -> Result<usize, Broken> {
        if record.get(at) != Some(&b'"') {
            return Err(stray(record.get(at), at, "a key"));
        }
        if self.nodes.len() >= MAX_NODES {
            return Err(broken(Fault::TooMany, at));
        }
        let (end, mut found) = string(record, at)?;
        self.push(Kind::String, at, end, found);
        let colon = skip(record, end);
        if record.get(colon) != Some(&b':') {
            return Err(stray(record.get(colon), colon, "`:`"));
        }
        let value = skip(record, colon + 1);
        if colon != end || value != colon + 1 {
            found |= flags::SPACED;
        }
        let key = (offset(at + 1), offset(end - 1));
        if let Some(frame) = self.open.last_mut() {
            let plain = found & (flags::NON_ASCII | flags::ESCAPED) == 0;
            if !plain || (frame.has_key && !ascends(record, frame.key, key)) {
                frame.level = flags::LEVEL_UNSORTED;
                found |= flags::UNSORTED;
            }
            frame.key = key;
            frame.has_key = true;
            frame.flags |= found;
        }
        Ok(value)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, flags: u16) {
        let next = offset(self.nodes.len() + 1);
        self.nodes.push(Node { start: offset(start), end: offset(end), next, flags, kind });
    }

    /// Ends the innermost container at byte `end`.
    fn close(&mut self, record: &[u8], end: usize) {
        let Some(mut frame) = self.open.pop() else { return };
        if frame.level != 0 && self.has_duplicate(record, frame.node) {
            frame.flags |= flags::DUPLICATE;
        }
        let next = offset(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(frame.node as usize) {
            node.end = offset(end);
            node.next = next;
            node.flags = frame.flags | frame.level;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.flags |= frame.flags & flags::INHERITED;
        }
    }

    fn has_duplicate(&mut self, record: &[u8], object: u32) -> bool {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut escaped = false;
        // The object is not closed yet, so its children end where the tape does.
        let mut at = object as usize + 1;
        while let (Some(key), Some(value)) = (self.nodes.get(at), self.nodes.get(at + 1)) {
            escaped |= key.flags & flags::ESCAPED != 0;
            keys.push((key.start + 1, key.end - 1));
            at = value.next as usize;
        }
        let found = if escaped {
            let mut names: Vec<Vec<u8>> = Vec::with_capacity(keys.len());
            names.extend(keys.iter().map(|&key| text::decode(slice(record, key))));
            names.sort_unstable();
            names.windows(2).any(|pair| pair.first() == pair.last())
        } else {
            keys.sort_unstable_by(|&one, &other| slice(record, one).cmp(slice(record, other)));
            keys.windows(2).any(|pair| match pair {
                [one, other] => slice(record, *one) == slice(record, *other),
                _ => false,
            })
        };
        self.keys = keys;
        found
    }
}

/// Records are below 4 GiB (the container's limit on a line is far lower).
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn slice(record: &[u8], (start, end): (u32, u32)) -> &[u8] {
    record.get(start as usize..end as usize).unwrap_or_default()
}

/// Whether one key comes before another. Their first letters mostly tell.
fn ascends(record: &[u8], one: (u32, u32), other: (u32, u32)) -> bool {
    match (record.get(one.0 as usize), record.get(other.0 as usize)) {
        (Some(a), Some(b)) if a != b && one.0 < one.1 && other.0 < other.1 => a < b,
        _ => slice(record, one) < slice(record, other),
    }
}

const fn broken(fault: Fault, at: usize) -> Broken {
    Broken { fault, at }
}

fn stray(byte: Option<&u8>, at: usize, expected: &'static str) -> Broken {
    broken(if byte == Some(&0) { Fault::Nul } else { Fault::Syntax(expected) }, at)
}

fn skip(record: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = record.get(at) {
        at += 1;
    }
    at
}

fn word(record: &[u8], at: usize, word: &'static [u8]) -> Result<usize, Broken> {
    let end = at + word.len();
    if record.get(at..end) == Some(word) {
        Ok(end)
    } else {
        Err(broken(Fault::Syntax("a value"), at))
    }
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = u64::from_le_bytes([0x80; 8]);

/// A string that has gone on for so long is read in larger steps.
const LONG: usize = 24;

/// The end of the whole blocks from `at` on that hold nothing but text; written so that it compiles to vector code.
fn plain(record: &[u8], mut at: usize, high: &mut u64) -> usize {
    while let Some(block) = record.get(at..).and_then(<[u8]>::first_chunk::<32>) {
        let mut stop = 0_u8;
        let mut any = 0_u8;
        for &byte in block {
            stop |= u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20);
            any |= byte;
        }
        if stop != 0 {
            break;
        }
        *high |= u64::from(any);
        at += 32;
    }
    at
}

/// The string that opens at `at`: the byte after its closing quote, and what it holds. Eight bytes a step.
fn string(record: &[u8], at: usize) -> Result<(usize, u16), Broken> {
    let mut high = 0_u64;
    let mut found = 0;
    let mut i = at + 1;
    loop {
        if let Some(word) = record.get(i..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*word);
            let quote = word ^ (ONES * 0x22);
            let escape = word ^ (ONES * 0x5c);
            // The lowest byte that is set is right; borrows only make bytes above it wrong.
            let hit = (quote.wrapping_sub(ONES) & !quote
                | escape.wrapping_sub(ONES) & !escape
                | word.wrapping_sub(ONES * 0x20) & !word)
                & TOPS;
            if hit == 0 {
                high |= word;
                i += 8;
                if i >= at + LONG {
                    i = plain(record, i, &mut high);
                }
                continue;
            }
            let step = hit.trailing_zeros() / 8;
            high |= word & ((1_u64 << (step * 8)) - 1);
            i += step as usize;
        }
        match record.get(i) {
            Some(b'"') => {
                if high & TOPS != 0 {
                    found |= flags::NON_ASCII;
                }
                return Ok((i + 1, found));
            }
            Some(b'\\') => {
                let (next, what) = escape(record, i)?;
                found |= what;
                i = next;
            }
            Some(0) => return Err(broken(Fault::Nul, i)),
            Some(0x01..=0x1f) => {
                return Err(broken(Fault::Syntax("no control character in a string"), i));
            }
            Some(&byte) => {
                high |= u64::from(byte);
                i += 1;
            }
            None => return Err(broken(Fault::Syntax("the end of a string"), i)),
        }
    }
}

/// The escape at `at` (its backslash): the byte after it, and whether RFC 8785 writes it so.
fn escape(record: &[u8], at: usize) -> Result<(usize, u16), Broken> {
    const BAD: Fault = Fault::Syntax("an escape of JSON");
    match record.get(at + 1) {
        Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => Ok((at + 2, flags::ESCAPED)),
        Some(b'/') => Ok((at + 2, flags::ESCAPED | flags::ODD_ESCAPE)),
        Some(b'u') => {
            let unit = text::unit(record, at).ok_or(broken(BAD, at))?;
            let digits = record.get(at + 2..at + 6).unwrap_or_default();
            let lower = !digits.iter().any(u8::is_ascii_uppercase);
            let mut what = flags::ESCAPED;
            let mut next = at + 6;
            match unit {
                0xd800..=0xdbff if matches!(text::unit(record, next), Some(0xdc00..=0xdfff)) => {
                    next += 6;
                    what |= flags::ODD_ESCAPE;
                }
                0xd800..=0xdfff => {
                    what |= flags::LONE_SURROGATE;
                    if !lower {
                        what |= flags::ODD_ESCAPE;
                    }
                }
                0x08 | 0x09 | 0x0a | 0x0c | 0x0d => what |= flags::ODD_ESCAPE,
                0x00..=0x1f if lower => {}
                _ => what |= flags::ODD_ESCAPE,
            }
            Ok((next, what))
        }
        _ => Err(broken(BAD, at)),
    }
}

fn number(record: &[u8], at: usize) -> Result<(Kind, usize, u16), Broken> {
    let digits = |mut at: usize| {
        let start = at;
        while let Some(b'0'..=b'9') = record.get(at) {
            at += 1;
        }
        if at == start { Err(stray(record.get(at), at, "a digit")) } else { Ok(at) }
    };
    let minus = record.get(at) == Some(&b'-');
    let first = at + usize::from(minus);
    if minus && record.get(first) == Some(&b'I') {
        return Ok((Kind::NotFinite, word(record, at, b"-Infinity")?, flags::NOT_FINITE));
    }
    let mut end = digits(first)?;
    if record.get(first) == Some(&b'0') && end > first + 1 {
        return Err(broken(Fault::Syntax("a number without leading zeros"), first));
    }
    let whole = end;
    if record.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = record.get(end) {
        let sign = usize::from(matches!(record.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    let found = if end > whole {
        flags::FLOAT
    } else if minus && record.get(first..end) == Some(b"0") {
        flags::UNSAFE_INT
    } else if whole - first > 15 {
        let value = record
            .get(first..end)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| digits.parse::<u64>().ok());
        if value.is_some_and(|value| value < 1 << 53) { 0 } else { flags::UNSAFE_INT }
    } else {
        0
    };
    Ok((Kind::Number, end, found))
}
