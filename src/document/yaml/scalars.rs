//! The texts of plain, quoted and block scalars. A text without escapes or line folds is borrowed
//! from the file; anything else is built once.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;

use super::error::SyntaxError;
use super::scanner::Scanner;
use super::token::{Kind, Payload, Token};
use crate::document::tree::Style;
use crate::span::Span;

/// What stands between two runs of text of a scalar.
enum Gap {
    /// Nothing, or blanks on the same line: the text goes on as it is written.
    Inline,
    /// Line breaks, with what they mean.
    Folded(String),
}

fn scalar(text: Cow<'_, str>, style: Style, span: Span) -> Token<'_> {
    Token { kind: Kind::Scalar, span, payload: Payload::Scalar(text, style) }
}

/// Bytes that can end a run of plain text; 0xC2 and 0xE2 begin the rarer line breaks.
const PLAIN_STOPS: [bool; 256] = table(b" \t\n\r:,?[]{}\xc2\xe2");
/// Bytes that can end a run of quoted text.
const QUOTED_STOPS: [bool; 256] = table(b" \t\n\r'\"\\\xc2\xe2");

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        #[allow(clippy::indexing_slicing, reason = "a byte is less than 256")]
        {
            table[*first as usize] = true;
        }
        rest = tail;
    }
    table
}

fn stops(table: &[bool; 256], byte: u8) -> bool {
    table.get(usize::from(byte)).copied().unwrap_or(false)
}

impl<'a> Scanner<'a> {
    /// Bytes of plain text before something that ends it.
    fn plain_run(&self) -> usize {
        let rest = self.rest();
        let in_flow = self.flow_level > 0;
        let mut length = 0;
        loop {
            let tail = rest.get(length..).unwrap_or_default();
            let Some(found) = tail.iter().position(|&byte| stops(&PLAIN_STOPS, byte)) else {
                return rest.len();
            };
            length += found;
            let ends = match tail.get(found) {
                Some(b':') => {
                    self.at_blank(length + 1)
                        || in_flow && b",[]{}".contains(&self.byte(length + 1))
                }
                Some(b',' | b'?' | b'[' | b']' | b'{' | b'}') => in_flow,
                _ => self.at_blank(length),
            };
            if ends {
                return length;
            }
            length += 1;
        }
    }

    /// Moves over the spaces and line breaks after a run of plain text. `None` when nothing stands
    /// between, or when a document marker does: the scalar ends there.
    fn plain_gap(&mut self) -> Option<Gap> {
        let start = self.pos;
        self.skip_spaces();
        let Some(first) = self.take_break() else {
            return (self.pos > start).then_some(Gap::Inline);
        };
        self.key_allowed = true;
        if self.at_separator() {
            return None;
        }
        let mut more = String::new();
        loop {
            self.skip_spaces();
            let Some(next) = self.take_break() else { break };
            more.push_str(next);
            if self.at_separator() {
                return None;
            }
        }
        Some(Gap::Folded(fold(first, more)))
    }

