//! Finds what may be encoded text, at a small part of the cost of reading it.
//!
//! Every sixteenth byte, eight are tested together; only where they could stand in base64 or hex *of ASCII
//! text* does anything else happen. That test is sharp: of the four characters of such a base64 group three are
//! confined to half of the alphabet, so that identifiers, hashes, keys and images fall through it, and
//! what is reported is text but for accidents. Any such stretch of 24 characters is met. Text in other
//! scripts is met only where 24 characters of it encode ASCII.
//! Escapes are found by their first byte, and count where they touch what could be a token.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::{Kind, Run, byte, decode};
use crate::span::Span;

/// The shortest encoded run that is reported, in characters.
const SHORTEST: usize = 24;
/// The longest run that is reported at once; a longer one comes in parts.
const LONGEST: usize = 64 * 1024;
/// How far two parts of one run overlap: a private key in base64 fits in.
const OVERLAP: usize = 6 * 1024;
/// How far a run is measured before one reading of it is chosen over another.
const MEASURED: usize = 256;
/// From what length on a line may be one of several that hold one run.
const WRAPPED: usize = 40;
/// How much around an escape is decoded with it.
const BEFORE: usize = 256;
const AFTER: usize = 512;
/// The fewest letters and digits beside an escape for it to count by itself.
const TOKEN: usize = 8;
/// As many escapes in a row count by themselves.
const CHAIN: u32 = 4;

/// For each byte: bits 0 to 3 say whether it may stand at that place of a base64 group that encodes ASCII text,
/// bits 4 to 7 say it again; bits 8 and 9 say so for the pairs of hex, bits 10 to 15 repeat them.
const PLACES: [u16; 256] = places();

#[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const fn places() -> [u16; 256] {
    let mut table = [0; 256];
    let mut b = 0_usize;
    while b < 256 {
        let mut bits = 0_u16;
        if let Some(value) = decode::sextet(b as u8) {
            // The upper six bits of a printable byte, of white space, or of the NULs of UTF-16.
            if matches!(value, 0 | 2 | 3 | 8..=31) {
                bits |= 1;
            }
            if value & 8 == 0 && value & 15 != 1 {
                bits |= 2;
            }
            if value & 2 == 0 {
                bits |= 4;
            }
            bits |= 8;
        } else if b as u8 == b'=' {
            bits |= 4 | 8;
        }
        bits |= bits << 4;
        if (b as u8).is_ascii_hexdigit() {
            let high = matches!(b as u8, b'0' | b'2'..=b'7') as u16;
            let pair = high | 2;
            bits |= (pair | pair << 2 | pair << 4 | pair << 6) << 8;
        }
        table[b] = bits;
        b += 1;
    }
    table
}

/// For each two bytes: bits 0 to 3 say whether they may stand in a base64 group from that place on, bits 4 and 5 in
/// a pair of hex digits.
static PAIRS: [u8; 1 << 16] = pairs();

#[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const fn pairs() -> [u8; 1 << 16] {
    let mut table = [0; 1 << 16];
    let mut first = 0;
    while first < 256 {
        let mut second = 0;
        while second < 256 {
            let both = PLACES[first] & PLACES[second] >> 1;
            table[second << 8 | first] = (both & 15) as u8 | ((both >> 8 & 3) << 4) as u8;
            second += 1;
        }
        first += 1;
    }
    table
}

fn place(b: u8) -> u16 {
    PLACES.get(usize::from(b)).copied().unwrap_or(0)
}

/// Appends the runs of `bytes`: first base64 and hex, then escapes, each in order.
///
/// A run longer than 64 KiB comes in parts that overlap by 6 KiB, so what stands where two parts meet is found in
/// both, at the same place of the original. Otherwise runs of one kind do not overlap, but for a few
/// bytes where one follows another.
pub fn find(bytes: &[u8], found: &mut Vec<Run>) {
    dense(bytes, Span::new(0, bytes.len()), |run| found.push(run));
    escapes(bytes, |run| found.push(run));
}

