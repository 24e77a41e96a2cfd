//! Shows a secret without showing any of it.
//!
//! Not even a few leading or trailing bytes: they would narrow a search and defeat rotation by habit.

/// `sk-proj-… (164 characters)`: the vendor's fixed `prefix` when the secret starts with it, and the
/// length. Without a prefix, `… (32 characters)`.
#[must_use]
pub fn redact(secret: &[u8], prefix: &str) -> String {
    let shown = if secret.len() > prefix.len() && secret.starts_with(prefix.as_bytes()) {
        prefix
    } else {
        ""
    };
    let length = if secret.is_ascii() {
        secret.len()
    } else {
        String::from_utf8_lossy(secret).chars().count()
    };
    let noun = if length == 1 { "character" } else { "characters" };
    format!("{shown}… ({length} {noun})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_prefix_is_shown() {
        assert_eq!(redact(b"sk-or-v1-abcd", "sk-or-v1-"), "sk-or-v1-… (13 characters)");
        assert_eq!(redact(b"abcd", ""), "… (4 characters)");
        assert_eq!(redact(b"abcd", "sk-"), "… (4 characters)");
        // A secret that is all prefix would be shown whole.
        assert_eq!(redact(b"abcd", "abcd"), "… (4 characters)");
        assert_eq!(redact("pässwörd".as_bytes(), ""), "… (8 characters)");
    }
}
