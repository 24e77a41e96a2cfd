//! Text of unknown origin, made fit for HTML: nothing of it is markup, an attribute's end, or invisible.
//!
//! One way of escaping serves text and quoted attributes alike: an entity too many costs bytes, one too few
//! lets a file name write the page.

use std::fmt::{self, Display, Formatter, Write as _};

use super::super::text;

/// Prose on one line, as [`text::line`] shows it.
pub(super) struct Line<'t>(pub &'t str);

/// A path or another name, as [`text::name`] shows it.
pub(super) struct Name<'t>(pub &'t str);

/// Lines that are kept as they are, as [`text::block`] shows them.
pub(super) struct Block<'t>(pub &'t str);

/// Prose on one line in which what stands between backticks is code.
pub(super) struct Prose<'t>(pub &'t str);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        escape(&text::line(self.0), f)
    }
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        escape(&text::name(self.0), f)
    }
}

impl Display for Block<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        escape(&text::block(self.0), f)
    }
}

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (code, part) in text::code_spans(&text::line(self.0)) {
            if code {
                f.write_str("<code>")?;
                escape(part, f)?;
                f.write_str("</code>")?;
            } else {
                escape(part, f)?;
            }
        }
        Ok(())
    }
}

fn escape(shown: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for c in shown.chars() {
        match text::entity(c) {
            Some(entity) => f.write_str(entity)?,
            None => f.write_char(c)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text of HTML that holds no markup but `<code>`; a panic when there is any other.
    fn read(html: &str) -> String {
        let html = html.replace("<code>", "`").replace("</code>", "`");
        assert!(!html.contains(['<', '>', '"', '\'']), "{html}");
        let mut parts = html.split('&');
        let mut out = parts.next().unwrap().to_owned();
        for part in parts {
            let (entity, rest) = part.split_once(';').unwrap();
            out += match entity {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                "#39" => "'",
                other => panic!("{other}"),
            };
            out += rest;
        }
        out
    }

    fn bad() -> impl Strategy<Value = String> {
        let special = "<>&\"'`a/ ;#=-\n\r\t\u{202e}\u{1b}".chars().collect::<Vec<_>>();
        let one = prop_oneof![prop::sample::select(special), any::<char>()];
        proptest::collection::vec(one, 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn nothing_is_markup_and_nothing_is_lost(bad in bad()) {
            prop_assert_eq!(read(&Line(&bad).to_string()), text::line(&bad).into_owned());
            prop_assert_eq!(read(&Name(&bad).to_string()), text::name(&bad).into_owned());
            prop_assert_eq!(read(&Block(&bad).to_string()), text::block(&bad).into_owned());
            let prose = Prose(&bad).to_string();
            prop_assert_eq!(read(&prose), text::line(&bad).into_owned(), "{}", prose);
            for shown in [Line(&bad).to_string(), Name(&bad).to_string(), prose] {
                prop_assert!(!shown.contains(text::is_unsafe), "{}", shown);
            }
        }
    }

    #[test]
    fn code_is_marked() {
        assert_eq!(Prose("set `a: <b>` now").to_string(), "set <code>a: &lt;b&gt;</code> now");
        assert_eq!(Prose("one ` only").to_string(), "one ` only");
    }
}
