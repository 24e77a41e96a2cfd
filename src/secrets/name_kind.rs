//! Tells from a name what kind of secret it may speak of, for values that are looked at as well.
//!
//! [`super::names`] must be right from the name alone and so knows few words; here the value gets its say,
//! and the more names are let through the more it can find.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::names::{KEY_OF, NEVER, SECRET, STILL, is_in, with_words};

/// Words at the end of a name that make it a measure, a pointer or a label of the secret it speaks of.
const PROPERTY: &[&str] = &[
    "file",
    "files",
    "filename",
    "path",
    "paths",
    "dir",
    "url",
    "urls",
    "uri",
    "link",
    "id",
    "ids",
    "uuid",
    "guid",
    "name",
    "names",
    "username",
    "user",
    "type",
    "types",
    "kind",
    "length",
    "len",
    "size",
    "count",
    "field",
    "fields",
    "param",
    "params",
    "parameter",
    "header",
    "headers",
    "label",
    "hash",
    "hashed",
    "digest",
    "expire",
    "expires",
    "expiry",
    "expiration",
    "ttl",
    "lifetime",
    "timeout",
    "age",
    "policy",
    "index",
    "format",
    "regex",
    "pattern",
    "prefix",
    "suffix",
    "separator",
    "class",
    "input",
    "message",
    "error",
    "errors",
    "msg",
    "hint",
    "title",
    "prompt",
    "placeholder",
    "env",
    "var",
    "variable",
    "ref",
    "provider",
    "source",
    "manager",
    "service",
    "store",
    "storage",
    "handler",
    "validator",
    "generator",
    "encoder",
    "strategy",
    "algorithm",
    "alg",
    "algo",
    "mode",
    "scheme",
    "realm",
    "endpoint",
    "host",
    "port",
    "version",
    "state",
    "status",
    "required",
    "enabled",
    "disabled",
    "visible",
    "changed",
    "date",
    "time",
    "limit",
    "max",
    "min",
    "usage",
    "description",
    "desc",
    "help",
    "callback",
    "page",
    "route",
    "action",
    "event",
    "button",
    "form",
    "view",
    "screen",
    "attribute",
    "attr",
    "property",
    "prop",
    "column",
    "table",
    "query",
    "role",
    "scope",
    "grant",
    "method",
    "reset",
    "change",
    "confirm",
    "strength",
    "request",
    "response",
    "info",
    "result",
    "list",
    "map",
    "set",
    "array",
    "arn",
    "selector",
    "element",
    "icon",
    "style",
    "template",
    "command",
    "cmd",
    "issuer",
    "audience",
    "rule",
    "rules",
    "lookup",
    "resolver",
    "factory",
    "builder",
    "codec",
    "position",
    "offset",
    "start",
    "end",
    "match",
    "check",
    "flag",
    "option",
    "options",
    "usages",
    "network",
    "address",
    "addr",
    "ops",
    "spec",
    "specs",
    "config",
    "settings",
    "reference",
    "locator",
    "alias",
    "entry",
    "item",
    "node",
    "symbol",
    "identifier",
    "chars",
    "bits",
    "bytes",
];

/// Whole words of a name that say that its value is no secret, whatever else it says.
const NO_SECRET: &[&str] = &[
    "public",
    "pub",
    "max",
    "min",
    "num",
    "count",
    "total",
    "csrf",
    "xsrf",
    "authenticity",
    "field",
    "caption",
    "tooltip",
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
    "per",
    "used",
    "pubkey",
    "checksum",
    "fingerprint",
    "etag",
    "i18n",
    "locale",
    "translation",
    "author",
    "site",
    "sitekey",
    "publishable",
    "keyboard",
    "shortcut",
    "hot",
    "dictionary",
    "schema",
    "label",
    "thumbprint",
    "commit",
    "revision",
];

/// What stands before `pass` in one word, when that is a password.
const PASS_OF: &[&str] = &[
    "admin", "auth", "bind", "cert", "client", "db", "ftp", "http", "imap", "key", "keystore",
    "ldap", "login", "mail", "my", "mysql", "pg", "proxy", "redis", "root", "server", "smtp",
    "sql", "ssh", "store", "sudo", "trust", "user", "wifi",
];

/// What kind of secret a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// `password`, `passphrase`: chosen by a person, so anything goes.
    Password,
    /// `secret`, `api_key`, `token`: usually generated.
    Secret,
    /// `authorization`: a scheme, then the credential.
    Authorization,
    /// `key`, `auth`, `salt`, `credential`: as often something else.
    Weak,
}

