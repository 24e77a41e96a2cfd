//! Tells from a name alone whether its value is a secret.
//!
//! Names are split into words (`apiKey`, `API_KEY` and `api-key` are the same two), and the verdict
//! follows from the last words: a secret's word at the end makes a secret, unless the name says that the
//! value is a pointer (`_file`, `_env`), a property (`_length`), or a public thing (`public_key`). The
//! vocabulary is code rather than data because this runs on every key of every file.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// A single word that makes a name a secret's name when it stands last.
const SECRET: &[&str] = &[
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
const KEY_OF: &[&str] = &[
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
const STILL: &[&str] =
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
const NEVER: &[&str] = &["bypass", "compass", "tokenize", "pass"];

/// True when a key or variable called `name` holds a secret itself: `api_key`, `clientSecret`,
/// `TELEGRAM_BOT_TOKEN`, `x-api-key`; false for a pointer to one (`key_env`, `TOKEN_FILE`,
/// `secretName`), a measure (`max_tokens`), a digest (`password_hash`) or a public half.
///
/// A bare `key` is not a secret's name: see [`is_secret_name_in_credential_block`].
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    verdict(&words)
}

/// As [`is_secret_name`], where the key stands in a block that describes a provider, a platform or a
/// credential: there a bare `key`, `auth` or `credentials` holds one too.
#[must_use]
pub fn is_secret_name_in_credential_block(name: &str) -> bool {
    let words = words(name);
    match words.as_slice() {
        [only]
            if matches!(
                &**only,
                "key" | "auth" | "pass" | "credentials" | "sessdata" | "cookie"
            ) =>
        {
            true
        }
        [.., last] if last == "key" => {
            !words.iter().any(|word| NOT.contains(&word.as_str()) || word == "ssh" || word == "id")
        }
        _ => verdict(&words),
    }
}

fn verdict(words: &[String]) -> bool {
    if words.iter().any(|word| NOT.contains(&word.as_str())) {
        return false;
    }
    let mut words = words;
    // `token_2`, `api_key1`, `secret_value`, `password_plaintext`.
    while let [rest @ .., last] = words {
        let numbered = last.bytes().all(|b| b.is_ascii_digit());
        if (numbered || STILL.contains(&last.as_str())) && !rest.is_empty() {
            words = rest;
        } else {
            break;
        }
    }
    match words {
        [] => false,
        [only] if NEVER.contains(&only.as_str()) => false,
        // Helm's `tokenSecretKey` is the name of an entry in a Secret.
        [.., of, first, last]
            if last == "key" && first == "secret" && SECRET.contains(&of.as_str()) =>
        {
            false
        }
        [.., first, last] if last == "key" => KEY_OF.contains(&first.as_str()),
        [.., first, last] if last == "state" => first == "client",
        [.., first, last] if last == "userpass" || last == "pass" => {
            first != "first" && first != "one"
        }
        [.., last] => SECRET.contains(&last.as_str()),
    }
}

/// `HTTPServerAPIKey_2` is `http server api key 2`. At most 12 words of a name of 96 bytes count.
fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(4);
    let bytes = name.as_bytes();
    if bytes.len() > 96 {
        return out;
    }
    let mut word = String::new();
    for (i, &b) in bytes.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| bytes.get(j)).copied().unwrap_or(b'_');
        let after = bytes.get(i + 1).copied().unwrap_or(b'_');
        let starts = b.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && after.is_ascii_lowercase())
            || b.is_ascii_digit() && before.is_ascii_lowercase() && !after.is_ascii_alphanumeric()
            || !b.is_ascii_alphanumeric();
        if starts && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if b.is_ascii_alphanumeric() {
            word.push(char::from(b.to_ascii_lowercase()));
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out.truncate(12);
    out
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