/// Reports the runs of base64 and hex that begin in `part` of `bytes`, in order, and returns where the last of
/// them ends, at least `part.start`. A wrapped run is followed beyond `part`.
pub fn dense(bytes: &[u8], part: Span, mut report: impl FnMut(Run)) -> usize {
    let mut at = part.start;
    let mut floor = part.start;
    let all = bytes;
    let Some(bytes) = bytes.get(..part.end.min(bytes.len())) else { return floor };
    // Two words a turn: one branch tests both, and it is seldom taken.
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<24>()) {
        let [a, b, c, d, e, f, g, h, .., i, j, k, l, m, n, o, p] = *chunk;
        let first = readings(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        let second = readings(u64::from_le_bytes([i, j, k, l, m, n, o, p]));
        let mut next = at + 32;
        if first | second != 0 {
            for (offset, readings) in [(at, first), (at + 16, second)] {
                if readings != 0
                    && offset >= floor
                    && let Some(end) = expand(all, offset, readings, floor, &mut report)
                {
                    floor = end;
                    next = next.max(end - (end - at) % 16);
                }
            }
        }
        at = next;
    }
    // What is left has room for one word.
    if let Some(&word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let readings = readings(u64::from_le_bytes(word));
        if readings != 0
            && at >= floor
            && let Some(end) = expand(all, at, readings, floor, &mut report)
        {
            floor = end;
        }
    }
    floor
}

/// In which ways `word` can be read: bit `n` when its first byte may be the `n`th of a base64 group,
/// bit `4 + n` of a pair of hex digits.
#[inline]
fn readings(word: u64) -> u8 {
    let near = pair(word as u16) & pair((word >> 32) as u16);
    // Two places on in a group of four; where it is in a pair.
    let far = pair((word >> 16) as u16) & pair((word >> 48) as u16);
    near & (far & 0x30 | far >> 2 & 0x03 | far << 2 & 0x0c)
}

#[inline]
fn pair(two: u16) -> u8 {
    PAIRS.get(usize::from(two)).copied().unwrap_or(0)
}

/// Reports the run around `at` and returns where it ends.
#[cold]
#[inline(never)]
fn expand(
    bytes: &[u8],
    at: usize,
    readings: u8,
    floor: usize,
    report: &mut impl FnMut(Run),
) -> Option<usize> {
    // What ended there may have been read wrongly in its last groups.
    let floor = floor.saturating_sub(16);
    let mut best: Option<(usize, Reading, usize, usize)> = None;
    for reading in READINGS.iter().filter(|reading| readings >> reading.bit & 1 == 1) {
        let first = at + (reading.width - reading.place) % reading.width;
        let start = reading.back(bytes, first, floor);
        let end = reading.forth(bytes, first, first + MEASURED);
        let length = reading.tail(bytes, end).saturating_sub(start);
        if length >= SHORTEST && best.is_none_or(|(most, ..)| length > most) {
            best = Some((length, *reading, start, end));
        }
    }
    let (_, reading, mut start, mut end) = best?;
    loop {
        let stop = start + LONGEST;
        let reached = reading.forth(bytes, end, stop);
        let full = reached >= stop;
        let last = if full { reached } else { reading.tail(bytes, reached) };
        report(Run { span: Span::new(start, last), kind: reading.kind });
        if !full {
            return Some(last);
        }
        // The groups of a run without line breaks begin at any multiple of their width.
        start = reading.align(bytes, start, reached);
        end = reached;
    }
}

/// One way to cut bytes into groups.
#[derive(Clone, Copy)]
struct Reading {
    kind: Kind,
    /// Which bit of [`readings`] speaks of it.
    bit: u8,
    /// Characters a group.
    width: usize,
    /// The place in its group of the byte it was found at.
    place: usize,
}

const READINGS: [Reading; 6] = [
    Reading { kind: Kind::Base64, bit: 0, width: 4, place: 0 },
    Reading { kind: Kind::Base64, bit: 1, width: 4, place: 1 },
    Reading { kind: Kind::Base64, bit: 2, width: 4, place: 2 },
    Reading { kind: Kind::Base64, bit: 3, width: 4, place: 3 },
    Reading { kind: Kind::Hex, bit: 4, width: 2, place: 0 },
    Reading { kind: Kind::Hex, bit: 5, width: 2, place: 1 },
];

impl Reading {
    /// True when `b` may be the character number `place` of a group.
    fn fits(self, b: u8, place: usize) -> bool {
        let shift = if self.kind == Kind::Base64 { 0 } else { 8 };
        b != b'=' && self::place(b) >> (shift + place) & 1 == 1
    }

