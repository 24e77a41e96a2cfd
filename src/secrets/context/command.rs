//! Credentials as arguments of commands: `curl -u a:b`, `psexec -p x`, `net use * x`.
//!
//! A table says where each command takes a secret. Its words are read as a shell would split them, quotes and
//! line ends included, but nothing is expanded: a word that a shell fills in is no secret.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::assignment::Assignment;
use super::super::classify::{self, Kind, classify};
use super::super::effort::HIT;
use super::super::spec::Confidence;
use super::super::substrings::holds;
use super::super::syntax::{self, at, skip_blanks};
use super::Reader;
use super::scheme::is_literal;
use super::strength::{Strength, strength};
use super::words::WORDS;
use crate::span::Span;

/// How far a command is read.
const COMMAND: usize = 400;

/// Where a command takes a secret.
#[derive(Clone, Copy, Debug)]
enum Takes {
    /// In the word behind an option.
    After(&'static [&'static str]),
    /// In the word behind an option, after the sign: `user:password`.
    Pair(&'static [&'static str], u8),
    /// In the same word as the option: `-psecret`.
    Glued(&'static str),
    /// In the word of this number that is no option; the command's own is number 0.
    Word(usize),
    /// In the first word that is no device, no `\\host\share` and no option.
    Share,
    /// In the last word, when an option has `b` for `batch` and three words stand before it.
    Last,
    /// Before the command, in what is piped to it: `echo user:password | chpasswd`.
    Piped,
}

use Takes::{After, Glued, Last, Pair, Piped, Share, Word};

/// Each of [`WORDS`] that is a command, and what it takes.
const COMMANDS: &[(&str, &[Takes])] = &[
    ("curl ", &[Pair(&["-u", "--user", "-U", "--proxy-user", "-su", "-sku", "-ku"], b':')]),
    ("wget ", &[Pair(&["-U", "--proxy-user"], b':')]),
    ("sshpass", &[After(&["-p"]), Glued("-p")]),
    ("mysql", &[Glued("-p")]),
    ("psexec", &[After(&["-p"])]),
    ("net user", &[Word(2)]),
    ("net use", &[Share]),
    ("htpasswd", &[Last]),
    ("docker login", &[After(&["-p"])]),
    ("podman login", &[After(&["-p"])]),
    ("smbclient", &[Pair(&["-U", "--user"], b'%')]),
    ("rpcclient", &[Pair(&["-U", "--user"], b'%')]),
    ("winexe", &[Pair(&["-U", "--user"], b'%')]),
    ("xfreerdp", &[Glued("/p:")]),
    ("to-securestring", &[After(&["-string", "-String"]), Word(1)]),
    ("mosquitto_", &[After(&["-P"])]),
    ("rabbitmqctl add_user", &[Word(2)]),
    ("rabbitmqctl change_password", &[Word(2)]),
    ("wpa_passphrase", &[Word(2)]),
    ("chpasswd", &[Piped]),
];

/// What `word`, the text `here`, means to the command.
struct Seen<'w> {
    /// The word before.
    last: &'w [u8],
    /// How many words that are no options stand up to it.
    plain: usize,
    /// How many words of any kind.
    words: usize,
    /// An option asks for a batch.
    batch: bool,
    /// An option tells the user.
    user: bool,
    /// It is the last of its line.
    end: bool,
}

impl Takes {
    /// Where in `here` the secret begins, if it is there.
    fn begins(self, here: &[u8], seen: &Seen<'_>) -> Option<usize> {
        let after = |options: &[&str]| options.iter().any(|option| seen.last == option.as_bytes());
        match self {
            After(options) => after(options).then_some(0),
            Pair(options, sign) => {
                // `-u a:b`, `-ua:b`, `--user=a:b`.
                let glued = options.iter().any(|option| {
                    let rest = here.strip_prefix(option.as_bytes());
                    rest.is_some_and(|r| option.len() == 2 && r.len() > 2 || r.starts_with(b"="))
                });
                let found = here.iter().position(|&b| b == sign).map(|at| at + 1);
                found.filter(|_| after(options) || glued)
            }
            Piped => None,
            Share => {
                let device = matches!(here, [b'\\' | b'*' | b'/' | b'-', ..] | [_, b':', ..]);
                (!device && !here.starts_with(b"\"\\")).then_some(0)
            }
            Glued(option) => (here.starts_with(option.as_bytes()) && here.len() > option.len() + 1)
                .then_some(option.len()),
            Word(number) => (seen.plain == number.max(1) && !here.starts_with(b"-")).then_some(0),
            Last => (seen.batch && seen.words >= 4 && seen.end).then_some(0),
        }
    }
}

