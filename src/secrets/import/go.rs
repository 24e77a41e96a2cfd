//! Turns a regular expression of Go's `regexp` (RE2) into the dialect of Rust's `regex`.
//!
//! Nearly all of RE2's syntax is also Rust's, and means the same. What is not: `[` and doubled `&`, `-`, `~`
//! are plain inside a class, `{` is plain where no repeat can be, `\<` and `\>` are plain signs, `\Q…\E` quotes,
//! escapes may be octal. A class by Unicode's tables is allowed for itself; everything else stays bytes, so
//! `.` is one byte where RE2 takes one character.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// Turns `source` around. With `group`, that capture group (counted from 1) becomes `secret`; all others lose
/// their names. What Rust's regex crate does not know either way is left for it to refuse.
pub(super) fn to_rust(source: &str, group: usize) -> String {
    let mut reader =
        Reader { rest: source, out: String::with_capacity(source.len() + 16), group, groups: 0 };
    while let Some(first) = reader.rest.chars().next() {
        match first {
            '\\' => reader.escape(false),
            '[' => reader.class(),
            '(' => reader.open(),
            '{' if !is_repeat(reader.rest) => {
                reader.out.push('\\');
                reader.take(1);
            }
            other => reader.take(other.len_utf8()),
        }
    }
    reader.out
}

/// Number of groups of `source` that capture.
pub(super) fn groups(source: &str) -> usize {
    let mut reader = Reader { rest: source, out: String::new(), group: 0, groups: 0 };
    while let Some(first) = reader.rest.chars().next() {
        match first {
            '\\' => reader.escape(false),
            '[' => reader.class(),
            '(' => reader.open(),
            other => reader.take(other.len_utf8()),
        }
    }
    reader.groups
}

