//! An excerpt as miette draws it: true line numbers, safe characters, lines and line counts that fit.
//!
//! Excerpts are drawn whole: whoever cut them knew how much context a finding needs. Only what would
//! break the drawing is cropped here, around the mark.

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::text;
use crate::finding::{Excerpt, Location};

/// Most lines drawn of one excerpt; a private key or a whole cron prompt says no more in thirty.
const MAX_LINES: usize = 12;

/// Lines before the mark that are kept when an excerpt has too many.
const LINES_BEFORE: usize = 2;

/// Source lines ready to be drawn, with one mark.
#[derive(Debug)]
pub(super) struct Snippet {
    /// Shown path.
    name: String,
    /// Shown lines, each ended by `\n`.
    lines: String,
    /// Number of the first shown line, from 1.
    first_line: usize,
    /// Where the region starts in the file: line and column, from 1.
    at: (usize, usize),
    /// Marked bytes of `lines`.
    marked: (usize, usize),
    /// Words at the mark.
    label: Option<String>,
}

impl Snippet {
    /// Draws the excerpt of `location` into `width` columns; `None` when it has no region or no excerpt.
    pub(super) fn new(location: &Location, label: &str, width: usize) -> Option<Self> {
        let (region, excerpt) = (location.region?, location.excerpt.as_ref()?);
        let drawn = Drawn::new(excerpt, width);
        let mut label = text::line(label).into_owned();
        if drawn.marked_below > 0 {
            let more = super::plural(drawn.marked_below, "more line");
            label = if label.is_empty() { more } else { format!("{label} ({more})") };
        }
        Some(Self {
            name: text::name(&location.path).into_owned(),
            lines: drawn.lines,
            first_line: excerpt.first_line.max(1).saturating_add(drawn.above),
            at: (region.line, region.column),
            marked: drawn.marked,
            label: (!label.is_empty()).then_some(label),
        })
    }

    /// The mark with its words.
    pub(super) fn label(&self) -> LabeledSpan {
        let (start, end) = self.marked;
        LabeledSpan::new_primary_with_span(self.label.clone(), (start, end - start))
    }
}

impl SourceCode for Snippet {
    /// With context asked for, all lines; without, the marked part, whose line and column miette prints in
    /// the title: those are the region's own, since cropping and escaping move characters.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let bytes = self.lines.as_bytes();
        let end = span.offset().saturating_add(span.len());
        let asked = bytes.get(span.offset()..end).ok_or(MietteError::OutOfBounds)?;
        let (data, offset, line, column) = if before + after > 0 {
            (bytes, 0, self.first_line, 1)
        } else {
            (asked, span.offset(), self.at.0, self.at.1)
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            (offset, data.len()).into(),
            line.saturating_sub(1),
            column.saturating_sub(1),
            data.iter().filter(|&&b| b == b'\n').count(),
        )))
    }
}

/// Lines of an excerpt after cropping and escaping.
struct Drawn {
    lines: String,
    marked: (usize, usize),
    /// Lines of the excerpt left out above.
    above: usize,
    /// Marked lines left out below.
    marked_below: usize,
}

impl Drawn {
    fn new(excerpt: &Excerpt, width: usize) -> Self {
        let source = excerpt.text.strip_suffix('\n').unwrap_or(&excerpt.text);
        let start = floor(source, excerpt.marked.0);
        let end = floor(source, excerpt.marked.1).max(start);
        let line_of = |offset| source.bytes().take(offset).filter(|&b| b == b'\n').count();
        let count = line_of(source.len()) + 1;
        // A mark that ends with a line break ends on the line before it.
        let last = if end > start { end - 1 } else { end };
        let (first_marked, last_marked) = (line_of(start), line_of(last));
        let above = if count > MAX_LINES { first_marked.saturating_sub(LINES_BEFORE) } else { 0 };

        // The number, the bars around it, and the bracket of a mark over several lines.
        let digits = excerpt.first_line.saturating_add(count).to_string().len();
        let bracket = if last_marked > first_marked { 4 } else { 0 };
        let budget = width.saturating_sub(digits + 4 + bracket).max(24);

        let mut pen = Pen { out: String::new(), mark: (start, end), start: None, end: None };
        let mut offset = 0;
        for (i, line) in source.split('\n').enumerate() {
            if i >= above + MAX_LINES {
                break;
            }
            if i >= above {
                let cropped = i == 0 && excerpt.first_column > 1;
                pen.line(line, offset, budget, cropped);
            }
            offset += line.len() + 1;
        }
        let last_drawn = above + MAX_LINES - 1;
        Self {
            marked: pen.marked(),
            lines: pen.out,
            above,
            marked_below: last_marked.saturating_sub(last_drawn),
        }
    }
}

