//! What Hermes would do with a command: a few lines for people, one object for machines.

use std::io::{self, Write};

use serde_json::json;

use super::{Format, Style, shown_name};

/// The answer for one home.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its folder; `None` where there is none.
    pub home: Option<String>,
    /// What each release does, oldest first; neighbours that agree are one.
    pub spans: Vec<Span>,
}

/// What some releases do.
#[derive(Clone, Debug)]
pub struct Span {
    /// The first of them.
    pub from: String,
    /// The last of them.
    pub to: String,
    /// What happens: `deny`, `ask`, `allow` or `unknown`.
    pub verdict: &'static str,
    /// The step that decides.
    pub step: &'static str,
    /// Why.
    pub text: String,
    /// File and line of the setting that decides.
    pub place: Option<(String, Option<usize>)>,
    /// What stands there, secrets masked.
    pub shown: Option<String>,
    /// What else is to know.
    pub note: Option<&'static str>,
}

/// Writes the answers.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(
    answers: &[Answer],
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == Format::Json {
        return writeln!(out, "{:#}", json_of(answers));
    }
    for answer in answers {
        if let Some(home) = answer.home.as_ref().filter(|_| answers.len() > 1) {
            writeln!(out, "{}", shown_name(home))?;
        }
        for span in &answer.spans {
            let releases = if span.from == span.to {
                span.from.clone()
            } else {
                format!("{} to {}", span.from, span.to)
            };
            writeln!(out, "{:7}  {releases}: {}", span.verdict, span.text)?;
            if let Some((path, line)) = &span.place {
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                let shown = span.shown.as_deref().map(first_line).unwrap_or_default();
                writeln!(out, "         {}{line}: {}", shown_name(path), shown_name(&shown))?;
            }
            if let Some(note) = span.note.filter(|_| !style.quiet) {
                writeln!(out, "         {note}")?;
            }
        }
    }
    Ok(())
}

fn json_of(answers: &[Answer]) -> serde_json::Value {
    let homes: Vec<_> = answers
        .iter()
        .map(|answer| {
            let spans: Vec<_> = answer
                .spans
                .iter()
                .map(|span| {
                    json!({
                        "from": span.from,
                        "to": span.to,
                        "verdict": span.verdict,
                        "step": span.step,
                        "reason": span.text,
                        "path": span.place.as_ref().map(|(path, _)| path),
                        "line": span.place.as_ref().and_then(|(_, line)| *line),
                        "text": span.shown,
                        "note": span.note,
                    })
                })
                .collect();
            json!({ "home": answer.home, "releases": spans })
        })
        .collect();
    json!({ "version": 1, "homes": homes })
}

/// One line, not too long.
fn first_line(text: &str) -> String {
    const LONGEST: usize = 100;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}
