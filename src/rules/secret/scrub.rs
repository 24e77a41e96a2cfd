//! The last line of defence: takes every secret of the run out of what is about to be said.
//!
//! Masks cover secrets where they stand; this covers rules that quote one, and the same secret standing
//! elsewhere in a line that is shown. Very short values are left: they are ordinary words elsewhere.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::checklist::Evidence;
use crate::finding::{Excerpt, Finding};

/// Shortest value that is looked for, in bytes.
const SHORTEST: usize = 8;
/// What stands in its place.
const MARK: &str = "[secret]";

/// Knows every secret of a run.
pub struct Scrubber {
    matcher: Option<AhoCorasick>,
    marks: Vec<&'static str>,
    /// True when the matcher can't be built: then nothing is shown at all.
    closed: bool,
}

impl Scrubber {
    /// Takes the secrets, decoded and as written.
    #[must_use]
    pub fn new(secrets: &[Vec<u8>]) -> Self {
        let mut needles: Vec<&str> = secrets
            .iter()
            .filter_map(|secret| str::from_utf8(secret).ok())
            .map(str::trim)
            .filter(|secret| secret.len() >= SHORTEST)
            .collect();
        needles.sort_unstable();
        needles.dedup();
        if needles.is_empty() {
            return Self { matcher: None, marks: Vec::new(), closed: false };
        }
        let matcher =
            AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(&needles).ok();
        Self { closed: matcher.is_none(), marks: vec![MARK; needles.len()], matcher }
    }

    /// Cleans a text.
    pub fn text(&self, text: &mut String) {
        if self.closed {
            MARK.clone_into(text);
        } else if let Some(matcher) =
            self.matcher.as_ref().filter(|matcher| matcher.is_match(text.as_str()))
        {
            *text = matcher.replace_all(text, &self.marks);
        }
    }

    /// Cleans everything a finding says and shows.
    pub fn finding(&self, finding: &mut Finding) {
        if self.matcher.is_none() && !self.closed {
            return;
        }
        for text in [&mut finding.message, &mut finding.label, &mut finding.anchor] {
            self.text(text);
        }
        finding.help.iter_mut().chain(&mut finding.notes).for_each(|text| self.text(text));
        if let Some(excerpt) = &mut finding.location.excerpt {
            self.excerpt(excerpt);
        }
        for related in &mut finding.related {
            self.text(&mut related.note);
            if let Some(excerpt) = &mut related.location.excerpt {
                self.excerpt(excerpt);
            }
        }
        finding.credential.iter_mut().flat_map(|it| &mut it.reasons).for_each(|t| self.text(t));
        if let Some(fix) = &mut finding.fix {
            self.text(&mut fix.description);
            fix.edits.iter_mut().for_each(|edit| self.text(&mut edit.replacement));
        }
    }

    /// Cleans the evidence of a checklist.
    pub fn evidence(&self, evidence: &mut Evidence) {
        self.text(&mut evidence.text);
    }

    /// Cleans source lines piece by piece, so that the marked part stays marked.
    fn excerpt(&self, excerpt: &mut Excerpt) {
        let (from, to) = excerpt.marked;
        let whole = excerpt.text.clone();
        let mut cleaned = whole.clone();
        self.text(&mut cleaned);
        if cleaned == whole {
            return;
        }
        let cut = |range: std::ops::Range<usize>| {
            let mut piece = whole.get(range).unwrap_or_default().to_owned();
            self.text(&mut piece);
            piece
        };
        let (before, marked, after) = (cut(0..from), cut(from..to), cut(to..whole.len()));
        let pieces = format!("{before}{marked}{after}");
        let mut again = pieces.clone();
        self.text(&mut again);
        // A secret across the mark's edge is only found in the whole: then the mark takes the whole line.
        if again == pieces {
            excerpt.marked = (before.len(), before.len() + marked.len());
            excerpt.text = pieces;
        } else {
            excerpt.marked = (0, again.len());
            excerpt.text = again;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str, marked: (usize, usize)) -> (String, String) {
        let scrubber =
            Scrubber::new(&[b"hunter2hunter2".to_vec(), vec![0xFF; 9], b"short".to_vec()]);
        let mut excerpt = Excerpt { text: text.to_owned(), first_line: 1, first_column: 1, marked };
        scrubber.excerpt(&mut excerpt);
        let marked = excerpt.text[excerpt.marked.0..excerpt.marked.1].to_owned();
        (excerpt.text, marked)
    }

    #[test]
    fn secrets_leave_excerpts_and_the_mark_stays() {
        let (text, marked) = scrubbed("a: hunter2hunter2 b: x", (18, 22));
        assert_eq!((text.as_str(), marked.as_str()), ("a: [secret] b: x", "b: x"));
        let (text, marked) = scrubbed("a: hunter2hunter2", (3, 17));
        assert_eq!((text.as_str(), marked.as_str()), ("a: [secret]", "[secret]"));
        let (text, _) = scrubbed("a: hunter2hunter2", (0, 8));
        assert_eq!(text, "a: [secret]");
        assert_eq!(scrubbed("short words", (0, 5)).0, "short words");
    }
}
