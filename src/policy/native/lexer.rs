//! Splitting a command into words the way Python's `shlex` does in POSIX mode.
//!
//! Own code, because Hermes asks `shlex` and its verdict hangs on details (which escapes count inside
//! double quotes, `<` and `>` as words of their own) that crates settle differently.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// The words, or `None` where a quote or escape is left open. With `redirections`, each run of `<` and
/// `>` outside quotes is a word of its own.
pub(super) fn split(text: &str, redirections: bool) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '<' | '>' if redirections => {
                words.extend(word.take());
                let mut operator = String::from(c);
                while let Some(next) = chars.next_if(|&n| n == '<' || n == '>') {
                    operator.push(next);
                }
                words.push(operator);
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        inner => word.push(inner),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => {
                            let escaped = chars.next()?;
                            if escaped != '"' && escaped != '\\' {
                                word.push('\\');
                            }
                            word.push(escaped);
                        }
                        inner => word.push(inner),
                    }
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

/// Words joined so that [`split`] gives them back.
pub(super) fn join(words: &[String]) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
        if !word.is_empty() && word.chars().all(safe) {
            line.push_str(word);
        } else {
            line.push('\'');
            line.push_str(&word.replace('\'', "'\"'\"'"));
            line.push('\'');
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_like_shlex() {
        assert_eq!(
            split(r#"a 'b c' "d\"e\f" g\ h '' "#, false).unwrap(),
            ["a", "b c", "d\"e\\f", "g h", ""]
        );
        assert_eq!(split("cat<<EOF >x", true).unwrap(), ["cat", "<<", "EOF", ">", "x"]);
        assert_eq!(split("a 'b", false), None);
        assert_eq!(split("a \\", false), None);
        let words = ["a b".to_owned(), "it's".to_owned(), String::new()];
        assert_eq!(split(&join(&words), false).unwrap(), words);
    }
}