/// `{2}`, `{2,}` or `{2,5}`, which RE2 takes as repeats; `{,5}` is plain text there.
fn is_repeat(rest: &str) -> bool {
    let Some((inside, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    !least.is_empty() && least.bytes().chain(most.bytes()).all(|b| b.is_ascii_digit())
}

struct Reader<'s> {
    rest: &'s str,
    out: String,
    group: usize,
    groups: usize,
}

impl<'s> Reader<'s> {
    /// Copies `length` bytes, or what is left.
    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.out.push_str(taken);
        self.rest = rest;
    }

    fn skip(&mut self, length: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// `\…`, inside a class or outside.
    fn escape(&mut self, in_class: bool) {
        let mut chars = self.rest.chars().skip(1);
        let Some(sign) = chars.next() else {
            self.take(1);
            return;
        };
        match sign {
            'Q' if !in_class => {
                let body = self.rest.get(2..).unwrap_or_default();
                let (quoted, rest) = body.split_once("\\E").unwrap_or((body, ""));
                self.out.push_str(&regex_syntax::escape(quoted));
                self.rest = rest;
            }
            '<' | '>' => {
                self.skip(1);
                self.take(1);
            }
            '0'..='7' => {
                let length = self
                    .rest
                    .bytes()
                    .skip(1)
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .count();
                let digits = self.skip(1 + length).get(1..).unwrap_or_default();
                match u32::from_str_radix(digits, 8) {
                    Ok(value) if sign == '0' || digits.len() > 1 => {
                        self.out.push_str(&format!("\\x{{{value:x}}}"));
                    }
                    // A back-reference, which neither knows: left to be refused.
                    _ => {
                        self.out.push('\\');
                        self.out.push_str(digits);
                    }
                }
            }
            'p' | 'P' => {
                let name = if chars.next() == Some('{') {
                    self.rest.find('}').map_or(self.rest.len(), |at| at + 1)
                } else {
                    3
                };
                let table = self.skip(name);
                if in_class {
                    self.out.push_str(table);
                } else {
                    self.out.push_str(&format!("(?u:{table})"));
                }
            }
            'x' if chars.next() == Some('{') => {
                let end = self.rest.find('}').map_or(self.rest.len(), |at| at + 1);
                self.take(end);
            }
            other => self.take(1 + other.len_utf8()),
        }
    }

    /// `[…]`.
    fn class(&mut self) {
        let begin = self.out.len();
        let mut beyond_ascii = false;
        self.take(1);
        if self.rest.starts_with('^') {
            self.take(1);
        }
        let mut first = true;
        while let Some(sign) = self.rest.chars().next() {
            match sign {
                ']' if first => {
                    self.out.push('\\');
                    self.take(1);
                }
                ']' => {
                    self.take(1);
                    break;
                }
                '\\' => {
                    let next = self.rest.as_bytes().get(1);
                    beyond_ascii |= matches!(next, Some(b'p' | b'P'));
                    self.escape(true);
                }
                '[' if self.rest.starts_with("[:") && self.rest.contains(":]") => {
                    let end = self.rest.find(":]").map_or(self.rest.len(), |at| at + 2);
                    self.take(end);
                }
                '[' => {
                    self.out.push('\\');
                    self.take(1);
                }
                // Two of these in a row are set operations in Rust.
                '&' | '~' => {
                    self.out.push('\\');
                    self.take(1);
                }
                '-' if self.rest.starts_with("--") => {
                    self.out.push('\\');
                    self.take(1);
                }
                other => {
                    beyond_ascii |= !other.is_ascii();
                    self.take(other.len_utf8());
                }
            }
            first = false;
        }
        if beyond_ascii {
            self.out.insert_str(begin, "(?u:");
            self.out.push(')');
        }
    }

    /// `(`, with what says which kind of group it is.
    fn open(&mut self) {
        let named = ["(?P<", "(?<"].into_iter().find(|start| self.rest.starts_with(start));
        if named.is_none() && self.rest.starts_with("(?") {
            self.take(2);
            return;
        }
        self.groups += 1;
        let end = match named {
            Some(_) => self.rest.find('>').map_or(self.rest.len(), |at| at + 1),
            None => 1,
        };
        self.skip(end);
        self.out.push_str(if self.groups == self.group { "(?P<secret>" } else { "(" });
    }
}

#[cfg(test)]
mod tests {
    use super::{groups, to_rust};
    use crate::secrets::pattern::Pattern;

    #[test]
    fn what_both_take_alike_stays() {
        for same in [
            r"\b(ghp_[0-9a-zA-Z]{36})\b",
            r"(?i)[\w.-]{0,50}?(?:acme)(?:[ \t\w.-]{0,20})[\s'\x60]{0,3}(?:=|\|\||:{1,3}=)",
            r"(?s:.)a{2,}(?-i:b)[[:alnum:]_]{3}\z",
            r"[^\]a]\/\-\.",
        ] {
            assert_eq!(to_rust(same, 0), same);
        }
    }

    #[test]
    fn what_differs_is_turned_around() {
        for (go, rust) in [
            (r"[^[\]]+", r"[^\[\]]+"),
            (r"[]a]", r"[\]a]"),
            (r"[a&&b~~c]", r"[a\&\&b\~\~c]"),
            (r"[+--]", r"[+\--]"),
            (r"\$?{{[^}]+}}", r"\$?\{\{[^}]+}}"),
            (r"x{,5}", r"x\{,5}"),
            (r"\<b\>", r"<b>"),
            (r"\Qa.b(\E.c", r"a\.b\(.c"),
            (r"\0\101", r"\x{0}\x{41}"),
            (r"\pL+", r"(?u:\pL)+"),
            (r"[\p{Greek}0-9]", r"(?u:[\p{Greek}0-9])"),
            ("[•x]+•", "(?u:[•x])+•"),
        ] {
            assert_eq!(to_rust(go, 0), rust, "{go}");
            Pattern::parse(rust).unwrap_or_else(|e| panic!("{rust}: {e}"));
        }
    }

    #[test]
    fn the_secret_group_gets_the_name() {
        assert_eq!(to_rust(r"(a)(?:b)(?P<x>c)(\()", 2), r"(a)(?:b)(?P<secret>c)(\()");
        assert_eq!(to_rust(r"(?i)([(])(?<n>c)", 0), r"(?i)([(])(c)");
        assert_eq!(groups(r"\((a)(?:[(]b)(?P<x>c)"), 2);
    }

    #[test]
    fn any_text_ends() {
        for text in
            ["\\", "[", "[^", "(?P<", "(?", "\\x{", "\\p{", "{", "\\Q", "[[:", "[\\", "é\\é["]
        {
            let _ = to_rust(text, 1);
            let _ = groups(text);
        }
    }
}
