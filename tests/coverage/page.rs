//! The page: a summary, and a table for each section.

use std::fmt::Write as _;

use hermes_lint::rules::RULES;

use crate::data::{Answer, Row, Section};

const HEAD: &str = "\
# What is covered

<!-- Made by `UPDATE=1 cargo test --test coverage` of rules/coverage.yaml, rules/hermes/ and the rules: edit those. -->

What hermes-lint says of the security surface of Hermes Agent 0.19 to 0.22, row by row: the rules that speak of it, or why
none does, or that it is not done yet. Whenever the tests run, the examples behind the first two sections are laid out and
scanned, and each row that is made of a table is tried (settings, unread keys, platforms, variables, files); the others were
checked by hand.

* a rule links to its page, which `hermes-lint explain` prints as well; *not yet* names a part of the row that none answers
* **—** in place of a rule: there is a reason that none speaks, and it stands beside it
* **open**: nothing answers, and something should
* **†** in place of a rule: another part of hermes-lint answers

";

/// Counts of one section.
#[derive(Clone, Copy, Default)]
struct Tally {
    rows: usize,
    rule: usize,
    part: usize,
    command: usize,
    reason: usize,
    open: usize,
}

impl Tally {
    fn of(rows: &[Row]) -> Self {
        let mut tally = Self { rows: rows.len(), ..Self::default() };
        for row in rows {
            tally.part += usize::from(row.lacks.is_some());
            *match row.answer().expect("one answer") {
                Answer::Rule => &mut tally.rule,
                Answer::Command => &mut tally.command,
                Answer::Reason => &mut tally.reason,
                Answer::Open => &mut tally.open,
            } += 1;
        }
        tally
    }

    fn add(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            rule: self.rule + other.rule,
            part: self.part + other.part,
            command: self.command + other.command,
            reason: self.reason + other.reason,
            open: self.open + other.open,
        }
    }

    fn line(self, title: &str) -> String {
        let Self { rows, rule, part, command, reason, open } = self;
        format!("| {title} | {rows} | {rule} | {part} | {command} | {reason} | {open} |\n")
    }
}

/// The whole page.
pub fn render(sections: &[Section]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| section | rows | a rule speaks | of these in part | † | — | open |\n");
    page.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
    let mut sum = Tally::default();
    for section in sections {
        let tally = Tally::of(&section.rows);
        sum = sum.add(tally);
        page.push_str(&tally.line(&format!("[{}](#{})", section.title, anchor(&section.title))));
    }
    page.push_str(&sum.line("**all**"));
    let rules = RULES.len();
    writeln!(page, "\nEach of the {rules} rules stands in at least one row.").expect("a string");
    for section in sections {
        let Section { title, intro, .. } = section;
        write!(page, "\n## {title}\n\n{}\n\n", wrapped(intro)).expect("a string");
        page.push_str("| what | rules | remarks |\n|---|---|---|\n");
        for row in &section.rows {
            page.push_str(&line(row));
        }
    }
    page
}

fn line(row: &Row) -> String {
    let rules = match row.answer().expect("one answer") {
        Answer::Rule => row.rules.iter().map(|id| link(id)).collect::<Vec<_>>().join(", "),
        Answer::Command => "†".to_owned(),
        Answer::Reason => "—".to_owned(),
        Answer::Open => "**open**".to_owned(),
    };
    let changed = row.changed.as_ref().map(|text| format!("newer releases: {text}"));
    let lacks = row.lacks.as_ref().map(|text| format!("*not yet:* {text}"));
    let remarks = [&row.note, &row.command, &row.why_not, &row.open, &changed, &lacks];
    let remarks: Vec<String> = remarks.into_iter().flatten().map(|text| linked(text)).collect();
    let remarks = remarks.join("; ");
    let cells = [&row.what, &rules, &remarks];
    let mut line = "|".to_owned();
    for cell in cells {
        let cell = cell.replace('|', "\\|");
        write!(line, " {cell}{}|", if cell.is_empty() { "" } else { " " }).expect("a string");
    }
    line + "\n"
}

fn link(id: &str) -> String {
    format!("[{id}](../rules/docs/{id}.md)")
}

/// Names of rules in a sentence as links.
fn linked(text: &str) -> String {
    let part = |word: &str| {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/-".contains(c);
        let name = word.trim_matches(|c: char| !is_name(c));
        match hermes_lint::rules::find(name) {
            Some(rule) if !word.contains('`') => word.replacen(name, &link(rule.meta.id), 1),
            _ => word.to_owned(),
        }
    };
    text.split(' ').map(part).collect::<Vec<_>>().join(" ")
}

/// At most 120 characters a line.
fn wrapped(text: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 120 {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

/// The anchor that forges make of a heading.
fn anchor(title: &str) -> String {
    let kept = title.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