impl Reader<'_> {
    /// The options of a command line that carry a password.
    pub(super) fn command(
        &mut self,
        index: usize,
        start: usize,
        end: usize,
        out: &mut Vec<Assignment>,
    ) {
        if start > 0 && matches!(at(self.bytes, start - 1), b if syntax::is_name_byte(b)) {
            // `ConvertTo-SecureString` is woken by its end.
            if !self
                .bytes
                .get(start..end)
                .is_some_and(|b| b.eq_ignore_ascii_case(b"to-securestring"))
            {
                return;
            }
        }
        let Some(takes) = WORDS
            .get(index)
            .and_then(|word| COMMANDS.iter().find(|(command, _)| command == word))
            .map(|(_, takes)| *takes)
        else {
            return;
        };
        // `mysql_config` is another command.
        if at(self.bytes, end) == b'_' && at(self.bytes, end - 1) != b'_' {
            return;
        }
        let stop = command_end(self.bytes, end);
        self.budget.spend(HIT + stop.saturating_sub(end));
        self.command = (index, stop);
        // What is not told to be plain text is encrypted.
        if at(self.bytes, end) == b' '
            && self
                .bytes
                .get(start..end)
                .is_some_and(|b| b.eq_ignore_ascii_case(b"to-securestring"))
            && !holds(Span::new(end, stop).of(self.bytes), b"asplaintext")
        {
            return;
        }
        if takes.iter().any(|takes| matches!(takes, Piped)) {
            return self.piped(start, end, out);
        }
        // `psexec.exe`, `mysqldump`, `net user`: the rest of the command's own word.
        let mut i = end;
        while i < stop && (syntax::is_name_byte(at(self.bytes, i)) || at(self.bytes, i) == b'.') {
            i += 1;
        }
        // `MySQL-Python` is none.
        if at(self.bytes, i) == b'-' && !at(self.bytes, i - 1).is_ascii_whitespace() {
            return;
        }
        let mut last = Span::at(i);
        let mut seen =
            Seen { last: b"", plain: 0, words: 0, batch: false, user: false, end: false };
        while i < stop {
            i = skip_gap(self.bytes, i);
            let word = word_at(self.bytes, i, stop);
            if word.is_empty() {
                break;
            }
            let here = word.of(self.bytes);
            let option = here.starts_with(b"-");
            seen.words += 1;
            seen.plain += usize::from(!option);
            seen.batch |= option && here.contains(&b'b');
            seen.user |= matches!(here, b"-u" | b"-U" | b"--user" | b"--username" | b"-user");
            seen.end = word.end == stop;
            seen.last = last.of(self.bytes);
            if let Some(from) = takes.iter().find_map(|takes| takes.begins(here, &seen)) {
                let span = unquoted(self.bytes, Span::new(word.start + from, word.end));
                return self.argument(Span::new(start, end), span, seen.user, out);
            }
            last = word;
            let closed = at(self.bytes, word.start.wrapping_sub(1));
            i = word.end + usize::from(matches!(closed, b'"' | b'\'') && i < word.start);
        }
    }

    /// `echo 'user:password' | chpasswd`.
    fn piped(&mut self, start: usize, end: usize, out: &mut Vec<Assignment>) {
        let line = syntax::line_around(self.bytes, start, COMMAND).start;
        let before = Span::new(line, start).of(self.bytes);
        let Some(pipe) = before.iter().rposition(|&b| b == b'|') else { return };
        let words = before.get(..pipe).unwrap_or_default();
        let Some(echo) = words.windows(5).rposition(|w| w == b"echo ") else { return };
        let from = skip_blanks(self.bytes, line + echo + 5);
        let word = word_at(self.bytes, from, line + pipe);
        let Some(colon) = word.of(self.bytes).iter().position(|&b| b == b':') else { return };
        self.argument(
            Span::new(start, end),
            Span::new(word.start + colon + 1, word.end),
            true,
            out,
        );
    }

    /// Judges what a command is given as a secret, and whether it is given a user too.
    fn argument(&mut self, command: Span, span: Span, user: bool, out: &mut Vec<Assignment>) {
        let value = span.of(self.bytes);
        let own = !self.nature.test
            && !self.nature.example
            && !holds(value, b"pass")
            && classify(value, &classify::Context::default()).kind != Kind::Placeholder;
        let confidence = match strength(value) {
            Strength::Random => Confidence::High,
            Strength::Mixed | Strength::Gibberish if value.len() >= 5 => Confidence::Medium,
            // `-u user -p pass` is in every manual.
            Strength::Numbered | Strength::Words if user && own => Confidence::Medium,
            Strength::Numbered | Strength::Words => Confidence::Low,
            _ => return,
        };
        let filled = matches!(value.first(), Some(b'$' | b'%' | b'/' | b'-' | b'<' | b'*' | b'@'))
            || value
                .windows(2)
                .any(|w| matches!(w, [b'$', b'a'..=b'z' | b'A'..=b'Z' | b'{' | b'(']));
        if !filled && is_literal(value) {
            self.credential(command, span, confidence, "an argument of a command", out);
        }
    }
}

