//! Command lines that write, vouch for or check chained logs: of units, containers, tables of cron and shell hooks.
//!
//! Words are taken as they stand: what a shell would make of a variable in them is not known, and such a path is left
//! out.

use crate::deployment::{Home, service};
use crate::document::{Document, EvidenceFile, Kind, Place, shell_words};
use crate::facts::AuditLogs;
use crate::span::Span;

/// A command line, in words.
#[derive(Clone, Debug)]
pub(super) struct Line<'d> {
    /// Its words.
    pub words: Vec<String>,
    /// Where it stands.
    pub place: Place<'d>,
    /// The account it runs as, where the file says so.
    pub user: Option<String>,
    /// True for a unit without one: it runs as root.
    pub system: bool,
}

/// One run of `hermes-lint audit`.
#[derive(Clone, Debug)]
pub struct AuditCommand<'d> {
    /// `seal`, `checkpoint`, `verify` or `review`.
    pub verb: String,
    /// Its first plain argument.
    pub argument: Option<String>,
    /// Its options that take a value.
    pub options: Vec<(String, String)>,
    /// Where it stands.
    pub place: Place<'d>,
    /// The account it runs as, where that shows.
    pub user: Option<String>,
}

impl AuditCommand<'_> {
    /// The value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(option, _)| option == name).map(|(_, value)| value.as_str())
    }

    /// The folder of the log: written by `seal`, read by the others.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        if self.verb == "seal" {
            return self.option("--out");
        }
        let path = self.argument.as_deref()?;
        // Others take files as well.
        match path.rsplit_once('/') {
            Some((folder, name)) if name.ends_with(".jsonl") => Some(folder),
            _ => Some(path),
        }
    }

    /// The log that `seal` reads.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.argument.as_deref().filter(|_| self.verb == "seal")
    }
}

/// Every command line of `documents`, and of the shell hooks of `homes`.
pub(super) fn lines<'d>(documents: &'d [Document], homes: &[Home<'d>]) -> Vec<Line<'d>> {
    let mut found = Vec::new();
    for document in documents {
        for service in service::services(document) {
            let Some(place) = service.command.first().map(|word| word.place.clone()) else {
                continue;
            };
            let words: Vec<String> = service.command.iter().map(|word| word.text.clone()).collect();
            let system = service.starter == service::Starter::SystemUnit
                && service.user.is_none()
                && !service.dynamic_user;
            let user = service.user.map(|user| user.text);
            // `sh -c "…"` has its commands in one word.
            for word in service.command.iter().filter(|word| word.text.contains(' ')) {
                let (words, place) = (split(&word.text), word.place.clone());
                found.push(Line { words, place, user: user.clone(), system });
            }
            found.push(Line { words, place, user, system });
        }
        if matches!(document.kind, Kind::Evidence(EvidenceFile::Crontab)) {
            table(document, &mut found);
        }
    }
    for home in homes {
        for (_, list) in home.setting("hooks").iter().flat_map(|hooks| hooks.children()) {
            for command in list.item_settings().iter().filter_map(|hook| hook.child("command")) {
                let Some(text) = command.str() else { continue };
                let (words, place) = (split(text), command.place());
                found.push(Line { words, place, user: None, system: false });
            }
        }
    }
    found
}

fn split(text: &str) -> Vec<String> {
    shell_words::split(text).into_iter().map(|word| word.text).collect()
}

/// The lines of a table of cron; those of `/etc` have the account in their sixth field.
fn table<'d>(document: &'d Document, found: &mut Vec<Line<'d>>) {
    let path = &document.text.path().display;
    let system = path.contains("/cron.d/") || path.ends_with("etc/crontab");
    let mut at = 0;
    for line in document.text.bytes().split_inclusive(|&byte| byte == b'\n') {
        let start = at;
        at += line.len();
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if text.trim_start().starts_with('#') {
            continue;
        }
        let words = split(text);
        let fields = if text.trim_start().starts_with('@') { 1 } else { 5 };
        let user = words.get(fields).filter(|_| system).cloned();
        let place =
            Place::new(document, Span::new(start, start + text.len().min(line.len())), "cron");
        found.push(Line { words, place, user, system: false });
    }
}

/// Where `wanted` stands in `words`, the first as the name of a program.
pub(super) fn stands(words: &[String], wanted: &[String]) -> Option<usize> {
    let (program, rest) = wanted.split_first()?;
    words.windows(wanted.len()).position(|run| {
        run.split_first().is_some_and(|(first, others)| {
            first.rsplit('/').next() == Some(program.as_str()) && others == rest
        })
    })
}

/// The run of `hermes-lint audit` in `line`.
pub(super) fn audit<'d>(line: &Line<'d>, facts: &AuditLogs) -> Option<AuditCommand<'d>> {
    let at = stands(&line.words, &["hermes-lint".to_owned(), "audit".to_owned()])?;
    let mut words = line.words.get(at + 2..)?.iter();
    let verb = words.next()?.clone();
    let (mut argument, mut options) = (None, Vec::new());
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "&&" | ";" | "|" | "||") || word.ends_with("/hermes-lint") {
            break;
        }
        match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                options.push((name.to_owned(), value.to_owned()));
            }
            _ if facts.takes.contains(word) => {
                options.extend(words.next().map(|value| (word.clone(), value.clone())));
            }
            _ if word.starts_with('-') => {}
            _ => argument = argument.or_else(|| Some(word.clone())),
        }
    }
    // A variable's value is the shell's to know.
    options.retain(|(_, value)| !value.contains('$'));
    let user = line.user.clone().or_else(|| line.system.then(|| "root".to_owned()));
    let argument = argument.filter(|path| !path.contains('$'));
    Some(AuditCommand { verb, argument, options, place: line.place.clone(), user })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    #[test]
    fn what_a_command_says() {
        let facts = Facts::load(crate::data::folder("hermes")).unwrap();
        let of = |text: &str| {
            let line = Line {
                words: split(text),
                place: Place::whole(Box::leak(Box::new(Document {
                    text: crate::document::text::Text::of(&crate::source::Source {
                        path: &crate::source::SourcePath::stdin(),
                        bytes: b"",
                        origin: crate::source::Origin::Named,
                        part: None,
                    }),
                    origin: crate::source::Origin::Named,
                    kind: Kind::Text,
                    standing: crate::document::Standing::Live,
                    manifests: None,
                }))),
                user: None,
                system: false,
            };
            audit(&line, facts.audit_logs())
        };
        let seal =
            of("/usr/bin/hermes-lint audit seal --follow /a/b.log --out /var/log/x").unwrap();
        assert_eq!((seal.verb.as_str(), seal.folder()), ("seal", Some("/var/log/x")));
        assert_eq!(seal.source(), Some("/a/b.log"));
        let pin = of("5 4 * * * root hermes-lint audit verify --strict /l --state=/l/pin").unwrap();
        assert_eq!((pin.folder(), pin.option("--state")), (Some("/l"), Some("/l/pin")));
        let file = of("hermes-lint audit verify /l/audit-000001.jsonl").unwrap();
        assert_eq!((file.folder(), file.source()), (Some("/l"), None));
        let open = of("hermes-lint audit checkpoint $D --key $K").unwrap();
        assert_eq!((open.folder(), open.option("--key")), (None, None));
        assert!(of("hermes-lint check --audit").is_none());
    }
}
