//! What would change, as a unified diff for people.
//!
//! The texts that are compared have their credentials masked already, so what is shown is no patch where one stands in
//! it; whoever prints it says so.

use std::fmt::Write;

use similar::TextDiff;

/// Lines shown around a change.
const AROUND: usize = 3;
/// What stands for a file that is not there.
const NOTHING: &str = "/dev/null";

/// The change of one file.
#[derive(Clone, Copy, Debug)]
pub struct FileDiff<'f> {
    /// Path as people see it.
    pub path: &'f str,
    /// Its text before; `None` for a file that is made.
    pub before: Option<&'f str>,
    /// Its text afterwards.
    pub after: &'f str,
    /// False to show the changed lines alone: what is beside them may be secret without looking so.
    pub around: bool,
}

/// The unified diff of one file; empty when nothing changes.
#[must_use]
pub fn unified(file: FileDiff<'_>) -> String {
    let before = file.before.unwrap_or_default();
    if before == file.after {
        return String::new();
    }
    let diff = TextDiff::from_lines(before, file.after);
    let old = match file.before {
        Some(_) => format!("a/{}", file.path),
        None => NOTHING.to_owned(),
    };
    let new = format!("b/{}", file.path);
    diff.unified_diff()
        .context_radius(if file.around { AROUND } else { 0 })
        .header(&old, &new)
        .to_string()
}

/// The change of a mode, in the words of git.
#[must_use]
pub fn mode(path: &str, from: u32, to: u32, is_folder: bool) -> String {
    let kind = if is_folder { "04" } else { "10" };
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "diff --git a/{path} b/{path}\nold mode {kind}{from:04o}\nnew mode {kind}{to:04o}\n"
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_what_is_around_it() {
        let (before, after) = ("a\nb\nc\nd\ne\n", "a\nb\nc\nD\ne\n");
        let file = FileDiff { path: "f", before: Some(before), after, around: true };
        assert_eq!(unified(file), "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n a\n b\n c\n-d\n+D\n e\n");
        let alone = unified(FileDiff { around: false, ..file });
        assert_eq!(alone, "--- a/f\n+++ b/f\n@@ -4 +4 @@\n-d\n+D\n");
        assert_eq!(unified(FileDiff { after: before, ..file }), "");
    }

    #[test]
    fn a_file_that_is_made_comes_from_nothing() {
        let file = FileDiff { path: "f", before: None, after: "a", around: true };
        assert_eq!(
            unified(file),
            "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n"
        );
    }
}
