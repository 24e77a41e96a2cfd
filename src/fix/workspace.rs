//! Files as they would be after the fixes so far, with every step that led there.
//!
//! Edits are taken as they come, against the bytes as they are at that moment; what overlaps an edit of the same round
//! is left for the next one, whose findings know the new offsets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::finding::{Action, Fix};

/// One replacement that was made, as much of it as it takes to make it undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the new text begins.
    pub at: usize,
    /// Bytes of the new text.
    pub length: usize,
    /// What stood there.
    pub old: Old,
}

/// What stood where a step put something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Old {
    /// This text.
    Text(Vec<u8>),
    /// The value that a variable of a dotenv file now has.
    Variable {
        /// The file.
        file: PathBuf,
        /// Its name.
        name: String,
    },
}

/// A file that would be changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The path to open it with.
    pub real: PathBuf,
    /// What it held when it was read; `None` for a file that is to be made.
    pub before: Option<Vec<u8>>,
    /// What it would hold.
    pub now: Vec<u8>,
    /// What was done, in order.
    pub steps: Vec<Step>,
}

/// A file as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Readable<'r> {
    /// The path to open it with.
    pub real: &'r Path,
    /// Its bytes; `None` when there is no such file.
    pub bytes: Option<&'r [u8]>,
}

/// How a dotenv file takes a variable: its new bytes, or `None` when it can't without changing something else.
pub type Assign<'a> = dyn Fn(&[u8], &str, &str) -> Option<Vec<u8>> + 'a;

/// What is to be done beside changing text: take permissions away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The path to open it with.
    pub real: PathBuf,
    /// Path as people see it.
    pub path: String,
    /// Its permission bits now.
    pub from: u32,
    /// What is left of them.
    pub to: u32,
}

/// Files, and modes, as they would be.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// By the path people see.
    pub files: BTreeMap<String, Changed>,
    /// In the order in which they were asked for.
    pub modes: Vec<ModeChange>,
}

/// Why a fix is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It overlaps another of this round: it may fit in the next.
    Overlaps,
    /// It does not fit the file.
    Unfit(&'static str),
}

/// The edits of one round, which all speak of the bytes at its beginning.
pub struct Round<'w> {
    workspace: &'w mut Workspace,
    /// By file: what was replaced in it so far, in offsets of the round's beginning, and by how much.
    taken: BTreeMap<String, Vec<Taken>>,
}

#[derive(Clone, Copy)]
struct Taken {
    start: usize,
    end: usize,
    length: usize,
}

impl Workspace {
    /// The bytes of the file that people see as `path`, where they were changed.
    #[must_use]
    pub fn now(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|file| file.now.as_slice())
    }

    /// True when nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.modes.is_empty()
            && self.files.values().all(|file| file.before.as_ref() == Some(&file.now))
    }

    /// Begins a round.
    pub const fn round(&mut self) -> Round<'_> {
        Round { workspace: self, taken: BTreeMap::new() }
    }
}

