//! Tells from a name alone whether its value is a secret.
//!
//! Names are split into words (`apiKey`, `API_KEY` and `api-key` are the same two), and the verdict
//! follows from the last words: a secret's word at the end makes a secret, unless the name says that the
//! value is a pointer (`_file`, `_env`), a property (`_length`), or a public thing (`public_key`). The
//! vocabulary is code rather than data because this runs on every key of every file.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// A single word that makes a name a secret's name when it stands last.
pub(super) const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "passcode",
    "secret",
    "token",
    "apikey",
    "apitoken",
    "apisecret",
    "credential",
    "bearer",
    "jwt",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "bottoken",
    "idtoken",
    "clientsecret",
    "appsecret",
    "secretkey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "authkey",
    "userpass",
    "dbpass",
    "dbpassword",
    "authorization",
    "pat",
    "nsec",
    "mnemonic",
];

/// `word key`: the word before a final `key` that makes the pair a secret.
pub(super) const KEY_OF: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "signing",
    "encryption",
    "encrypt",
    "decryption",
    "master",
    "auth",
    "admin",
    "service",
    "session",
    "cookie",
    "hmac",
    "jwt",
    "aes",
    "shared",
    "account",
    "recovery",
    "delivery",
    "proxy",
    "relay",
    "webhook",
    "deploy",
    "app",
    "bearer",
    "fal",
    "salt",
    "server",
    "openai",
    "anthropic",
    "gemini",
    "rsa",
    "ssh",
    "storage",
    "role",
    "root",
    "token",
    "sdk",
    "write",
    "license",
];

/// `secret word`: endings after a secret's word that leave it a secret.
pub(super) const STILL: &[&str] =
    &["value", "plaintext", "plain", "raw", "string", "text", "b64", "base64", "literal"];

/// Words that, standing before a secret's word or in the name, turn it public or into something else.
const NOT: &[&str] = &[
    "public",
    "pub",
    "max",
    "min",
    "num",
    "count",
    "total",
    "csrf",
    "xsrf",
    "cancel",
    "cancellation",
    "redact",
    "mask",
    "hash",
    "hashed",
    "has",
    "is",
    "use",
    "enable",
    "enabled",
    "disable",
    "disabled",
    "allow",
    "require",
    "required",
    "requires",
    "no",
    "missing",
    "invalid",
    "next",
    "page",
    "continuation",
    "pagination",
    "cursor",
    "eos",
    "bos",
    "pad",
    "unk",
    "stop",
    "mask",
    "special",
    "sep",
    "cls",
    "primary",
    "foreign",
    "sort",
    "partition",
    "cache",
    "idempotency",
    "dedup",
    "lookup",
    "dedupe",
    "needs",
    "forgot",
    "reset",
    "change",
    "confirm",
    "input",
    "output",
    "prompt",
    "completion",
    "completions",
    "per",
    "used",
];

/// Compact spellings that would be taken for a secret's.
pub(super) const NEVER: &[&str] = &["bypass", "compass", "tokenize", "pass"];

pub(super) fn is_in(list: &[&str], word: &[u8]) -> bool {
    list.iter()
        .map(|entry| entry.as_bytes())
        .any(|entry| entry.len() == word.len() && entry.first() == word.first() && entry == word)
}

/// True when a key or variable called `name` holds a secret itself: `api_key`, `clientSecret`,
/// `TELEGRAM_BOT_TOKEN`, `x-api-key`; false for a pointer to one (`key_env`, `TOKEN_FILE`,
/// `secretName`), a measure (`max_tokens`), a digest (`password_hash`) or a public half.
///
/// A bare `key` is not a secret's name: see [`is_secret_name_in_credential_block`].
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    with_words(name.as_bytes(), verdict)
}

/// As [`is_secret_name`], where the key stands in a block that describes a provider, a platform or a
/// credential: there a bare `key`, `auth` or `credentials` holds one too.
#[must_use]
pub fn is_secret_name_in_credential_block(name: &str) -> bool {
    with_words(name.as_bytes(), |all| match all {
        [b"key" | b"auth" | b"pass" | b"credentials" | b"sessdata" | b"cookie"] => true,
        [.., b"key"] => {
            !all.iter().any(|word| is_in(NOT, word) || *word == b"ssh" || *word == b"id")
        }
        _ => verdict(all),
    })
}

fn verdict(words: &[&[u8]]) -> bool {
    if words.iter().any(|word| is_in(NOT, word)) {
        return false;
    }
    let mut words = words;
    // `token_2`, `api_key1`, `secret_value`, `password_plaintext`.
    while let [rest @ .., last] = words {
        let numbered = last.iter().all(u8::is_ascii_digit);
        if (numbered || is_in(STILL, last)) && !rest.is_empty() {
            words = rest;
        } else {
            break;
        }
    }
    match words {
        [] => false,
        [only] if is_in(NEVER, only) => false,
        // Helm's `tokenSecretKey` is the name of an entry in a Secret.
        [.., of, b"secret", b"key"] if is_in(SECRET, of) => false,
        [.., first, b"key"] => is_in(KEY_OF, first),
        [.., first, b"state"] => *first == b"client",
        [.., first, b"userpass" | b"pass"] => *first != b"first" && *first != b"one",
        [.., last] => is_in(SECRET, last),
    }
}

