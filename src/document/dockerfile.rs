//! Dockerfiles, split into instructions, words and stages as BuildKit's parser splits them.
//!
//! Nothing is expanded: `$VAR` stays text, since an `ARG` may come from anywhere. An instruction that
//! BuildKit would reject is kept with what can be read of it, because the words in it may matter still.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod lines;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::shell_words::{self, Spliced, Word};
use super::tree::{Tree, Value};
use crate::span::Span;

/// A Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Dockerfile {
    /// Instructions in file order.
    pub instructions: Vec<Instruction>,
    /// Build stages in file order; each starts with a `FROM`.
    pub stages: Vec<Stage>,
    /// Comment lines from `#` on, in order, parser directives (`# syntax=`) included.
    pub comments: Vec<Span>,
}

/// One instruction with its continued lines and here-documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The name in upper case (`RUN`).
    pub keyword: String,
    /// Where the name stands.
    pub keyword_span: Span,
    /// Options before the arguments (`--from=build`).
    pub flags: Vec<Word>,
    /// The arguments after the options, lines joined, as written.
    pub arguments: Spliced,
    /// What the arguments say.
    pub form: Form,
    /// Bodies of here-documents (`<<EOF`), without the line that ends them.
    pub heredocs: Vec<Span>,
    /// From the name to the last argument, here-documents excluded.
    pub span: Span,
}

/// The arguments of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `["a", "b"]`: the strings; spans include the quotes.
    Json(Vec<Word>),
    /// A command line for a shell, split at blanks by POSIX quoting, or plain words for an instruction
    /// without a command.
    Words(Vec<Word>),
    /// `ENV`, `ARG`, `LABEL`.
    Pairs(Vec<Pair>),
}

/// A variable of `ENV`, `ARG` or `LABEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The value without quotes and escapes; `None` for `ARG name`.
    pub value: Option<String>,
    /// The value as written, without quotes around it.
    pub value_span: Span,
}

/// A build stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The name after `AS`.
    pub name: Option<Word>,
    /// The image, or the name of an earlier stage; `None` for `FROM` alone.
    pub base: Option<Word>,
    /// The earlier stage that `base` names.
    pub parent: Option<usize>,
    /// Index of its `FROM` in [`Dockerfile::instructions`].
    pub first: usize,
    /// Index just past its last instruction.
    pub end: usize,
}

impl Instruction {
    /// The words of a JSON-form or plain instruction; empty for pairs.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        match &self.form {
            Form::Json(words) | Form::Words(words) => words,
            Form::Pairs(_) => &[],
        }
    }

    /// The pairs of `ENV`, `ARG` and `LABEL`; empty for others.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        match &self.form {
            Form::Pairs(pairs) => pairs,
            Form::Json(_) | Form::Words(_) => &[],
        }
    }

    /// True when a shell runs the command line.
    #[must_use]
    pub fn is_shell_form(&self) -> bool {
        let command = matches!(self.keyword.as_str(), "RUN" | "CMD" | "ENTRYPOINT");
        command && matches!(self.form, Form::Words(_))
    }
}

impl Dockerfile {
    /// The instructions of the image that a plain `docker build` makes: the last stage, after those of
    /// the earlier stages it builds on.
    #[must_use]
    pub fn final_instructions(&self) -> Vec<&Instruction> {
        let mut chain = Vec::new();
        let mut at = self.stages.len().checked_sub(1);
        while let Some(stage) = at.and_then(|at| self.stages.get(at)) {
            chain.push(self.instructions.get(stage.first..stage.end).unwrap_or_default());
            at = stage.parent;
        }
        chain.into_iter().rev().flatten().collect()
    }

    /// The user that the final image runs as; `None` when that is up to the base image.
    #[must_use]
    pub fn user(&self) -> Option<&Word> {
        let instructions = self.final_instructions().into_iter().rev();
        instructions.filter(|i| i.keyword == "USER").find_map(|i| i.words().first())
    }

    /// The variables that the final image sets, in order; a later one of the same name wins.
    #[must_use]
    pub fn env(&self) -> Vec<&Pair> {
        let instructions = self.final_instructions().into_iter();
        instructions.filter(|i| i.keyword == "ENV").flat_map(Instruction::pairs).collect()
    }