/// Writes lines and notes where the mark comes to lie.
struct Pen {
    out: String,
    /// The mark in the excerpt.
    mark: (usize, usize),
    /// The mark in `out`, as far as it was met.
    start: Option<usize>,
    end: Option<usize>,
}

impl Pen {
    /// Writes `line`, which starts at `offset` of the excerpt, and a line break. `cropped` says that it is
    /// not the start of its line in the file.
    fn line(&mut self, line: &str, offset: usize, budget: usize, cropped: bool) {
        let line_end = offset + line.len();
        let line = line.strip_suffix('\r').unwrap_or(line);
        // A line that the mark does not start on is shown from its own start.
        let mark = if (offset..=line_end).contains(&self.mark.0) {
            (floor(line, self.mark.0 - offset), floor(line, self.mark.1 - offset))
        } else {
            (0, 0)
        };
        let (start, end) = window(line, mark, budget);
        if (cropped && !line.starts_with('…')) || start > 0 {
            self.out.push('…');
        }
        for (i, c) in line.get(start..end).unwrap_or_default().char_indices() {
            self.reach(offset + start + i);
            if c == '\t' {
                self.out.push(c);
            } else {
                text::push(&mut self.out, c);
            }
        }
        if end < line.len() {
            self.out.push('…');
        }
        self.reach(line_end);
        self.out.push('\n');
    }

    fn reach(&mut self, at: usize) {
        if at >= self.mark.0 && self.start.is_none() {
            self.start = Some(self.out.len());
        }
        if at >= self.mark.1 && self.end.is_none() {
            self.end = Some(self.out.len());
        }
    }

    /// The mark in the drawn lines, without the line breaks at its end.
    fn marked(&self) -> (usize, usize) {
        let start = self.start.unwrap_or(self.out.len());
        let end = self.end.unwrap_or(self.out.len()).max(start);
        let marked = self.out.get(start..end).unwrap_or_default();
        (start, start + marked.trim_end_matches('\n').len())
    }
}

/// The byte range of `line` to show in `budget` columns, the start of `mark` always within it.
fn window(line: &str, mark: (usize, usize), budget: usize) -> (usize, usize) {
    let wide = |from: usize, to: usize| -> usize {
        line.get(from..to).unwrap_or_default().chars().map(text::cells).sum()
    };
    if wide(0, line.len()) <= budget {
        return (0, line.len());
    }
    // Two columns for the ellipses.
    let room = budget.saturating_sub(2).max(1);
    let (before, marked) = (wide(0, mark.0), wide(mark.0, mark.1));
    let skip = if before + marked <= room {
        0
    } else {
        before.saturating_sub((room - marked.min(room * 3 / 4)) / 2)
    };
    let (mut column, mut start, mut end) = (0, None, line.len());
    for (i, c) in line.char_indices() {
        if start.is_none() && column >= skip {
            start = Some((i, column));
        }
        column += text::cells(c);
        if start.is_some_and(|(_, from)| column - from > room) {
            end = i;
            break;
        }
    }
    let start = start.map_or(line.len(), |(i, _)| i);
    (start, end.max(start))
}

/// The last character boundary of `text` at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}