/// The longest name that is looked at, and how many words of it count.
const LONGEST: usize = 96;
const MOST_WORDS: usize = 12;

/// Calls `judge` with the words of `name`, lower case: `HTTPServerAPIKey_2` is `http server api key 2`.
pub(super) fn with_words<R>(name: &[u8], judge: impl FnOnce(&[&[u8]]) -> R) -> R {
    let mut text = [0_u8; LONGEST];
    let mut ends = [(0_usize, 0_usize); MOST_WORDS];
    let mut count = 0;
    if name.len() > LONGEST {
        return judge(&[]);
    }
    let mut from = 0;
    let mut close = |from: usize, to: usize| {
        if from < to
            && let Some(slot) = ends.get_mut(count)
        {
            *slot = (from, to);
            count += 1;
        }
    };
    for (i, &b) in name.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| name.get(j)).copied().unwrap_or(b'_');
        let after = name.get(i + 1).copied().unwrap_or(b'_');
        let starts = b.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && after.is_ascii_lowercase())
            || b.is_ascii_digit() && before.is_ascii_lowercase() && !after.is_ascii_alphanumeric()
            || !b.is_ascii_alphanumeric();
        if starts {
            close(from, i);
            from = if b.is_ascii_alphanumeric() { i } else { i + 1 };
        }
        if let Some(slot) = text.get_mut(i) {
            *slot = b.to_ascii_lowercase();
        }
    }
    close(from, name.len());
    let mut words: [&[u8]; MOST_WORDS] = [&[]; MOST_WORDS];
    for (word, (from, to)) in words.iter_mut().zip(ends) {
        *word = text.get(from..to).unwrap_or_default();
    }
    judge(words.get(..count).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hold_a_secret() {
        for name in [
            "api_key",
            "apiKey",
            "API_KEY",
            "APIKey",
            "apikey",
            "x-api-key",
            "OPENROUTER_API_KEY",
            "token",
            "TELEGRAM_BOT_TOKEN",
            "access_token",
            "accessToken",
            "bot_token",
            "refresh_token",
            "secret",
            "client_secret",
            "clientSecret",
            "app_secret",
            "SLACK_SIGNING_SECRET",
            "WEBHOOK_SECRET",
            "password",
            "EMAIL_PASSWORD",
            "db_password",
            "DB_PASS",
            "passwd",
            "private_key",
            "signing_key",
            "encryption_key",
            "SECRET_KEY",
            "FEISHU_ENCRYPT_KEY",
            "aws_secret_access_key",
            "FAL_KEY",
            "AZURE_STORAGE_ACCOUNT_KEY",
            "api_key_2",
            "apiKey1",
            "client_state",
            "corp_secret",
            "encoding_aes_key",
            "MATRIX_RECOVERY_KEY",
            "GATEWAY_RELAY_DELIVERY_KEY",
            "Authorization",
            "LITELLM_MASTER_KEY",
            "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD",
            "model.api_key",
            "GH_TOKEN",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn names_that_do_not() {
        for name in [
            "key_env",
            "api_key_env",
            "token_env",
            "access_token_env",
            "TOKEN_FILE",
            "HERMES_TELEGRAM_BOT_TOKEN_FILE",
            "GITHUB_APP_PRIVATE_KEY_PATH",
            "TOKEN_URL",
            "max_tokens",
            "tokens",
            "token_limit",
            "password_hash",
            "voice_id",
            "tokenSecretKey",
            "secretName",
            "secretsFile",
            "secret_ref",
            "public_key",
            "aws_access_key_id",
            "access_key_id",
            "key",
            "redact_secrets",
            "keyboard",
            "monkey",
            "primary_key",
            "sort_key",
            "cache_key",
            "next_page_token",
            "eos_token",
            "pad_token",
            "token_type",
            "token_count",
            "tokenizer",
            "use_token",
            "has_password",
            "secret_name",
            "password_length",
            "password_field",
            "api_key_header",
            "auth_type",
            "keys",
            "secrets",
            "bypass",
            "compass",
            "pass",
            "",
            "csrf_token",
            "csrfToken",
            "is_secret",
            "token_budget",
            "api_keys_url",
            "credential_pool_strategies",
            "publicKey",
            "requires_api_key",
            "max_token",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_bare_key_counts_in_a_credential_block_only() {
        assert!(is_secret_name_in_credential_block("key"));
        assert!(is_secret_name_in_credential_block("pass"));
        assert!(is_secret_name_in_credential_block("api_key"));
        assert!(!is_secret_name_in_credential_block("ssh_key"));
        assert!(!is_secret_name_in_credential_block("public_key"));
        assert!(!is_secret_name_in_credential_block("key_env"));
        assert!(!is_secret_name_in_credential_block("keyboard"));
    }

    #[test]
    fn overlong_names_are_nobodys() {
        assert!(!is_secret_name(&"a_token_".repeat(500)));
    }
}
