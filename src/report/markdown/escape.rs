//! Text of unknown origin, made fit for GitHub-flavoured Markdown: nothing of it is formatting, a link, a
//! mention or the end of a table's cell.
//!
//! A backslash takes the meaning from punctuation. It does not take it from addresses, `@names` and `#1`, which
//! a forge links in the finished page: words that hold one become code, which is linked nowhere.

use std::fmt::Write as _;

use super::super::text;

/// Prose on one line; what stands between backticks is code.
pub(in crate::report) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (is_code, part) in text::code_spans(&text::line(text)) {
        if is_code {
            apart(&mut out, &code(part));
            continue;
        }
        for (i, word) in part.split(' ').enumerate() {
            if i > 0 {
                out.push(' ');
            }
            if is_linked(word) {
                apart(&mut out, &code(word));
            } else {
                escape(word, &mut out);
            }
        }
    }
    out
}

/// Appends code, held apart from code that ends there: the backticks of the two would be one mark.
fn apart(out: &mut String, code: &str) {
    if out.ends_with('`') && code.starts_with('`') {
        out.push_str("<!-- -->");
    }
    out.push_str(code);
}

/// A path, a name or a value, as code.
pub(super) fn code(text: &str) -> String {
    let text = text::name(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    // Readers of tables disagree on what `\|` is in code, and there is no escape for a backtick or a tag.
    if !text.contains(['`', '|', '<', '&']) && !text.ends_with('\\') {
        return format!("`{text}`");
    }
    let mut out = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            // Writing to a `String` can't fail.
            let _ = write!(out, "&#{};", u32::from(c));
            // Addresses are looked for in the text that entities give, but not across a comment.
            if matches!(c, '@' | ':' | '.' | '#' | '/') {
                out += "<!-- -->";
            }
        } else {
            out.push(c);
        }
    }
    out + "</code>"
}

/// Lines to copy, as a block that nothing in them ends.
pub(in crate::report) fn block(text: &str, indent: &str) -> String {
    let text = text::block(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut out = format!("{indent}{fence}\n");
    for line in text.lines() {
        out += &format!("{indent}{line}\n");
    }
    out + &format!("{indent}{fence}\n")
}

fn escape(text: &str, out: &mut String) {
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            // Not a backslash: what is cut out of the report and shown elsewhere stays harmless.
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', c]),
            // Within a word it marks nothing, and names of settings are full of it.
            '_' if before.is_alphanumeric()
                && rest.clone().next().is_some_and(char::is_alphanumeric) =>
            {
                out.push(c);
            }
            '_' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        before = c;
    }
}

/// True for a word of which a forge makes a link, a mention, a picture or a formula.
fn is_linked(word: &str) -> bool {
    let hex = |part: &str| part.len() >= 7 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.contains(['@', '$', '#'])
        || word.contains("//")
        || word.contains(":/")
        || word.to_ascii_lowercase().contains("www.")
        || word.matches(':').count() > 1
        || word.to_ascii_uppercase().contains("GH-")
        || word.split(|c: char| !c.is_ascii_alphanumeric()).any(hex)
}

#[cfg(test)]
mod tests {
    use comrak::nodes::{AstNode, NodeValue};
    use comrak::{Arena, Options, parse_document};
    use proptest::prelude::*;

    use super::*;

