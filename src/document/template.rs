//! Templates that become YAML (Jinja, Go templates, ERB): blanked until a YAML reader can read them.
//!
//! A template is not YAML yet, but most of its lines are. Control tags become spaces and expressions
//! become a filler word of the same length, so every offset stays true. What cannot be read that way
//! (a loop that writes keys, say) is given up on; the text is still scanned.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// A template made readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blanked {
    /// As long as the template, byte for byte.
    pub bytes: Vec<u8>,
    /// Where expressions stood: a value that overlaps one is not known.
    pub holes: Vec<Span>,
}

/// Opening and closing marks, and whether what is between them yields text.
const TAGS: &[(&[u8], &[u8], bool)] = &[
    (b"{%", b"%}", false),
    (b"{#", b"#}", false),
    (b"<%=", b"%>", true),
    (b"<%", b"%>", false),
    (b"{{", b"}}", true),
];

/// Words that begin a Go template's control tag.
const GO_CONTROL: &[&[u8]] = &[
    b"if",
    b"else",
    b"end",
    b"range",
    b"with",
    b"define",
    b"block",
    b"template",
    b"break",
    b"continue",
    b"/*",
    b"$",
];

/// Words that begin a part which a template engine may leave out, repeat or put elsewhere.
const OPTIONAL: &[&[u8]] = &[
    b"if", b"unless", b"range", b"for", b"with", b"define", b"block", b"macro", b"call", b"filter",
];

/// Blanks the tags of `source`; `None` when it holds none.
#[must_use]
pub fn blank(source: &[u8]) -> Option<Blanked> {
    let mut bytes = source.to_vec();
    let mut holes = Vec::new();
    let mut found = false;
    each_tag(source, |span, inner, yields| {
        found = true;
        let filler = yields && !is_control(inner) && !alone_on_line(source, span);
        if let Some(target) = bytes.get_mut(span.start..span.end) {
            for byte in target.iter_mut().filter(|byte| **byte != b'\n') {
                *byte = if filler { b'T' } else { b' ' };
            }
        }
        if filler {
            holes.push(span);
        }
    });
    found.then_some(Blanked { bytes, holes })
}

/// The parts of `source` that a template engine may leave out, repeat or put elsewhere (`if`, `range`, `define`), from
/// tag to tag, in the order of their ends; a part that nobody closes runs to the end.
#[must_use]
pub fn optional(source: &[u8]) -> Vec<Span> {
    let mut parts = Vec::new();
    let mut open = Vec::new();
    each_tag(source, |span, inner, yields| {
        let inner = inner.trim_ascii_start();
        let inner = inner.strip_prefix(b"-").unwrap_or(inner).trim_ascii();
        let length = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let word = inner.get(..length).unwrap_or_default();
        // `{{ endpoint }}` is a value; `{% endif %}` closes.
        let closes = word == b"end" || (!yields && word.starts_with(b"end"));
        let loops = !yields && (inner.ends_with(b" do") || inner.ends_with(b"|"));
        if closes {
            parts.extend(open.pop().map(|start| Span::new(start, span.end)));
        } else if OPTIONAL.contains(&word) || loops {
            open.push(span.start);
        }
    });
    parts.extend(open.into_iter().rev().map(|start| Span::new(start, source.len())));
    parts
}

/// Visits every tag with what is inside it, and whether it yields text.
fn each_tag(source: &[u8], mut visit: impl FnMut(Span, &[u8], bool)) {
    let mut at = 0;
    // A closing mark that is missing once is missing for good: not looked for again by each opening one.
    let mut missing = [false; TAGS.len()];
    while let Some(offset) = next_mark(source, at) {
        at = offset;
        let rest = source.get(at..).unwrap_or_default();
        let tag = TAGS.iter().zip(&mut missing).find(|((open, ..), _)| rest.starts_with(open));
        let Some((&(open, close, yields), missing)) = tag else {
            at += 1;
            continue;
        };
        let inner = rest.get(open.len()..).unwrap_or_default();
        let Some(length) = (!*missing).then(|| memchr::memmem::find(inner, close)).flatten() else {
            *missing = true;
            at += open.len();
            continue;
        };
        let span = Span::new(at, at + open.len() + length + close.len());
        visit(span, Span::new(at + open.len(), span.end - close.len()).of(source), yields);
        at = span.end;
    }
}

/// Where a tag may begin next.
fn next_mark(source: &[u8], from: usize) -> Option<usize> {
    memchr::memchr2(b'{', b'<', source.get(from..)?).map(|offset| from + offset)
}