    /// The ports that the final image declares (`8642/tcp`), as written.
    #[must_use]
    pub fn exposed(&self) -> Vec<&Word> {
        let instructions = self.final_instructions().into_iter();
        instructions.filter(|i| i.keyword == "EXPOSE").flat_map(Instruction::words).collect()
    }
}

/// Reads `source`. Never fails.
#[must_use]
pub fn parse(source: &[u8]) -> Dockerfile {
    let lines::Logical { lines, comments, escape } = lines::read(source);
    let instructions: Vec<_> =
        lines.into_iter().map(|line| instruction(&line.text, line.heredocs, escape)).collect();
    let stages = stages(&instructions);
    Dockerfile { instructions, stages, comments }
}

fn stages(instructions: &[Instruction]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut named: HashMap<String, usize> = HashMap::new();
    for (index, instruction) in instructions.iter().enumerate() {
        if instruction.keyword != "FROM" {
            continue;
        }
        if let Some(last) = stages.last_mut() {
            last.end = index;
        }
        let (base, name) = match instruction.words() {
            [base, keyword, name] if keyword.text.eq_ignore_ascii_case("as") => {
                (Some(base), Some(name))
            }
            words => (words.first(), None),
        };
        // A stage cannot build on itself: its own name is known only afterwards.
        let parent = base.and_then(|base| named.get(&base.text.to_lowercase()).copied());
        if let Some(name) = name {
            named.insert(name.text.to_lowercase(), stages.len());
        }
        let end = instructions.len();
        stages.push(Stage { name: name.cloned(), base: base.cloned(), parent, first: index, end });
    }
    stages
}

fn instruction(line: &Spliced, heredocs: Vec<Span>, escape: char) -> Instruction {
    let text = line.text();
    let (keyword, mut rest) = words::first(text, 0);
    let keyword_text = text.get(keyword.start..keyword.end).unwrap_or_default().to_uppercase();
    let mut flags = Vec::new();
    if words::takes_flags(&keyword_text) {
        while let Some(flag) = words::flag(text, rest) {
            rest = flag.end;
            let text = text.get(flag.start..flag.end).unwrap_or_default().to_owned();
            flags.push(Word { text, span: line.span(flag) });
        }
    }
    let arguments = words::trimmed(text, Span::new(rest, text.len()));
    let arguments = line.part(arguments);
    let form = form(&keyword_text, &arguments, escape);
    Instruction {
        keyword_span: line.span(keyword),
        keyword: keyword_text,
        flags,
        form,
        span: line.source_span(),
        arguments,
        heredocs,
    }
}

fn form(keyword: &str, arguments: &Spliced, escape: char) -> Form {
    let text = arguments.text();
    let locate = |words: Vec<Word>| words.into_iter().map(|word| arguments.locate(word)).collect();
    match keyword {
        "ENV" | "LABEL" | "ARG" => Form::Pairs(words::pairs(arguments, keyword == "ARG", escape)),
        "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "VOLUME" | "COPY" | "ADD" => {
            match json_strings(text) {
                Some(strings) => Form::Json(locate(strings)),
                None if matches!(keyword, "RUN" | "CMD" | "ENTRYPOINT") => {
                    Form::Words(locate(shell_words::split(text)))
                }
                None => Form::Words(locate(words::plain(text))),
            }
        }
        // One argument, blanks and all.
        "USER" | "WORKDIR" | "STOPSIGNAL" if !text.is_empty() => {
            let span = Span::new(0, text.len());
            Form::Words(locate(vec![Word { text: words::unquote(text, escape), span }]))
        }
        _ => Form::Words(locate(words::plain(text))),
    }
}

/// The strings of a JSON array of nothing else.
fn json_strings(text: &str) -> Option<Vec<Word>> {
    if !text.starts_with('[') {
        return None;
    }
    let tree: Tree = super::json::parse(text.as_bytes()).ok()?;
    let Value::Seq(items) = tree.value(tree.root?) else { return None };
    let word = |&id| Some(Word { text: tree.str(id)?.to_owned(), span: tree.span(id) });
    items.iter().map(word).collect()
}