impl Round<'_> {
    /// Applies all of `fix`, or nothing.
    ///
    /// # Errors
    ///
    /// Why it was not applied.
    pub fn apply<'r>(
        &mut self,
        fix: &Fix,
        read: impl Fn(&str) -> Option<Readable<'r>>,
        assign: &Assign<'_>,
    ) -> Result<(), Refused> {
        let before = (self.workspace.clone(), self.taken.clone());
        let done = self.try_apply(fix, &read, assign);
        if done.is_err() {
            (*self.workspace, self.taken) = before;
        }
        done
    }

    fn try_apply<'r>(
        &mut self,
        fix: &Fix,
        read: &impl Fn(&str) -> Option<Readable<'r>>,
        assign: &Assign<'_>,
    ) -> Result<(), Refused> {
        for edit in &fix.edits {
            self.open(&edit.path, read)?;
            let old = self.text(&edit.path, edit.start, edit.end)?;
            self.replace(
                &edit.path,
                edit.start,
                edit.end,
                edit.replacement.as_bytes(),
                Old::Text(old),
            )?;
        }
        for action in &fix.actions {
            match action {
                Action::Mode { path, from, to } => self.mode(path, *from, *to)?,
                Action::Append { path, line } => {
                    self.open(path, read)?;
                    self.append(path, line)?;
                }
                Action::MoveSecret { path, start, end, reference, variable, to } => {
                    self.open(path, read)?;
                    self.open(to, read)?;
                    let value = self.text(path, *start, *end)?;
                    let value = String::from_utf8(value)
                        .map_err(|_| Refused::Unfit("the value is no text"))?;
                    let file = self.file(to)?;
                    let name = variable.clone();
                    let old = Old::Variable { file: file.real.clone(), name };
                    let assigned = assign(&file.now, variable, &value)
                        .ok_or(Refused::Unfit("the dotenv file can't take the value as it is"))?;
                    self.grow(to, assigned)?;
                    self.replace(path, *start, *end, reference.as_bytes(), old)?;
                }
            }
        }
        Ok(())
    }

    /// Takes a file up as it was read.
    fn open<'r>(
        &mut self,
        path: &str,
        read: &impl Fn(&str) -> Option<Readable<'r>>,
    ) -> Result<(), Refused> {
        if self.workspace.files.contains_key(path) {
            return Ok(());
        }
        let found = read(path).ok_or(Refused::Unfit("the file is not one that may be changed"))?;
        let file = Changed {
            real: found.real.to_path_buf(),
            before: found.bytes.map(<[u8]>::to_vec),
            now: found.bytes.unwrap_or_default().to_vec(),
            steps: Vec::new(),
        };
        self.workspace.files.insert(path.to_owned(), file);
        Ok(())
    }

    fn file(&self, path: &str) -> Result<&Changed, Refused> {
        self.workspace.files.get(path).ok_or(Refused::Unfit("the file was not read"))
    }

    /// Offset now of what stood at `offset` when the round began.
    fn shifted(&self, path: &str, offset: usize) -> usize {
        let before = |taken: &&Taken| taken.end <= offset && taken.start < offset.max(1);
        let taken = self.taken.get(path).into_iter().flatten();
        taken.filter(before).fold(offset, |at, one| at + one.length - (one.end - one.start))
    }

    fn text(&self, path: &str, start: usize, end: usize) -> Result<Vec<u8>, Refused> {
        let taken = self.taken.get(path).into_iter().flatten();
        // Two insertions at one place have no order, and an edit next to another may have been meant for its line.
        let meets = |one: &Taken| start <= one.end && one.start <= end;
        if taken.into_iter().any(meets) {
            return Err(Refused::Overlaps);
        }
        let (from, to) = (self.shifted(path, start), self.shifted(path, end));
        let text = self.file(path)?.now.get(from..to);
        text.map(<[u8]>::to_vec).ok_or(Refused::Unfit("the place is outside the file"))
    }

    fn replace(
        &mut self,
        path: &str,
        start: usize,
        end: usize,
        text: &[u8],
        old: Old,
    ) -> Result<(), Refused> {
        let at = self.shifted(path, start);
        let to = self.shifted(path, end);
        let file = self.workspace.files.get_mut(path);
        let file = file.ok_or(Refused::Unfit("the file was not read"))?;
        if file.now.get(at..to).is_none() {
            return Err(Refused::Unfit("the place is outside the file"));
        }
        file.now.splice(at..to, text.iter().copied());
        file.steps.push(Step { at, length: text.len(), old });
        let taken = Taken { start, end, length: text.len() };
        self.taken.entry(path.to_owned()).or_default().push(taken);
        Ok(())
    }

    fn append(&mut self, path: &str, line: &str) -> Result<(), Refused> {
        let now = &self.file(path)?.now;
        if now.split(|&byte| byte == b'\n').any(|one| one.trim_ascii_end() == line.as_bytes()) {
            return Ok(());
        }
        let newline = if now.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        let mut grown = now.clone();
        if !grown.is_empty() && !grown.ends_with(b"\n") {
            grown.extend_from_slice(newline.as_bytes());
        }
        grown.extend_from_slice(line.as_bytes());
        grown.extend_from_slice(newline.as_bytes());
        self.grow(path, grown)
    }

    /// Takes bytes that only add to the end of a file.
    fn grow(&mut self, path: &str, grown: Vec<u8>) -> Result<(), Refused> {
        let file = self.workspace.files.get_mut(path);
        let file = file.ok_or(Refused::Unfit("the file was not read"))?;
        let at = file.now.len();
        if !grown.starts_with(&file.now) {
            return Err(Refused::Unfit("the file would change before its end"));
        }
        if grown.len() > at {
            file.steps.push(Step { at, length: grown.len() - at, old: Old::Text(Vec::new()) });
            file.now = grown;
        }
        Ok(())
    }

    fn mode(&mut self, path: &str, from: u32, to: u32) -> Result<(), Refused> {
        if to & !from != 0 {
            return Err(Refused::Unfit("a fix takes permissions away, and gives none"));
        }
        let modes = &mut self.workspace.modes;
        match modes.iter_mut().find(|one| one.path == path) {
            Some(known) if known.from == from => known.to &= to,
            Some(_) => return Err(Refused::Unfit("its mode is not what it was")),
            None => {
                let (path, real) = (path.to_owned(), PathBuf::from(path));
                modes.push(ModeChange { real, path, from, to });
            }
        }
        Ok(())
    }
}