fn is_control(inner: &[u8]) -> bool {
    let inner = inner.strip_prefix(b"-").unwrap_or(inner).trim_ascii_start();
    GO_CONTROL.iter().any(|word| {
        inner.starts_with(word)
            && (!word.last().is_some_and(u8::is_ascii_alphabetic)
                || !inner.get(word.len()).is_some_and(u8::is_ascii_alphanumeric))
    }) && !inner.starts_with(b"$.")
}

/// True when nothing but blanks shares the line with `span`. Looks no further than to what else there is: a line may
/// hold any number of tags.
fn alone_on_line(source: &[u8], span: Span) -> bool {
    let told = |byte: &u8| *byte == b'\n' || !byte.is_ascii_whitespace();
    let before = source.get(..span.start).unwrap_or_default().iter().rev().copied().find(told);
    let after = source.get(span.end..).unwrap_or_default().iter().copied().find(told);
    [before, after].iter().all(|byte| byte.is_none_or(|byte| byte == b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blanked(source: &str) -> (String, Vec<Span>) {
        let blanked = blank(source.as_bytes()).unwrap();
        assert_eq!(blanked.bytes.len(), source.len());
        (String::from_utf8(blanked.bytes).unwrap(), blanked.holes)
    }

    #[test]
    fn expressions_become_a_filler_of_the_same_length() {
        let (text, holes) = blanked("key: {{ x | to_json }}\n");
        assert_eq!(text, "key: TTTTTTTTTTTTTTTTT\n");
        assert_eq!(holes, [Span::new(5, 22)]);
    }

    #[test]
    fn control_tags_become_spaces() {
        assert_eq!(blanked("{% if x %}\na: 1\n").0, "          \na: 1\n");
        assert_eq!(blanked("a: {{- if .x }}1{{ end }}\n").0, "a:             1         \n");
        assert_eq!(blanked("{{- include \"x\" . | nindent 2 }}\nb: 2\n").0.trim(), "b: 2");
        assert_eq!(blanked("a: {{ endpoint }}\n").0, "a: TTTTTTTTTTTTTT\n");
    }

    #[test]
    fn text_without_tags_is_not_a_template() {
        assert_eq!(blank(b"a: {b: 1}\n"), None);
        assert_eq!(blank(b"a: {{ never closed\n"), None);
    }

    #[test]
    fn optional_parts_reach_from_tag_to_tag() {
        let parts = |source: &str| -> Vec<String> {
            let all = optional(source.as_bytes());
            all.iter().map(|part| source[part.start..part.end].to_owned()).collect()
        };
        assert_eq!(
            parts("a {{- if .x }}b {{ with y }}c{{end}}{{ else }}d{{- end }} {{ endpoint }}"),
            ["{{ with y }}c{{end}}", "{{- if .x }}b {{ with y }}c{{end}}{{ else }}d{{- end }}"]
        );
        assert_eq!(parts("{% for x in y %}a{% endfor %}b"), ["{% for x in y %}a{% endfor %}"]);
        assert_eq!(parts("<% x.each do |y| %>a<% end %>"), ["<% x.each do |y| %>a<% end %>"]);
        assert_eq!(parts("{{ x }} {{ if y }} a"), ["{{ if y }} a"]);
        assert_eq!(parts("{{ end }}{{/* if */}}"), [""; 0]);
    }

    #[test]
    fn a_mark_that_is_left_open_hides_no_other() {
        let (text, holes) = blanked("a: {{ b }}\nc: {{ d\ne: {% if %}{{ f\n");
        assert_eq!(text, "a: TTTTTTT\nc: {{ d\ne:         {{ f\n");
        assert_eq!(holes, [Span::new(3, 10)]);
    }

    #[test]
    fn a_tag_with_a_neighbour_yields_text() {
        assert_eq!(blanked("{{ a }} {{ b }}\n").0, "TTTTTTT TTTTTTT\n");
        assert_eq!(blanked("  {{ a }}  \r\nb: 1\n").0, "           \r\nb: 1\n");
    }

    #[test]
    fn hundreds_of_thousands_of_marks_take_no_time() {
        let begun = std::time::Instant::now();
        for mark in ["{{", "<%", "{%", "{#", "{{x}}", "<%= x %> "] {
            let source = mark.repeat(1_000_000 / mark.len());
            assert_eq!(blank(source.as_bytes()).is_some(), mark.len() > 2, "{mark}");
        }
        // A search to the end for each of them takes minutes.
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    }

    proptest::proptest! {
        #[test]
        fn keeps_length_and_lines(source in "[{}%#<>= a\\n-]{0,80}") {
            if let Some(blanked) = blank(source.as_bytes()) {
                let lines = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
                assert_eq!(blanked.bytes.len(), source.len());
                assert_eq!(lines(&blanked.bytes), lines(source.as_bytes()));
            }
        }
    }
}
