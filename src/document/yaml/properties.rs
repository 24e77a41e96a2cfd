//! The texts of anchors, aliases, tags and directives.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;

use super::characters::{is_name, is_uri};
use super::error::SyntaxError;
use super::scanner::Scanner;
use super::token::{Kind, Payload, Token};
use crate::span::Span;

/// Most digits that Python reads as a decimal number (`sys.int_info.default_max_str_digits`).
pub(super) const MAX_DECIMAL_DIGITS: usize = 4300;

impl<'a> Scanner<'a> {
    fn name_length(&self) -> usize {
        self.rest().iter().take_while(|&&byte| is_name(byte)).count()
    }

    /// `&name` or `*name`.
    pub(super) fn scan_name(&mut self, kind: Kind) -> Result<Token<'a>, SyntaxError> {
        let start = self.pos;
        self.step();
        let length = self.name_length();
        if length == 0 {
            let message = if kind == Kind::Alias {
                "`*` begins an alias, which needs a name: quote the value if it is text"
            } else {
                "`&` begins an anchor, which needs a name: quote the value if it is text"
            };
            return Err(self.error(message));
        }
        let name = self.slice(self.pos, self.pos + length);
        self.advance(length);
        if !self.at_blank(0) && !b"?:,]}%@`".contains(&self.byte(0)) {
            return Err(self.error("names of anchors hold letters, digits, `-` and `_` only"));
        }
        let span = Span::new(start, self.pos);
        Ok(Token { kind, span, payload: Payload::Name(name) })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.pos;
        let (handle, suffix) = if self.byte(1) == b'<' {
            self.advance(2);
            let suffix = self.take_uri()?;
            if self.byte(0) != b'>' {
                return Err(self.error("a tag that begins with `!<` ends with `>`"));
            }
            self.step();
            (None, suffix)
        } else if self.at_blank(1) {
            self.step();
            (None, Cow::Borrowed("!"))
        } else {
            let mut ahead = 1;
            while self.byte(ahead) != b'!' && !self.at_gap(ahead) {
                ahead += 1;
            }
            let handle = if self.byte(ahead) == b'!' {
                self.take_handle()?
            } else {
                self.step();
                "!"
            };
            (Some(handle), self.take_uri()?)
        };
        if !self.at_gap(0) {
            return Err(self.error("expected a space after the tag"));
        }
        let span = Span::new(start, self.pos);
        Ok(Token { kind: Kind::Tag, span, payload: Payload::Tag(handle, suffix) })
    }

    /// `!`, `!!` or `!name!`
    fn take_handle(&mut self) -> Result<&'a str, SyntaxError> {
        if self.byte(0) != b'!' {
            return Err(self.error("a tag handle begins with `!`"));
        }
        let start = self.pos;
        self.step();
        if self.byte(0) != b' ' {
            self.advance(self.name_length());
            if self.byte(0) != b'!' {
                return Err(self.error("a tag handle ends with `!`"));
            }
            self.step();
        }
        Ok(self.slice(start, self.pos))
    }

    fn take_uri(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        let length = self.rest().iter().take_while(|&&byte| is_uri(byte)).count();
        if length == 0 {
            return Err(self.error("the tag has no name"));
        }
        let written = self.slice(self.pos, self.pos + length);
        if !written.contains('%') {
            self.advance(length);
            return Ok(Cow::Borrowed(written));
        }
        let mut decoded = String::with_capacity(length);
        let end = self.pos + length;
        while self.pos < end {
            let plain = self.slice(self.pos, end);
            let plain = plain.get(..plain.find('%').unwrap_or(plain.len())).unwrap_or_default();
            decoded.push_str(plain);
            self.advance(plain.len());
            let mut bytes = Vec::new();
            while self.byte(0) == b'%' {
                let digits = self.slice(self.pos + 1, self.pos + 3);
                let digits = digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(digits);
                match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(byte) if self.byte(2) != 0 => bytes.push(byte),
                    _ => return Err(self.error("`%` in a tag takes two hexadecimal digits")),
                }
                self.advance(3);
            }
            match std::str::from_utf8(&bytes) {
                Ok(text) => decoded.push_str(text),
                Err(_) => return Err(self.error("the `%` escapes of this tag are not UTF-8")),
            }
        }
        Ok(Cow::Owned(decoded))
    }

    pub(super) fn scan_directive(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.pos;
        self.step();
        let length = self.name_length();
        let name = self.slice(self.pos, self.pos + length);
        self.advance(length);
        if length == 0 || !self.at_gap(0) {
            let message = "`%` at the start of a line begins a directive: quote or indent the text";
            return Err(self.error(message));
        }
        let payload = match name {
            "YAML" => self.take_version()?,
            "TAG" => self.take_tag_directive()?,
            _ => Payload::None,
        };
        let end = self.pos;
        if matches!(payload, Payload::None) {
            self.advance(self.line_length());
        }
        self.finish_line("after a directive only a comment may follow")?;
        Ok(Token { kind: Kind::Directive, span: Span::new(start, end), payload })
    }

    fn take_version(&mut self) -> Result<Payload<'a>, SyntaxError> {
        self.skip_spaces();
        let major = self.take_version_number()?;
        if self.byte(0) != b'.' {
            return Err(self.error("a YAML version looks like `1.1`"));
        }
        self.step();
        self.take_version_number()?;
        if !self.at_gap(0) {
            return Err(self.error("a YAML version looks like `1.1`"));
        }
        Ok(Payload::Version(major.trim_start_matches('0') == "1"))
    }

    fn take_version_number(&mut self) -> Result<&'a str, SyntaxError> {
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 || length > MAX_DECIMAL_DIGITS {
            return Err(self.error("a YAML version looks like `1.1`"));
        }
        let digits = self.slice(self.pos, self.pos + length);
        self.advance(length);
        Ok(digits)
    }

    fn take_tag_directive(&mut self) -> Result<Payload<'a>, SyntaxError> {
        self.skip_spaces();
        let handle = self.take_handle()?;
        if self.byte(0) != b' ' {
            return Err(self.error("expected a space after the tag handle"));
        }
        self.skip_spaces();
        let prefix = self.take_uri()?;
        if !self.at_gap(0) {
            return Err(self.error("expected the end of the line after the tag prefix"));
        }
        Ok(Payload::Handle(handle, prefix))
    }
}