    fn is_digit(self, b: u8) -> bool {
        self.fits(b, self.width - 1)
    }

    /// The start of the first of the groups that end at `from` without a break.
    fn back(self, bytes: &[u8], from: usize, floor: usize) -> usize {
        let mut start = from;
        while let Some(low) = start.checked_sub(self.width).filter(|&low| low >= floor)
            && let Some(group) = bytes.get(low..start)
            && group.iter().enumerate().all(|(place, &b)| self.fits(b, place))
        {
            start = low;
        }
        start
    }

    /// The end of the last of the groups that begin at `from`, over line breaks, until `stop` is reached.
    fn forth(self, bytes: &[u8], from: usize, stop: usize) -> usize {
        let mut end = from;
        while end < stop {
            let Some(next) = self.group(bytes, end) else { break };
            end = next;
        }
        end
    }

    /// The end of one group.
    fn group(self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut i = from;
        for place in 0..self.width {
            let mut b = byte(bytes, i)?;
            if !self.is_digit(b) {
                i = self.next_line(bytes, i)?;
                b = byte(bytes, i)?;
            }
            if !self.fits(b, place) {
                return None;
            }
            i += 1;
        }
        Some(i)
    }

    /// Takes in the last, shorter group and the padding.
    fn tail(self, bytes: &[u8], from: usize) -> usize {
        if self.kind != Kind::Base64 {
            return from;
        }
        let mut i = from;
        while i < from + 3 && byte(bytes, i).is_some_and(|b| self.fits(b, i - from)) {
            i += 1;
        }
        let digits = i - from;
        while i > from && i < from + 4 && byte(bytes, i) == Some(b'=') {
            i += 1;
        }
        // More characters follow: the group was refused for what it encodes, not cut short.
        if digits < 2 || byte(bytes, i).is_some_and(|b| self.is_digit(b)) { from } else { i }
    }

    /// Where the run goes on after the line break at `at`: lines of one wrapped run are long, and none is longer
    /// than the one before.
    fn next_line(self, bytes: &[u8], at: usize) -> Option<usize> {
        let next = line_break(bytes, at)?;
        let low = at.saturating_sub(4 * MEASURED);
        let before = bytes.get(low..at)?;
        let line = before.iter().rev().take_while(|&&b| self.is_digit(b)).count();
        if line < WRAPPED {
            return None;
        }
        let after = bytes.get(next..bytes.len().min(next + line + 1))?;
        let length = after.iter().take_while(|&&b| self.is_digit(b)).count();
        let ends = matches!(
            byte(bytes, next + length),
            None | Some(b'=' | b'\r' | b'\n' | b' ' | b'"' | b'\'' | b'\\' | b'<' | b'`' | b'-')
        );
        (length <= line && length > 0 && (ends || length == line)).then_some(next)
    }

    /// Where the part after one that began at `start` and ended at `reached` begins.
    fn align(self, bytes: &[u8], start: usize, reached: usize) -> usize {
        let from = reached.saturating_sub(OVERLAP).max(start + self.width);
        // Counted from the end, over whatever breaks the lines.
        let run = bytes.get(from..reached).unwrap_or_default();
        let mut digits = 0;
        let mut at = reached;
        for (offset, &b) in run.iter().enumerate().rev() {
            // The letter of a line break that is written as an escape is no digit of the run.
            if matches!(b, b'n' | b'r') && offset > 0 && run.get(offset - 1) == Some(&b'\\') {
                continue;
            }
            if self.is_digit(b) {
                digits += 1;
                if digits % self.width == 0 {
                    at = from + offset;
                }
            }
        }
        at
    }
}

/// The end of the line break and the indentation at `at`; also of a break that is written as an escape.
fn line_break(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..bytes.len().min(at + 80))?;
    let ([b'\n' | b'\r', ..] | [b'\\', b'n' | b'r', ..]) = rest else { return None };
    let mut i = 0;
    loop {
        match (byte(rest, i), byte(rest, i + 1)) {
            (Some(b'\r' | b'\n' | b' ' | b'\t'), _) => i += 1,
            (Some(b'\\'), Some(b'n' | b'r')) => i += 2,
            _ => return Some(at + i),
        }
    }
}