/// What `name` speaks of, and whether its last word is the secret's own (`token`) or not (`token_old`).
///
/// More liberal than [`is_secret_name`](super::is_secret_name): the caller must look at the value too.
#[must_use]
pub fn name_kind(name: &[u8]) -> Option<(NameKind, bool)> {
    with_words(name, kind_of_name)
}

fn kind_of_name(all: &[&[u8]]) -> Option<(NameKind, bool)> {
    if all.iter().any(|word| is_in(NO_SECRET, word)) {
        return None;
    }
    let mut rest = all;
    while let [before @ .., last] = rest {
        let numbered = last.iter().all(u8::is_ascii_digit);
        if !before.is_empty() && (numbered || is_in(STILL, last)) {
            rest = before;
        } else {
            break;
        }
    }
    if let Some(kind) = kind_of(rest) {
        return Some((kind, true));
    }
    // `token_old`, `passwordForAdmin`.
    let last = rest.last()?;
    if is_in(PROPERTY, last) {
        return None;
    }
    let inner = (1..rest.len()).rev().find_map(|end| kind_of(rest.get(..end)?));
    inner.filter(|kind| *kind != NameKind::Weak).map(|kind| (kind, false))
}

fn kind_of(words: &[&[u8]]) -> Option<NameKind> {
    let (last, before) = words.split_last()?;
    if is_in(NEVER, last) && before.is_empty() && *last != b"pass" {
        return None;
    }
    let ends = |end: &str| last.ends_with(end.as_bytes());
    if last.starts_with(b"csrf") || last.starts_with(b"xsrf") {
        return None;
    }
    let is = |word: &str| *last == word.as_bytes();
    if ["password", "passwords", "passwd", "passphrase", "passcode", "pwd", "passwort"]
        .iter()
        .any(|w| ends(w))
        || ["pass", "pw", "psw", "pswd", "passw"].iter().any(|w| is(w))
        || last.strip_suffix(b"pass").is_some_and(|of| is_in(PASS_OF, of))
        || is("word") && before.last().is_some_and(|word| *word == b"pass")
    {
        return Some(NameKind::Password);
    }
    if is("authorization") {
        return Some(NameKind::Authorization);
    }
    if ends("token") || ends("secret") || ends("apikey") || ends("secretkey") || is_in(SECRET, last)
    {
        return Some(NameKind::Secret);
    }
    if is("key") && before.last().is_some_and(|word| is_in(KEY_OF, word)) {
        return Some(NameKind::Secret);
    }
    let weak = [
        "auth",
        "salt",
        "nonce",
        "cookie",
        "credentials",
        "creds",
        "cred",
        "secrets",
        "tokens",
        "api",
        "cert",
        "pin",
        "otp",
        "signature",
        "sig",
        "hmac",
        "iv",
        "seed",
    ];
    // The name of a thing in a store.
    let stored = [
        "s3",
        "object",
        "routing",
        "bucket",
        "group",
        "translation",
        "message",
        "socket",
        "websocket",
        // What stands under it is the number of a public key.
        "gpg",
        "pgp",
    ];
    let bucket = matches!(before, [.., b"s", b"3"]);
    if is("key") && (bucket || before.last().is_some_and(|word| is_in(&stored, word))) {
        return None;
    }
    (ends("key") || is("keys") || ends("auth") || ends("nonce") || weak.iter().any(|w| is(w)))
        .then_some(NameKind::Weak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_kind() {
        for (name, kind) in [
            ("db_password", Some((NameKind::Password, true))),
            ("userpwd", Some((NameKind::Password, true))),
            ("passwordForAdmin", Some((NameKind::Password, false))),
            ("X-Api-Key", Some((NameKind::Secret, true))),
            ("oauth_token_secret", Some((NameKind::Secret, true))),
            ("bindpass", Some((NameKind::Password, true))),
            ("minipass", None),
            ("Sec-WebSocket-Key", None),
            ("sec-websocket-key", None),
            ("authenticity_token", None),
            ("GPG_KEY", None),
            ("Authorization", Some((NameKind::Authorization, true))),
            ("signing_salt", Some((NameKind::Weak, true))),
            ("encKey", Some((NameKind::Weak, true))),
            ("public_key", None),
            ("s3_key", None),
            ("csrftoken", None),
            ("token_type", None),
            ("passwordField", None),
            ("secret_name", None),
            ("monkeys", None),
        ] {
            assert_eq!(name_kind(name.as_bytes()), kind, "{name}");
        }
    }
}
