//! The known name that is most like one that is not known.

/// How alike two names have to be, from 0 to 1: a slip or two, a word in another form; not just a common beginning.
const LIKE: f64 = 0.8;

/// The one of `known` that `wanted` was probably meant to be; `None` when it is like none of them.
pub fn nearest<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // `fail_on` is `fail-on` in the form of another file.
    let plain = |name: &str| name.to_lowercase().replace(['_', ' ', '.'], "-");
    let wanted = plain(wanted);
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&plain(name), &wanted), name))
        .filter(|(likeness, _)| *likeness > LIKE)
        // The first of equals, so that the order of the names decides.
        .reduce(|best, one| if one.0 > best.0 { one } else { best })
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_other_forms_are_near_and_other_words_are_not() {
        let known = ["fail-on", "select", "ignore", "min-confidence"];
        let near = |wanted| nearest(wanted, known);
        assert_eq!(near("fail_on"), Some("fail-on"));
        assert_eq!(near("ignroe"), Some("ignore"));
        assert_eq!(near("minConfidence"), Some("min-confidence"));
        assert_eq!(near("threads"), None);
        assert_eq!(near(""), None);
    }
}