/// `now` with `steps` undone, from the last to the first; `variable` tells what a variable of a dotenv file holds.
#[must_use]
pub fn undone(
    now: &[u8],
    steps: &[Step],
    variable: impl Fn(&Path, &str) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let mut bytes = now.to_vec();
    for step in steps.iter().rev() {
        let end = step.at.checked_add(step.length)?;
        bytes.get(step.at..end)?;
        let old = match &step.old {
            Old::Text(text) => text.clone(),
            Old::Variable { file, name } => variable(file, name)?,
        };
        bytes.splice(step.at..end, old);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Edit;

    fn fix(edits: &[(usize, usize, &str)]) -> Fix {
        let edit = |&(start, end, text): &(usize, usize, &str)| Edit {
            path: "f".to_owned(),
            start,
            end,
            replacement: text.to_owned(),
        };
        Fix {
            description: String::new(),
            safe: true,
            edits: edits.iter().map(edit).collect(),
            actions: Vec::new(),
        }
    }

    fn read(_: &str) -> Option<Readable<'static>> {
        Some(Readable { real: Path::new("f"), bytes: Some(b"one two three") })
    }

    fn nothing(_: &[u8], _: &str, _: &str) -> Option<Vec<u8>> {
        None
    }

    #[test]
    fn edits_of_one_round_speak_of_its_beginning() {
        let mut workspace = Workspace::default();
        let mut round = workspace.round();
        round.apply(&fix(&[(8, 13, "3")]), read, &nothing).unwrap();
        round.apply(&fix(&[(0, 3, "first")]), read, &nothing).unwrap();
        round.apply(&fix(&[(5, 6, "")]), read, &nothing).unwrap();
        assert_eq!(workspace.now("f"), Some(&b"first to 3"[..]));
        let file = &workspace.files["f"];
        assert_eq!(undone(&file.now, &file.steps, |_, _| None).unwrap(), b"one two three");
    }

    #[test]
    fn what_overlaps_waits_and_leaves_nothing_behind() {
        let mut workspace = Workspace::default();
        let mut round = workspace.round();
        round.apply(&fix(&[(4, 7, "2")]), read, &nothing).unwrap();
        let second = fix(&[(0, 3, "1"), (5, 8, "x")]);
        assert_eq!(round.apply(&second, read, &nothing), Err(Refused::Overlaps));
        assert_eq!(round.apply(&fix(&[(7, 7, "x")]), read, &nothing), Err(Refused::Overlaps));
        assert!(matches!(
            round.apply(&fix(&[(9, 99, "x")]), read, &nothing),
            Err(Refused::Unfit(_))
        ));
        assert_eq!(workspace.now("f"), Some(&b"one 2 three"[..]));
    }

    #[test]
    fn a_moved_secret_is_in_no_step() {
        let action = Action::MoveSecret {
            path: "f".to_owned(),
            start: 4,
            end: 7,
            reference: "${V}".to_owned(),
            variable: "V".to_owned(),
            to: "env".to_owned(),
        };
        let moved = Fix { actions: vec![action], ..fix(&[]) };
        let read = |path: &str| {
            if path == "f" {
                read(path)
            } else {
                Some(Readable { real: Path::new("env"), bytes: None })
            }
        };
        let assign = |bytes: &[u8], name: &str, value: &str| {
            Some([bytes, format!("{name}={value}\n").as_bytes()].concat())
        };
        let mut workspace = Workspace::default();
        workspace.round().apply(&moved, read, &assign).unwrap();
        assert_eq!(workspace.now("f"), Some(&b"one ${V} three"[..]));
        assert_eq!(workspace.now("env"), Some(&b"V=two\n"[..]));
        for file in workspace.files.values() {
            assert!(!format!("{:?}", file.steps).contains("two"));
            let back = undone(&file.now, &file.steps, |_, _| Some(b"two".to_vec())).unwrap();
            assert_eq!(back, file.before.clone().unwrap_or_default());
        }
    }

    #[test]
    fn modes_only_lose_bits() {
        let mode = |from, to| Fix {
            actions: vec![Action::Mode { path: "f".to_owned(), from, to }],
            ..fix(&[])
        };
        let mut workspace = Workspace::default();
        let mut round = workspace.round();
        assert!(round.apply(&mode(0o600, 0o640), read, &nothing).is_err());
        round.apply(&mode(0o666, 0o644), read, &nothing).unwrap();
        round.apply(&mode(0o666, 0o622), read, &nothing).unwrap();
        assert_eq!(workspace.modes[0].to, 0o600);
    }
}