    pub(super) fn scan_plain(&mut self) -> Token<'a> {
        let start = self.pos;
        let mut end = start;
        let least_column = self.indent + 1;
        let mut built: Option<String> = None;
        let mut gap = Gap::Inline;
        while self.byte(0) != b'#' {
            let length = self.plain_run();
            if length == 0 {
                break;
            }
            self.key_allowed = false;
            let run = self.slice(self.pos, self.pos + length);
            match (gap, &mut built) {
                (Gap::Inline, None) => {}
                (Gap::Inline, Some(built)) => {
                    built.push_str(self.slice(end, self.pos));
                    built.push_str(run);
                }
                (Gap::Folded(breaks), built) => {
                    let text = built.get_or_insert_with(|| self.slice(start, end).to_owned());
                    text.push_str(&breaks);
                    text.push_str(run);
                }
            }
            self.advance(length);
            end = self.pos;
            match self.plain_gap() {
                Some(found) => gap = found,
                None => break,
            }
            if self.flow_level == 0 && self.column < least_column {
                break;
            }
        }
        let text = built.map_or_else(|| Cow::Borrowed(self.slice(start, end)), Cow::Owned);
        scalar(text, Style::Plain, Span::new(start, end))
    }

    /// Bytes of quoted text before a quote, a backslash, a blank or a line break.
    fn quoted_run(&self) -> usize {
        let rest = self.rest();
        let mut length = 0;
        loop {
            let tail = rest.get(length..).unwrap_or_default();
            let Some(found) = tail.iter().position(|&byte| stops(&QUOTED_STOPS, byte)) else {
                return rest.len();
            };
            length += found;
            if !matches!(tail.get(found), Some(0xc2 | 0xe2)) || self.at_break(length) {
                return length;
            }
            length += 1;
        }
    }

    pub(super) fn scan_single_quoted(&mut self) -> Result<Token<'a>, SyntaxError> {
        self.scan_quoted(b'\'', Style::SingleQuoted)
    }

    pub(super) fn scan_double_quoted(&mut self) -> Result<Token<'a>, SyntaxError> {
        self.scan_quoted(b'"', Style::DoubleQuoted)
    }

    fn scan_quoted(&mut self, quote: u8, style: Style) -> Result<Token<'a>, SyntaxError> {
        let start = self.pos;
        let open = Span::new(start, start + 1);
        let within = |error: SyntaxError| error.within("in a quoted value that begins here", open);
        self.step();
        // The text is what lies between the quotes as long as nothing in it had to be changed;
        // `kept` is where the unchanged part that is not yet in `built` begins.
        let mut built = String::new();
        let mut kept = self.pos;
        loop {
            self.advance(self.quoted_run());
            let byte = self.byte(0);
            if byte == quote && quote == b'\'' && self.byte(1) == b'\'' {
                self.step();
                built.push_str(self.slice(kept, self.pos));
                self.step();
                kept = self.pos;
            } else if byte == quote {
                break;
            } else if byte == b'\\' && quote == b'"' {
                built.push_str(self.slice(kept, self.pos));
                self.step();
                self.take_escape(&mut built).map_err(within)?;
                kept = self.pos;
            } else if matches!(byte, b'\'' | b'"' | b'\\') {
                self.step();
            } else {
                let blanks = self.pos;
                while matches!(self.byte(0), b' ' | b'\t') {
                    self.step();
                }
                if self.byte(0) == 0 {
                    let message = "the closing quote is missing";
                    return Err(within(self.error(message)));
                }
                if let Some(first) = self.take_break() {
                    built.push_str(self.slice(kept, blanks));
                    let more = self.take_quoted_breaks().map_err(within)?;
                    built.push_str(&fold(first, more));
                    kept = self.pos;
                }
            }
        }
        let tail = self.slice(kept, self.pos);
        let text = if kept == start + 1 {
            Cow::Borrowed(tail)
        } else {
            built.push_str(tail);
            Cow::Owned(built)
        };
        self.step();
        Ok(scalar(text, style, Span::new(start, self.pos)))
    }

    /// The empty lines inside a quoted value, and the indentation after them.
    fn take_quoted_breaks(&mut self) -> Result<String, SyntaxError> {
        let mut breaks = String::new();
        loop {
            if self.at_separator() {
                return Err(self.error("a document marker stands inside a quoted value"));
            }
            while matches!(self.byte(0), b' ' | b'\t') {
                self.step();
            }
            match self.take_break() {
                Some(found) => breaks.push_str(found),
                None => return Ok(breaks),
            }
        }
    }

    /// What follows a backslash in double quotes.
    fn take_escape(&mut self, text: &mut String) -> Result<(), SyntaxError> {
        let meaning = match self.byte(0) {
            b'0' => '\0',
            b'a' => '\x07',
            b'b' => '\x08',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\x0b',
            b'f' => '\x0c',
            b'r' => '\r',
            b'e' => '\x1b',
            b' ' => ' ',
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.take_code(2, text),
            b'u' => return self.take_code(4, text),
            b'U' => return self.take_code(8, text),
            _ => {
                if self.take_break().is_some() {
                    text.push_str(&self.take_quoted_breaks()?);
                    return Ok(());
                }
                let message = "unknown escape: write `\\\\` for a backslash, or use single quotes";
                return Err(self.error(message));
            }
        };
        self.step();
        text.push(meaning);
        Ok(())
    }

    fn take_code(&mut self, digits: usize, text: &mut String) -> Result<(), SyntaxError> {
        self.step();
        let written = self.rest().get(..digits).unwrap_or_default();
        if written.len() < digits || !written.iter().all(u8::is_ascii_hexdigit) {
            let message = format!("this escape takes {digits} hexadecimal digits");
            return Err(self.error(message));
        }
        let code = u32::from_str_radix(self.slice(self.pos, self.pos + digits), 16).unwrap_or(0);
        match char::from_u32(code) {
            Some(character) => text.push(character),
            // Python's strings hold lone surrogates, UTF-8 has no bytes for them.
            None if code <= 0xffff => text.push(char::REPLACEMENT_CHARACTER),
            None => return Err(self.error("there is no character with this number")),
        }
        self.advance(digits);
        Ok(())
    }

    pub(super) fn scan_block_scalar(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.pos;
        let folded = self.byte(0) == b'>';
        self.step();
        let (keep_breaks, increment) = self.take_block_header()?;
        let mut end = self.pos;
        self.finish_line("after the indicator of a block value only a comment may follow")?;

        let least = (self.indent + 1).max(1);
        let (indent, mut breaks) = match increment {
            Some(increment) => {
                let indent = least + increment - 1;
                (indent, self.take_block_breaks(indent))
            }
            None => {
                let (deepest, breaks) = self.take_block_lead();
                (deepest.max(least), breaks)
            }
        };

        let mut text = String::new();
        let mut last_break = "";
        while self.column == indent && self.byte(0) != 0 {
            text.push_str(&breaks);
            let starts_blank = matches!(self.byte(0), b' ' | b'\t');
            let length = self.line_length();
            text.push_str(self.slice(self.pos, self.pos + length));
            self.advance(length);
            end = self.pos;
            last_break = self.take_break().unwrap_or("");
            breaks = self.take_block_breaks(indent);
            if self.column != indent || self.byte(0) == 0 {
                break;
            }
            let next_blank = matches!(self.byte(0), b' ' | b'\t');
            if folded && last_break == "\n" && !starts_blank && !next_blank {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(last_break);
            }
        }
        if keep_breaks != Some(false) {
            text.push_str(last_break);
        }
        if keep_breaks == Some(true) {
            text.push_str(&breaks);
        }
        let style = if folded { Style::Folded } else { Style::Literal };
        Ok(scalar(Cow::Owned(text), style, Span::new(start, end)))
    }

    /// `+` or `-` and an indentation digit, in either order: whether the breaks at the end are
    /// kept (`None`: one of them), and the digit.
    fn take_block_header(&mut self) -> Result<(Option<bool>, Option<i64>), SyntaxError> {
        let mut keep = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment.is_none() => {
                    return Err(self.error("the indentation of a block value is 1 to 9"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(i64::from(digit - b'0'));
                }
                _ => break,
            }
            self.step();
        }
        if !self.at_gap(0) {
            let message = "after `|` or `>` only `+`, `-` and one digit may follow";
            return Err(self.error(message));
        }
        Ok((keep, increment))
    }

    /// The spaces, comment and line break that end a line.
    pub(super) fn finish_line(&mut self, otherwise: &str) -> Result<(), SyntaxError> {
        self.skip_spaces();
        self.take_comment();
        if self.byte(0) != 0 && self.take_break().is_none() {
            return Err(self.error(otherwise));
        }
        Ok(())
    }

    /// Everything before the first text of a block value without an indentation digit: the deepest
    /// column of it, and its line breaks.
    fn take_block_lead(&mut self) -> (i64, String) {
        let mut breaks = String::new();
        let mut deepest = 0;
        loop {
            self.skip_spaces();
            deepest = deepest.max(self.column);
            match self.take_break() {
                Some(found) => breaks.push_str(found),
                None => return (deepest, breaks),
            }
        }
    }

    /// Empty lines, and the indentation of the line after them.
    fn take_block_breaks(&mut self, indent: i64) -> String {
        let mut breaks = String::new();
        loop {
            while self.column < indent && self.byte(0) == b' ' {
                self.step();
            }
            match self.take_break() {
                Some(found) => breaks.push_str(found),
                None => return breaks,
            }
        }
    }
}

/// A single line break between two lines of text means a space; further ones stand for themselves.
fn fold(first: &str, more: String) -> String {
    if first != "\n" {
        return format!("{first}{more}");
    }
    if more.is_empty() { " ".to_owned() } else { more }
}