/// The second half of `'user':'password'`.
fn unquoted(bytes: &[u8], span: Span) -> Span {
    let sign = |b: u8| matches!(b, b'"' | b'\'');
    let from = span.start + usize::from(sign(at(bytes, span.start)));
    let to = span.end - usize::from(span.end > from && sign(at(bytes, span.end - 1)));
    Span::new(from, to.max(from))
}

/// True for a line break that a shell does not take for the end of a command.
fn is_continued(bytes: &[u8], end: usize) -> bool {
    let before = bytes.get(..end).unwrap_or_default();
    let before = before.strip_suffix(b"\r").unwrap_or(before);
    matches!(before, [.., b' ' | b'\t', b'\\' | b'`' | b'^'])
}

/// Where the command ends that `from` is in.
fn command_end(bytes: &[u8], from: usize) -> usize {
    let mut end = syntax::line_end(bytes, from, COMMAND);
    while end < from + COMMAND && at(bytes, end) == b'\n' && is_continued(bytes, end) {
        end = syntax::line_end(bytes, end + 1, COMMAND.saturating_sub(end - from));
    }
    end
}

/// Past the blanks, and the line break if the command goes on behind it.
fn skip_gap(bytes: &[u8], from: usize) -> usize {
    let i = skip_blanks(bytes, from);
    if !matches!(at(bytes, i), b'\\' | b'`' | b'^') {
        return i;
    }
    let next = i + 1 + usize::from(at(bytes, i + 1) == b'\r');
    if at(bytes, next) == b'\n' { skip_blanks(bytes, next + 1) } else { i }
}

/// A word of a command line, the quotes around it left out. `'a':b` is one word.
fn word_at(bytes: &[u8], from: usize, stop: usize) -> Span {
    let rest = bytes.get(from..stop).unwrap_or_default();
    let ends = |b: u8| b.is_ascii_whitespace() || matches!(b, b'`' | b'|' | b';' | b'<' | b'>');
    let mut open = None;
    let mut end = 0;
    let mut pieces = 0;
    for &b in rest {
        match open {
            Some(quote) if b == quote => {
                open = None;
                pieces += 1;
            }
            None if matches!(b, b'"' | b'\'') => {
                // A quote that is not closed is that of the text around the command.
                if !rest.get(end + 1..).is_some_and(|rest| rest.contains(&b)) {
                    break;
                }
                open = Some(b);
            }
            None if ends(b) => break,
            _ => {}
        }
        end += 1;
    }
    let quoted = matches!(rest.first(), Some(b'"' | b'\'')) && pieces == 1;
    match rest.get(..end) {
        Some([first, .., last]) if quoted && first == last => Span::new(from + 1, from + end - 1),
        _ => Span::new(from, from + end),
    }
}
