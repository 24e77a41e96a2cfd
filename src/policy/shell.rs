//! A shell line as its simple commands, for deny lists that speak of commands rather than of text.
//!
//! One pass, an explicit stack instead of recursion, and no expansion: words lose their quotes, the body
//! of `$( )`, backticks, `<( )` and `( )` becomes commands of its own. The body of a here-document is
//! read as commands too, which is right for `bash <<EOF` and harmless elsewhere.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// One simple command: what runs between two separators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimpleCommand {
    /// Words without quotes, leading keywords (`then`, `do`) and assignments (`A=1`). A substitution
    /// leaves `$()` in its word.
    pub words: Vec<String>,
    /// Operator (`>`, `>>`, `<` ..., a leading descriptor number dropped) and target.
    pub redirections: Vec<(String, String)>,
    /// Byte offset in the line at which the command starts.
    pub start: usize,
    /// Assignments before the first word.
    pub assignments: usize,
    /// True after a keyword such as `then` or `!`; a brace is none.
    pub after_keyword: bool,
}

impl SimpleCommand {
    /// The words joined by single blanks.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

const KEYWORDS: [&str; 12] =
    ["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "!", "{", "}"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    Line,
    Parenthesis,
    Backtick,
}

/// A command being read, and the quote it is interrupted in by a substitution.
struct Frame {
    close: Close,
    command: SimpleCommand,
    word: Option<String>,
    redirection: Option<String>,
    in_double_quotes: bool,
}

impl Frame {
    fn new(close: Close, start: usize) -> Self {
        let command = SimpleCommand { start, ..SimpleCommand::default() };
        Self { close, command, word: None, redirection: None, in_double_quotes: false }
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if let Some(operator) = self.redirection.take() {
            self.command.redirections.push((operator, word));
        } else if !self.command.words.is_empty() {
            self.command.words.push(word);
        } else if KEYWORDS.contains(&word.as_str()) {
            self.command.after_keyword |= word != "{" && word != "}";
        } else if is_assignment(&word) {
            self.command.assignments += 1;
        } else {
            self.command.words.push(word);
        }
    }

