//! Paths as URI references, in which every character that means something to a URI is encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is: letters, digits, the other unreserved characters, and what parts a path. A colon is
/// encoded, since one in the first part of a relative reference would make a scheme of it.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'!');

/// What relative paths are relative to: the folder that the program ran in.
pub(super) const ROOT: &str = "%SRCROOT%";

/// Where a file is.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl ArtifactLocation {
    /// The file at `path`, `/` as separator.
    pub(super) fn new(path: &str) -> Self {
        let encoded = utf8_percent_encode(path, ENCODED);
        if path.starts_with('/') {
            return Self { uri: format!("file://{encoded}"), uri_base_id: None };
        }
        if let [drive, b':', b'/', ..] = path.as_bytes()
            && drive.is_ascii_alphabetic()
        {
            let rest = utf8_percent_encode(path.get(2..).unwrap_or_default(), ENCODED);
            let uri = format!("file:///{}:{rest}", char::from(*drive));
            return Self { uri, uri_base_id: None };
        }
        let uri = if path.is_empty() { "./".to_owned() } else { encoded.to_string() };
        Self { uri, uri_base_id: Some(ROOT) }
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn uri(path: &str) -> (String, bool) {
        let location = ArtifactLocation::new(path);
        (location.uri, location.uri_base_id.is_some())
    }

    #[test]
    fn paths_become_references() {
        for (path, expected, relative) in [
            ("config.yaml", "config.yaml", true),
            ("a b/c#d?.yaml", "a%20b/c%23d%3F.yaml", true),
            ("c:d/e.yaml", "c%3Ad/e.yaml", true),
            ("é.env", "%C3%A9.env", true),
            ("../x/100%.env", "../x/100%25.env", true),
            ("backup.tar.gz!/home/.env", "backup.tar.gz!/home/.env", true),
            ("<stdin>", "%3Cstdin%3E", true),
            ("", "./", true),
            ("/home/her mes/.env", "file:///home/her%20mes/.env", false),
            ("C:/hermes/.env", "file:///C:/hermes/.env", false),
        ] {
            assert_eq!(uri(path), (expected.to_owned(), relative), "{path}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_ends_the_path(path in "\\PC{1,30}") {
            let (uri, relative) = uri(&path);
            prop_assert!(uri.is_ascii() && !uri.contains(['#', '?', ' ', '\\', '"']), "{}", uri);
            if relative {
                prop_assert!(!uri.contains(':') && !uri.starts_with('/'), "{}", uri);
                let back = percent_decode_str(&uri).decode_utf8().unwrap();
                prop_assert_eq!(back, path);
            }
        }
    }
}