/// Reports the places in `bytes` where escapes stand in or beside what could be a token, each with some of its
/// line, in order by kind.
pub fn escapes(bytes: &[u8], mut report: impl FnMut(Run)) {
    let mut escapes = Escapes::default();
    for at in memchr::memchr3_iter(b'%', b'\\', b'&', bytes) {
        escapes.at(bytes, at, &mut report);
    }
    escapes.finish(bytes, report);
}

/// The escapes of one text, as they are met.
#[derive(Debug)]
pub struct Escapes {
    percent: Region,
    backslash: Region,
    entity: Region,
}

impl Default for Escapes {
    fn default() -> Self {
        Self {
            percent: Region::new(Kind::Percent),
            backslash: Region::new(Kind::Escapes),
            entity: Region::new(Kind::Entities),
        }
    }
}

impl Escapes {
    /// Reads what may be an escape at `at`, behind those read before.
    pub fn at(&mut self, bytes: &[u8], at: usize, mut report: impl FnMut(Run)) {
        let Some(rest) = bytes.get(at..) else { return };
        let Some(next) = byte(rest, 1) else { return };
        let (region, meaning) = match rest.first() {
            Some(b'%') if next.is_ascii_hexdigit() => (&mut self.percent, decode::percent(rest)),
            Some(b'\\') => match next {
                b'u' | b'x' | b'/' | b'0' | b'1' if !is_escaped(bytes, at) => {
                    (&mut self.backslash, decode::escape(rest))
                }
                _ => return,
            },
            Some(b'&') if next == b'#' || next.is_ascii_lowercase() => {
                (&mut self.entity, decode::entity(rest))
            }
            _ => return,
        };
        if let Some(([b' '..=b'~', ..], 1, length)) = meaning {
            region.escape(bytes, Span::new(at, at + length), &mut report);
        }
    }

    /// Reports what is left.
    pub fn finish(self, bytes: &[u8], mut report: impl FnMut(Run)) {
        for region in [self.percent, self.backslash, self.entity] {
            region.flush(bytes, &mut report);
        }
    }
}

/// True when the backslash at `at` is the second of two, which says nothing.
fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

/// Escapes of one kind that stand close together.
#[derive(Debug)]
struct Region {
    kind: Kind,
    /// From where to the last escape that counts; empty when there was none.
    span: Span,
    /// Where the last escape ended, and how many stood in a row.
    last: usize,
    chain: u32,
}

impl Region {
    const fn new(kind: Kind) -> Self {
        Self { kind, span: Span::at(0), last: usize::MAX, chain: 0 }
    }

    fn escape(&mut self, bytes: &[u8], escape: Span, report: &mut impl FnMut(Run)) {
        let chained = self.last <= escape.start && escape.start - self.last <= 2;
        self.chain = if chained { self.chain.saturating_add(1) } else { 1 };
        self.last = escape.end;
        if self.chain < CHAIN && !beside_token(bytes, escape) {
            return;
        }
        let near = !self.span.is_empty() && escape.start < self.span.end + BEFORE + AFTER;
        if near && escape.end - self.span.start < LONGEST {
            self.span.end = escape.end;
            return;
        }
        self.flush(bytes, report);
        let reach = if near { OVERLAP } else { BEFORE };
        let low = escape.start.saturating_sub(reach);
        let before = bytes.get(low..escape.start).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(low, |at| low + at + 1);
        self.span = Span::new(if near { low } else { start }, escape.end);
    }

    fn flush(&self, bytes: &[u8], report: &mut impl FnMut(Run)) {
        if self.span.is_empty() {
            return;
        }
        let from = self.span.end;
        let after = bytes.get(from..bytes.len().min(from + AFTER)).unwrap_or_default();
        let end = memchr::memchr(b'\n', after).map_or(from + after.len(), |at| from + at);
        report(Run { span: Span::new(self.span.start, end), kind: self.kind });
    }
}

/// Letters and digits enough to be (part of) a token stand right before or right after.
fn beside_token(bytes: &[u8], escape: Span) -> bool {
    let token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let after = bytes.get(escape.end..bytes.len().min(escape.end + TOKEN)).unwrap_or_default();
    let before = bytes.get(escape.start.saturating_sub(TOKEN)..escape.start).unwrap_or_default();
    [after, before].iter().any(|side| side.len() == TOKEN && side.iter().all(token))
}