    fn end_command(&mut self, next_start: usize, out: &mut Vec<SimpleCommand>) {
        self.end_word();
        if let Some(operator) = self.redirection.take() {
            self.command.redirections.push((operator, String::new()));
        }
        let next = SimpleCommand { start: next_start, ..SimpleCommand::default() };
        let done = std::mem::replace(&mut self.command, next);
        if !done.words.is_empty() || !done.redirections.is_empty() {
            out.push(done);
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The simple commands of a line, inner ones as they end.
#[must_use]
pub fn simple_commands(line: &str) -> Vec<SimpleCommand> {
    let mut out = Vec::new();
    let mut outer: Vec<Frame> = Vec::new();
    let mut frame = Frame::new(Close::Line, 0);
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let after = at + c.len_utf8();
        if frame.in_double_quotes {
            match (c, next) {
                ('"', _) => frame.in_double_quotes = false,
                ('\\', Some(escaped @ ('"' | '\\' | '$' | '`'))) => {
                    chars.next();
                    frame.push(escaped);
                }
                ('$', Some('(')) => {
                    chars.next();
                    frame.word.get_or_insert_default().push_str("$()");
                    outer.push(std::mem::replace(
                        &mut frame,
                        Frame::new(Close::Parenthesis, after + 1),
                    ));
                }
                ('`', _) if !outer.iter().any(|f| f.close == Close::Backtick) => {
                    frame.word.get_or_insert_default().push_str("$()");
                    outer.push(std::mem::replace(&mut frame, Frame::new(Close::Backtick, after)));
                }
                _ => frame.push(c),
            }
            continue;
        }
        match (c, next) {
            ('\\', Some('\n')) => {
                chars.next();
            }
            ('\\', Some(escaped)) => {
                chars.next();
                frame.push(escaped);
            }
            ('\'', _) => {
                frame.word.get_or_insert_default();
                for (_, inner) in chars.by_ref() {
                    if inner == '\'' {
                        break;
                    }
                    frame.push(inner);
                }
            }
            ('"', _) => {
                frame.word.get_or_insert_default();
                frame.in_double_quotes = true;
            }
            ('$', Some('(')) => {
                chars.next();
                frame.word.get_or_insert_default().push_str("$()");
                outer
                    .push(std::mem::replace(&mut frame, Frame::new(Close::Parenthesis, after + 1)));
            }
            ('<' | '>', Some('(')) => {
                chars.next();
                let placeholder = if c == '<' { "<()" } else { ">()" };
                frame.word.get_or_insert_default().push_str(placeholder);
                outer
                    .push(std::mem::replace(&mut frame, Frame::new(Close::Parenthesis, after + 1)));
            }
            ('`', _) if frame.close == Close::Backtick => close(&mut frame, &mut outer, &mut out),
            ('`', _) => {
                frame.word.get_or_insert_default().push_str("$()");
                outer.push(std::mem::replace(&mut frame, Frame::new(Close::Backtick, after)));
            }
            ('(', _) => {
                // A subshell, or the parentheses of a function: what was read so far is a command.
                frame.end_command(after, &mut out);
                outer.push(std::mem::replace(&mut frame, Frame::new(Close::Parenthesis, after)));
            }
            (')', _) if frame.close == Close::Parenthesis => {
                close(&mut frame, &mut outer, &mut out);
            }
            (';' | '\n' | ')' | '|', _) => frame.end_command(after, &mut out),
            ('&', Some('>')) => {
                frame.end_word();
            }
            ('&', _) => frame.end_command(after, &mut out),
            ('<' | '>', _) => {
                // `2>`: the digits before the operator are a descriptor, not a word.
                let descriptor = frame.word.as_deref();
                if descriptor.is_some_and(|w| w.chars().all(|c| c.is_ascii_digit())) {
                    frame.word = None;
                }
                frame.end_word();
                let mut operator = String::from(c);
                while let Some((_, more)) = chars.next_if(|&(_, n)| "<>&|".contains(n)) {
                    operator.push(more);
                }
                frame.redirection = Some(operator);
            }
            ('#', _) if frame.word.is_none() => {
                while chars.next_if(|&(_, inner)| inner != '\n').is_some() {}
            }
            (space, _) if space.is_whitespace() => frame.end_word(),
            _ => frame.push(c),
        }
    }
    loop {
        frame.end_command(line.len(), &mut out);
        match outer.pop() {
            Some(next) => frame = next,
            None => return out,
        }
    }
}

fn close(frame: &mut Frame, outer: &mut Vec<Frame>, out: &mut Vec<SimpleCommand>) {
    frame.end_command(0, out);
    if let Some(resumed) = outer.pop() {
        *frame = resumed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        simple_commands(line).iter().map(SimpleCommand::text).collect()
    }

    #[test]
    fn splits_lines() {
        for (line, commands) in [
            ("cd x && rm -rf y; ls | wc -l &", vec!["cd x", "rm -rf y", "ls", "wc -l"]),
            ("echo 'a; b' \"c && d\"", vec!["echo a; b c && d"]),
            ("echo \"$(rm -rf x)\" y", vec!["rm -rf x", "echo $() y"]),
            ("echo `rm x` y", vec!["rm x", "echo $() y"]),
            ("(cd x; rm -rf y)", vec!["cd x", "rm -rf y"]),
            ("if true; then A=1 rm -rf x; fi", vec!["true", "rm -rf x"]),
            ("bash <(curl x)", vec!["curl x", "bash <()"]),
            ("rm -rf \\\n x # rm y", vec!["rm -rf x"]),
            (r"r\m -r''f x", vec!["rm -rf x"]),
            ("a\n\nb", vec!["a", "b"]),
        ] {
            assert_eq!(texts(line), commands, "{line:?}");
        }
    }

    #[test]
    fn redirections_are_apart() {
        let commands = simple_commands("cat x 2>/dev/null >> /dev/sda; > y; ls &> z");
        let all: Vec<_> = commands.iter().map(|c| (c.text(), c.redirections.clone())).collect();
        let pair = |o: &str, t: &str| (o.to_owned(), t.to_owned());
        assert_eq!(
            all,
            [
                ("cat x".to_owned(), vec![pair(">", "/dev/null"), pair(">>", "/dev/sda")]),
                (String::new(), vec![pair(">", "y")]),
                ("ls".to_owned(), vec![pair(">", "z")]),
            ]
        );
        assert_eq!(commands.first().map(|c| c.start), Some(0));
    }

    #[test]
    fn deep_nesting_is_linear() {
        let line = "$(".repeat(200_000);
        assert!(simple_commands(&line).len() <= 200_001);
        let line = "\"`".repeat(100_000);
        let _ = simple_commands(&line);
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read(line in "\\PC{0,80}|([$(){}`'\"\\\\;&|#<>\n ab])*") {
            let _ = simple_commands(&line);
        }
    }
}