    /// What a forge reads: the text of all cells of the table's second row. A panic when anything is formatted.
    fn cells(markdown: &str) -> Vec<String> {
        fn text<'a>(node: &'a AstNode<'a>, out: &mut String) {
            match &node.data.borrow().value {
                NodeValue::Text(text) => *out += text,
                NodeValue::Code(code) => *out += &code.literal,
                NodeValue::HtmlInline(html) => {
                    assert!(
                        ["<code>", "</code>", "<!-- -->", "<br>"].contains(&html.as_str()),
                        "{html}"
                    );
                }
                NodeValue::TableCell => {}
                other => panic!("{other:?}"),
            }
            node.children().for_each(|child| text(child, out));
        }
        let mut options = Options::default();
        options.extension.table = true;
        options.extension.autolink = true;
        options.extension.strikethrough = true;
        options.extension.footnotes = true;
        options.extension.math_dollars = true;
        let arena = Arena::new();
        let root = parse_document(&arena, markdown, &options);
        let table = root.first_child().unwrap();
        assert!(table.next_sibling().is_none(), "{markdown}");
        let row = table.children().nth(1).unwrap();
        assert!(row.next_sibling().is_none(), "{markdown}");
        let ours = ["<code>", "</code>", "<!-- -->"]
            .iter()
            .fold(markdown.to_owned(), |left, tag| left.replace(tag, ""));
        assert!(!ours.contains('<'), "{markdown}");
        row.children()
            .map(|cell| {
                let mut out = String::new();
                text(cell, &mut out);
                out
            })
            .collect()
    }

    fn table(cell: &str) -> Vec<String> {
        cells(&format!("| a | b |\n|---|---|\n| {cell} | end |\n"))
    }

    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn bad() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            prop::sample::select(vec![
                "`",
                "``",
                "|",
                "\\",
                "\\|",
                "<b>",
                "</code>",
                "<!--",
                "-->",
                "&lt;",
                "&#124;",
                "*",
                "**",
                "_",
                "__",
                "~~",
                "[x](y)",
                "![",
                "](",
                "https://evil.example/a",
                "www.evil.example",
                "me@evil.example",
                "@team",
                "#12",
                "a/b#1",
                "mailto:x@y.zz",
                "xmpp:x@y.zz",
                ":tada:",
                "$x$",
                "[^1]",
                "\n",
                "\n\n",
                "\r",
                "\t",
                "> ",
                "- ",
                "# ",
                "1. ",
                "---",
                " ",
                " ",
                "\u{202e}",
                "\u{1b}[31m",
                "a",
                "é",
                "deadbeef",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn prose_is_text_and_all_of_it(bad in bad()) {
            let shown = prose(&bad);
            prop_assert!(!shown.contains(text::is_unsafe), "{}", shown);
            let read = table(&shown);
            prop_assert_eq!(read.len(), 2);
            let expected: String = text::code_spans(&text::line(&bad))
                .map(|(code, part)| if code { part.trim().to_owned() } else { part.to_owned() })
                .collect();
            prop_assert_eq!(words(&read[0]), words(&expected), "{}", shown);
            prop_assert_eq!(&read[1], "end");
        }

        #[test]
        fn code_is_text_and_all_of_it(bad in bad()) {
            let shown = code(&bad);
            prop_assert!(!shown.contains(text::is_unsafe), "{}", shown);
            let read = table(&shown);
            prop_assert_eq!(words(&read[0]), words(&text::name(&bad)), "{}", shown);
            prop_assert_eq!(&read[1], "end");
        }

        #[test]
        fn a_block_ends_where_it_ends(bad in bad()) {
            let markdown = format!("{}after\n", block(&bad, ""));
            let arena = Arena::new();
            let root = parse_document(&arena, &markdown, &Options::default());
            let kinds: Vec<bool> = root
                .children()
                .map(|node| matches!(node.data.borrow().value, NodeValue::CodeBlock(_)))
                .collect();
            prop_assert_eq!(kinds, [true, false], "{}", markdown);
        }
    }

    #[test]
    fn reads_well_in_a_review() {
        assert_eq!(
            prose("`a.b` is off, see https://x.example"),
            "`a.b` is off, see `https://x.example`"
        );
        assert_eq!(prose("A_B_c _x_ | c <i>"), "A_B_c \\_x\\_ \\| c &lt;i&gt;");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(block("x:\n\t```", "  "), "  ````\n  x:\n      ```\n  ````\n");
    }
}
