//! Characters to tokens: indentation, simple keys and punctuation; the texts of scalars, tags and
//! directives are read in `scalars` and `properties`.
//!
//! Whether `a` is a key is known only at the `:` after it, so every token that could begin a key is
//! remembered with its place, and the key token is put in front of it afterwards. Such a key has to
//! end on its line and within 1024 characters, which bounds how far tokens are read ahead.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::VecDeque;

use super::characters::{Input, count, line_break};
use super::error::{ErrorKind, SyntaxError};
use super::token::{Kind, Token};
use crate::span::Span;

/// Longest distance, in characters, between the start of a simple key and its `:`.
const SIMPLE_KEY_REACH: usize = 1024;

/// A place where a simple key may have begun.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// Brackets open at that place.
    level: usize,
    /// Number of the token, counted from the start of the stream.
    token: usize,
    /// In block context at the current indentation nothing but a key may stand.
    required: bool,
    line: usize,
    column: i64,
    index: usize,
    offset: usize,
}

/// The token stream of one file.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    input: Input<'a>,
    /// Byte offset.
    pub(super) pos: usize,
    /// Characters read so far.
    index: usize,
    line: usize,
    /// Characters since the last line break; byte order marks count nothing.
    pub(super) column: i64,
    pub(super) flow_level: usize,
    pub(super) indent: i64,
    indents: Vec<i64>,
    pub(super) key_allowed: bool,
    /// Open candidates, at most one for each level, outermost and earliest first.
    candidates: VecDeque<Candidate>,
    tokens: VecDeque<Token<'a>>,
    taken: usize,
    done: bool,
    pub(super) comments: Vec<Span>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self {
            text: input.text,
            bytes: input.text.as_bytes(),
            input,
            pos: 0,
            index: 0,
            line: 0,
            column: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            candidates: VecDeque::new(),
            tokens: VecDeque::new(),
            taken: 0,
            done: false,
            comments: Vec::new(),
        }
    }

    /// The kind of the next token; the stream's end repeats.
    pub(super) fn peek(&mut self) -> Result<(Kind, Span), SyntaxError> {
        self.fill()?;
        let end = (Kind::StreamEnd, Span::at(self.pos));
        Ok(self.tokens.front().map_or(end, |token| (token.kind, token.span)))
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, SyntaxError> {
        self.fill()?;
        let end = Span::at(self.pos);
        let token = self.tokens.pop_front();
        self.taken += usize::from(token.is_some());
        Ok(token.unwrap_or_else(|| Token::bare(Kind::StreamEnd, end)))
    }

    /// Reads on until it is certain that no key token comes before the front token.
    fn fill(&mut self) -> Result<(), SyntaxError> {
        while !self.done {
            if !self.tokens.is_empty() {
                self.drop_stale()?;
                if self.candidates.front().is_none_or(|first| first.token != self.taken) {
                    break;
                }
            }
            self.fetch()?;
        }
        Ok(())
    }

    // Reading characters.

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    /// The byte `ahead` of the position; 0 at the end, which cannot stand in a file that is read.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    /// The text `start..end`, byte offsets.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn at_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\n' | b'\r' => true,
            0xc2 | 0xe2 => line_break(self.bytes.get(self.pos + ahead..).unwrap_or_default()) > 0,
            _ => false,
        }
    }

    /// End of the file, a line break or a space; not a tab.
    pub(super) fn at_gap(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), 0 | b' ') || self.at_break(ahead)
    }

    /// End of the file, a line break, a space or a tab.
    pub(super) fn at_blank(&self, ahead: usize) -> bool {
        self.byte(ahead) == b'\t' || self.at_gap(ahead)
    }

    /// `---` or `...` with nothing behind it, wherever it stands on the line.
    pub(super) fn at_separator(&self) -> bool {
        let rest = self.rest();
        (rest.starts_with(b"---") || rest.starts_with(b"...")) && self.at_blank(3)
    }

    /// Moves over `bytes` bytes that hold no line break.
    pub(super) fn advance(&mut self, bytes: usize) {
        let passed = self.bytes.get(self.pos..self.pos + bytes).unwrap_or_default();
        let characters = count(passed);
        self.pos += passed.len();
        self.index += characters;
        self.column += i64::try_from(characters).unwrap_or(i64::MAX);
        if self.input.byte_order_marks {
            let marks = passed.windows(3).filter(|three| *three == b"\xef\xbb\xbf").count();
            self.column -= i64::try_from(marks).unwrap_or(0);
        }
    }

    /// Moves over one ASCII character that is not a line break.
    pub(super) fn step(&mut self) {
        self.pos += 1;
        self.index += 1;
        self.column += 1;
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.byte(0) == b' ' {
            self.step();
        }
    }

    /// Moves over one line break and gives what it means: `\n` for all but U+2028 and U+2029.
    pub(super) fn take_break(&mut self) -> Option<&'static str> {
        let rest = self.rest();
        let length = line_break(rest);
        let meaning = match (length, rest) {
            (0, _) => return None,
            (3, [_, _, 0xa8, ..]) => "\u{2028}",
            (3, _) => "\u{2029}",
            _ => "\n",
        };
        self.index += if rest.starts_with(b"\r\n") { 2 } else { 1 };
        self.pos += length;
        self.line += 1;
        self.column = 0;
        Some(meaning)
    }

    /// Bytes up to the end of this line.
    pub(super) fn line_length(&self) -> usize {
        let rest = self.rest();
        let plain = |from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            if self.input.exotic_breaks {
                tail.iter().position(|byte| matches!(byte, b'\n' | b'\r' | 0xc2 | 0xe2))
            } else {
                tail.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
            }
        };
        let mut from = 0;
        while let Some(found) = plain(from) {
            from += found;
            if line_break(rest.get(from..).unwrap_or_default()) > 0 {
                return from;
            }
            from += 1;
        }
        rest.len()
    }

    /// Moves over a comment, if one stands here, and records it.
    pub(super) fn take_comment(&mut self) {
        if self.byte(0) == b'#' {
            let start = self.pos;
            self.advance(self.line_length());
            self.comments.push(Span::new(start, self.pos));
        }
    }

    /// The character at the position, for an error to point at.
    pub(super) fn here(&self) -> Span {
        let width = self.slice(self.pos, self.text.len()).chars().next().map_or(0, char::len_utf8);
        Span::new(self.pos, self.pos + width)
    }

    pub(super) fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(ErrorKind::Scanner, message, self.here())
    }

    // Simple keys.

    fn missing_colon(&self, key: Candidate) -> SyntaxError {
        let end = self.pos.max(key.offset);
        let first_line = self.slice(key.offset, end).lines().next().map_or(0, str::len);
        let span = Span::new(key.offset, key.offset + first_line);
        let message = "expected `key: value` on one line here, but no `:` follows";
        SyntaxError::new(ErrorKind::Scanner, message, span)
    }

    /// Forgets the candidates that are on another line or too far back. All behind the first that
    /// is still in reach began later on the same line, so they are in reach as well.
    fn drop_stale(&mut self) -> Result<(), SyntaxError> {
        while let Some(&key) = self.candidates.front() {
            if key.line == self.line && self.index - key.index <= SIMPLE_KEY_REACH {
                break;
            }
            if key.required {
                return Err(self.missing_colon(key));
            }
            self.candidates.pop_front();
        }
        Ok(())
    }

    /// The open candidate of this level; those of inner levels went when their bracket closed.
    fn take_candidate(&mut self) -> Option<Candidate> {
        let last = self.candidates.back().copied()?;
        if last.level != self.flow_level {
            return None;
        }
        self.candidates.pop_back()
    }

    fn forget_candidate(&mut self) -> Result<(), SyntaxError> {
        match self.take_candidate() {
            Some(key) if key.required => Err(self.missing_colon(key)),
            _ => Ok(()),
        }
    }

    /// A key may begin with the token that comes next.
    fn note_candidate(&mut self) -> Result<(), SyntaxError> {
        if self.key_allowed {
            self.forget_candidate()?;
            self.candidates.push_back(Candidate {
                level: self.flow_level,
                token: self.taken + self.tokens.len(),
                required: self.flow_level == 0 && self.indent == self.column,
                line: self.line,
                column: self.column,
                index: self.index,
                offset: self.pos,
            });
        }
        Ok(())
    }

    // Indentation.

    fn close_blocks(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            self.tokens.push_back(Token::bare(Kind::BlockEnd, Span::at(self.pos)));
        }
    }

    fn open_block(&mut self, column: i64) -> bool {
        let deeper = self.indent < column;
        if deeper {
            self.indents.push(self.indent);
            self.indent = column;
        }
        deeper
    }

    // Tokens.

    fn push_punctuation(&mut self, kind: Kind, length: usize) {
        let start = self.pos;
        self.advance(length);
        self.tokens.push_back(Token::bare(kind, Span::new(start, self.pos)));
    }

    fn skip_to_token(&mut self) {
        if self.pos == 0 && self.text.starts_with('\u{feff}') {
            self.advance('\u{feff}'.len_utf8());
        }
        loop {
            self.skip_spaces();
            self.take_comment();
            if self.take_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_token();
        self.drop_stale()?;
        self.close_blocks(self.column);
        let in_flow = self.flow_level > 0;
        let line_start = self.column == 0;
        match self.byte(0) {
            0 => self.fetch_stream_end(),
            b'%' if line_start => {
                self.end_block_structure()?;
                let token = self.scan_directive()?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'-' if line_start && self.at_separator() => self.fetch_marker(Kind::DocumentStart),
            b'.' if line_start && self.at_separator() => self.fetch_marker(Kind::DocumentEnd),
            b'[' => self.fetch_open(Kind::FlowSequenceStart),
            b'{' => self.fetch_open(Kind::FlowMappingStart),
            b']' => self.fetch_close(Kind::FlowSequenceEnd),
            b'}' => self.fetch_close(Kind::FlowMappingEnd),
            b',' => {
                self.key_allowed = true;
                self.forget_candidate()?;
                self.push_punctuation(Kind::FlowEntry, 1);
                Ok(())
            }
            b'-' if self.at_blank(1) => self.fetch_block_entry(),
            b'?' if in_flow || self.at_blank(1) => self.fetch_key(),
            b':' if in_flow || self.at_blank(1) => self.fetch_value(),
            b'*' => self.fetch_with(|scanner| scanner.scan_name(Kind::Alias)),
            b'&' => self.fetch_with(|scanner| scanner.scan_name(Kind::Anchor)),
            b'!' => self.fetch_with(Self::scan_tag),
            b'|' | b'>' if !in_flow => {
                self.key_allowed = true;
                self.forget_candidate()?;
                let token = self.scan_block_scalar()?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'\'' => self.fetch_with(Self::scan_single_quoted),
            b'"' => self.fetch_with(Self::scan_double_quoted),
            _ if self.at_plain() => self.fetch_with(|scanner| Ok(scanner.scan_plain())),
            b'\t' => Err(self.error("a tab cannot separate or indent here: use spaces")),
            byte if byte.is_ascii_punctuation() => {
                let message = format!("a value cannot begin with `{}`: quote it", byte as char);
                Err(self.error(message))
            }
            _ => Err(self.error("a value cannot begin with this character")),
        }
    }

    fn at_plain(&self) -> bool {
        match self.byte(0) {
            b'-' => !self.at_blank(1),
            b'?' | b':' => self.flow_level == 0 && !self.at_blank(1),
            byte => !self.at_blank(0) && !b",[]{}#&*!|>'\"%@`".contains(&byte),
        }
    }

    /// A token that may begin a key, and after which none may begin.
    fn fetch_with(
        &mut self,
        scan: impl FnOnce(&mut Self) -> Result<Token<'a>, SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.note_candidate()?;
        self.key_allowed = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), SyntaxError> {
        self.end_block_structure()?;
        self.candidates.clear();
        self.tokens.push_back(Token::bare(Kind::StreamEnd, Span::at(self.pos)));
        self.done = true;
        Ok(())
    }

    fn end_block_structure(&mut self) -> Result<(), SyntaxError> {
        self.close_blocks(-1);
        self.forget_candidate()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_marker(&mut self, kind: Kind) -> Result<(), SyntaxError> {
        self.end_block_structure()?;
        self.push_punctuation(kind, 3);
        Ok(())
    }

    fn fetch_open(&mut self, kind: Kind) -> Result<(), SyntaxError> {
        self.note_candidate()?;
        self.flow_level += 1;
        self.key_allowed = true;
        self.push_punctuation(kind, 1);
        Ok(())
    }

    fn fetch_close(&mut self, kind: Kind) -> Result<(), SyntaxError> {
        self.forget_candidate()?;
        // No bracket is open: no state of the parser accepts the token, so nothing is lost here.
        let Some(level) = self.flow_level.checked_sub(1) else {
            let message =
                format!("`{}` closes a bracket that was not opened", self.byte(0) as char);
            return Err(SyntaxError::new(ErrorKind::Parser, message, self.here()));
        };
        self.flow_level = level;
        self.key_allowed = false;
        self.push_punctuation(kind, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), SyntaxError> {
        // In brackets the parser refuses it, with the better message.
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.error("a list item cannot begin here: put it on its own line"));
            }
            if self.open_block(self.column) {
                self.tokens.push_back(Token::bare(Kind::BlockSequenceStart, Span::at(self.pos)));
            }
        }
        self.key_allowed = true;
        self.forget_candidate()?;
        self.push_punctuation(Kind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), SyntaxError> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.error("a `?` key cannot begin here: put it on its own line"));
            }
            if self.open_block(self.column) {
                self.tokens.push_back(Token::bare(Kind::BlockMappingStart, Span::at(self.pos)));
            }
        }
        self.key_allowed = self.flow_level == 0;
        self.forget_candidate()?;
        self.push_punctuation(Kind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), SyntaxError> {
        if let Some(key) = self.take_candidate() {
            let place = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(place, Token::bare(Kind::Key, Span::at(key.offset)));
            if self.flow_level == 0 && self.open_block(key.column) {
                let start = Token::bare(Kind::BlockMappingStart, Span::at(key.offset));
                self.tokens.insert(place, start);
            }
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    let message = "a second `:` on this line: quote the value that holds it";
                    return Err(self.error(message));
                }
                if self.open_block(self.column) {
                    self.tokens.push_back(Token::bare(Kind::BlockMappingStart, Span::at(self.pos)));
                }
            }
            self.key_allowed = self.flow_level == 0;
            self.forget_candidate()?;
        }
        self.push_punctuation(Kind::Value, 1);
        Ok(())
    }
}
