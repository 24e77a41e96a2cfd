//! Says what kind of value stands under a secret's name: a real literal, or one of the many things that
//! are not a leak (a reference, a placeholder, a hash, a word for a local server).
//!
//! The order of the tests is that of how often each style is met in real deployments, cheapest first.
//! It prefers missing a weak literal to calling a template a leak; what has a vendor's shape
//! ([`Context::shaped`]) gets the strict tests only.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::{digest, hosts, placeholder};

/// What is known of the value besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The key or variable that it is the value of.
    pub name: Option<&'a str>,
    /// The block's `base_url` is loopback, a private address or a one-label host, where a key is
    /// often required by the client and ignored by the server.
    pub local_server: bool,
    /// It stands in a SealedSecret's `encryptedData`.
    pub sealed: bool,
    /// A detector has recognised a vendor's shape.
    pub shaped: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing, or quotes around nothing.
    Empty,
    /// Points to where the value is: `${X}`, `{{ x }}`, `op://…`, `os.environ[…]`.
    Reference,
    /// The name of an environment variable.
    EnvName,
    /// Stands for a value to be filled in, or is a textbook example.
    Placeholder,
    /// What one writes when a local server wants any key.
    LocalServer,
    /// Was a secret, and has been masked.
    Redacted,
    /// Identifies without giving access: a voice id, a client id.
    PublicIdentifier,
    /// A digest of a password, or a sealed ciphertext.
    Hash,
    /// A file or a web address without credentials.
    Path,
    /// A truth value or null.
    Boolean,
    /// An ordinary word or a few: weak as a secret, or no secret at all.
    Word,
    /// None of these: as far as the bytes tell, the thing itself.
    Literal,
}

/// A verdict of [`classify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// What it is.
    pub kind: Kind,
    /// Why, in a few words for a reader.
    pub reason: &'static str,
}

impl Class {
    const fn new(kind: Kind, reason: &'static str) -> Self {
        Self { kind, reason }
    }

    /// True for [`Kind::Literal`].
    #[must_use]
    pub const fn is_literal(self) -> bool {
        matches!(self.kind, Kind::Literal)
    }
}

/// Classifies `value`, the bytes between the quotes.
#[must_use]
pub fn classify(value: &[u8], context: &Context<'_>) -> Class {
    let value = value.trim_ascii();
    let value = unquoted(value);
    if value.is_empty() {
        return Class::new(Kind::Empty, "empty");
    }
    if context.sealed && value.starts_with(b"Ag") {
        return Class::new(Kind::Hash, "sealed for one cluster");
    }
    if context.shaped {
        return shaped(value);
    }
    // Most values are letters and digits: few references are, and no address is.
    let signs = has_signs(value);
    if let Some(reason) = if signs { reference(value) } else { plain_reference(value) } {
        return Class::new(Kind::Reference, reason);
    }
    if let Some(reason) = placeholder::redacted(value) {
        return Class::new(Kind::Redacted, reason);
    }
    if signs && hosts::is_example_address(value) {
        return Class::new(Kind::Placeholder, "an example address");
    }
    // A PEM block and a web token hold runs that count as dummies elsewhere.
    if !value.starts_with(b"-----BEGIN ")
        && let Some(reason) = placeholder::placeholder(value)
    {
        return Class::new(Kind::Placeholder, reason);
    }
    if is_env_name(value) {
        return Class::new(Kind::EnvName, "the name of a variable");
    }
    if let Some(reason) = placeholder::unneeded(value) {
        return Class::new(Kind::LocalServer, reason);
    }
    if context.local_server && placeholder::few_words(value) {
        return Class::new(Kind::LocalServer, "a word for a server that ignores the key");
    }
    if is_boolean(value) {
        return Class::new(Kind::Boolean, "a truth value");
    }
    if let Some(reason) = hash(value, context) {
        return Class::new(Kind::Hash, reason);
    }
    if let Some(reason) = public(value, context) {
        return Class::new(Kind::PublicIdentifier, reason);
    }
    if is_path(value) {
        return Class::new(Kind::Path, "a path or an address");
    }
    if placeholder::few_words(value)
        || value.contains(&b'%') && placeholder::few_words(&percent_decoded(value))
    {
        return Class::new(Kind::Word, "an ordinary word");
    }
    Class::new(Kind::Literal, "a literal value")
}

/// What has a vendor's shape is only refused for what chance cannot make.
fn shaped(value: &[u8]) -> Class {
    if value.starts_with(b"-----BEGIN ") {
        if contains_any(value, &[b"...", "…".as_bytes()]) {
            return Class::new(Kind::Placeholder, "shortened");
        }
        // Seven given capitals in a row do not come about in base64.
        if contains_any(value, &[b"EXAMPLE"]) {
            return Class::new(Kind::Placeholder, "a placeholder");
        }
        return Class::new(Kind::Literal, "a literal value");
    }
    if contains_any(value, &[b"${", b"{{", b"$(", b"<"]) {
        return Class::new(Kind::Reference, "filled in from elsewhere");
    }
    if let Some(reason) = placeholder::redacted(value) {
        return Class::new(Kind::Redacted, reason);
    }
    if let Some(reason) = placeholder::dummy(value) {
        return Class::new(Kind::Placeholder, reason);
    }
    Class::new(Kind::Literal, "a literal value")
}

/// `pass%20word` as the words it holds; other text as it is.
fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&b, tail)) = rest.split_first() {
        let escape = tail.first_chunk::<2>().filter(|_| b == b'%');
        let byte = escape
            .and_then(|two| str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        out.push(byte.unwrap_or(b));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    out
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [first @ (b'"' | b'\''), inner @ .., last] if first == last => inner,
        _ => value,
    }
}

fn contains_any(value: &[u8], needles: &[&[u8]]) -> bool {
    needles.iter().any(|needle| {
        value.windows(needle.len()).any(|w| w.first() == needle.first() && w == *needle)
    })
}

fn starts_with_any(value: &[u8], prefixes: &[&[u8]]) -> bool {
    prefixes
        .iter()
        .any(|prefix| value.get(..prefix.len()).is_some_and(|v| v.eq_ignore_ascii_case(prefix)))
}

/// True when a byte is no letter, no digit and none of the signs that encodings of bytes use.
fn has_signs(value: &[u8]) -> bool {
    value
        .iter()
        .any(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'=')))
}

/// As [`reference`], for a value without signs.
fn plain_reference(value: &[u8]) -> Option<&'static str> {
    match value {
        [b'_', b'_', .., b'_', b'_'] => Some("filled in by a template"),
        _ if starts_with_any(value, &[b"age1", b"ref+"]) => Some("kept in a secret store"),
        _ => None,
    }
}

fn reference(value: &[u8]) -> Option<&'static str> {
    if let Some(reason) = plain_reference(value) {
        return Some(reason);
    }
    if contains_any(value, &[b"${", b"$(", b"{{", b"{%", b"<%", b"#{", b"%("]) {
        return Some("filled in from elsewhere");
    }
    if contains_any(
        value,
        &[b"[A-Z", b"[a-z", b"[0-9", b"\\w", b"\\d", b"\\S", b"[^", b".*", b".+"],
    ) {
        return Some("a pattern");
    }
    // `sk-ant-<real>`: angle brackets around a name.
    if let Some(open) = value.iter().position(|&b| b == b'<')
        && let Some(inner) =
            value.get(open + 1..).and_then(|rest| rest.split(|&b| b == b'>').next())
        && open + inner.len() + 1 < value.len()
        && inner.first().is_some_and(u8::is_ascii_alphabetic)
    {
        return Some("to be filled in");
    }
    if interpolates(value) {
        return Some("filled in from elsewhere");
    }
    match value {
        [b'$', rest @ ..]
            if rest.iter().all(|b| b.is_ascii_alphanumeric() || b"_@*?.".contains(b)) =>
        {
            return Some("a variable");
        }
        [b'<', .., b'>'] | [b'[', .., b']'] | [b'`', .., b'`'] => return Some("to be filled in"),
        // `user[:password]`: what may be left out.
        [word @ .., b']'] if word.iter().all(u8::is_ascii_alphabetic) => {
            return Some("to be filled in");
        }
        [b'%', name @ .., b'%'] | [b'@', name @ .., b'@'] | [b'{', name @ .., b'}']
            if is_dotted(name) =>
        {
            return Some("filled in by a template");
        }
        _ => {}
    }
    const STORES: &[&[u8]] = &[
        b"op://",
        b"vault:",
        b"vault://",
        b"bws://",
        b"bw://",
        b"ENC[",
        b"!ENV",
        b"!env",
        b"!secret",
        b"!vault",
        b"env:",
        b"env.",
        b"$env:",
        b"secretref:",
        b"secret://",
        b"secrets://",
        b"keyring:",
        b"keychain:",
        b"sops:",
        b"arn:aws:",
        b"awssm://",
        b"aws-sm://",
        b"gcp-sm://",
        b"gsm://",
        b"azkv://",
        b"akv://",
        b"doppler://",
        b"infisical://",
        b"file:",
        b"pass:",
        b"@Microsoft.KeyVault",
        b"ssm:",
        b"ssm://",
        b"cmd:",
        b"@env",
        b"ENC(",
        b"$ANSIBLE_VAULT",
        b"{cipher}",
    ];
    if starts_with_any(value, STORES) {
        return Some("kept in a secret store");
    }
    const EXPRESSIONS: &[&[u8]] = &[
        b"os.environ",
        b"os.getenv",
        b"process.env",
        b"getenv(",
        b"env(",
        b"ENV[",
        b"Deno.env",
        b"import.meta",
        b"std::env",
        b"System.getenv",
        b"vars.",
        b"var.",
        b"config.",
        b"cfg.",
        b"local.",
        b"data.",
        b"secrets.",
        b"builtins.",
        b"lib.",
        b"pkgs.",
        b"self.",
        b"this.",
        b"settings.",
        b"args.",
        b"params.",
        b"options.",
        b"opts.",
        b"inputs.",
        b"env[",
        b"environ[",
        b"env!(",
    ];
    if starts_with_any(value, EXPRESSIONS) {
        return Some("an expression");
    }
    if value.contains(&b'.') && is_dotted(value) && value.iter().all(|b| !b.is_ascii_digit()) {
        return Some("an expression");
    }
    // A call or an index: `load_key("x")`, `conf["token"]`.
    if let Some(open) = value.iter().position(|b| matches!(b, b'(' | b'['))
        && value.get(..open).is_some_and(is_dotted)
        && matches!(value.last(), Some(b')' | b']' | b';' | b','))
    {
        return Some("an expression");
    }
    None
}

/// `Bearer {get_token()}`, `{conf["token"]}`, `key-{name}`: expressions in braces, as format strings hold
/// them. A value cut off at a quote inside the expression counts as well.
fn interpolates(value: &[u8]) -> bool {
    const SHORTEST_NAME: usize = 3;
    let last_close = value.iter().rposition(|&b| b == b'}').unwrap_or(0);
    value.iter().enumerate().filter(|&(_, &b)| b == b'{').any(|(open, _)| {
        let rest = value.get(open + 1..).unwrap_or_default();
        let run = rest.iter().take(96);
        let length = run.take_while(|b| b.is_ascii_alphanumeric() || b"_.".contains(b)).count();
        let name = rest.get(..length).unwrap_or_default();
        is_dotted(name)
            && match rest.get(length) {
                Some(b'}') => name.len() >= SHORTEST_NAME,
                Some(b'(' | b'[') => last_close > open || length + 1 == rest.len(),
                _ => false,
            }
    })
}

fn is_identifier(text: &[u8]) -> bool {
    matches!(text, [first, ..] if first.is_ascii_alphabetic() || *first == b'_')
        && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

fn is_dotted(text: &[u8]) -> bool {
    !text.is_empty() && text.split(|&b| b == b'.').all(is_identifier)
}

/// `OPENAI_API_KEY`; one word (`FILLME`) is left to the placeholders.
fn is_env_name(value: &[u8]) -> bool {
    value.len() <= 64
        && value.contains(&b'_')
        && matches!(value, [first, ..] if first.is_ascii_uppercase())
        && value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && value.iter().filter(|b| b.is_ascii_digit()).count() * 3 < value.len()
}

fn is_boolean(value: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"true",
        b"false",
        b"yes",
        b"no",
        b"on",
        b"off",
        b"null",
        b"none",
        b"nil",
        b"~",
        b"undefined",
        b"0",
        b"1",
        b"enabled",
        b"disabled",
        b"auto",
        b"default",
        b"required",
        b"optional",
    ];
    value.len() <= 9 && WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// `$6$salt$hash`: the modular form of a digest, with words in the place of its parts.
fn is_digest_model(value: &[u8]) -> bool {
    let mut parts = value.split(|&b| b == b'$');
    let scheme = (parts.next(), parts.next());
    let words = parts.clone().count();
    matches!(scheme, (Some([]), Some([_] | [_, _] | [b'a', ..])))
        && words >= 2
        && parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_lowercase))
}

fn hash(value: &[u8], context: &Context<'_>) -> Option<&'static str> {
    if value.first() == Some(&b'$') && is_digest_model(value) {
        return Some("a digest's form");
    }
    if digest::scheme(value).is_some() {
        return Some("a digest");
    }
    names_a_digest(context.name?.as_bytes()).then_some("a digest")
}

/// True for a name that ends in a digest's: `hash`, `file_sha256`, `contentMD5`.
pub(super) fn names_a_digest(name: &[u8]) -> bool {
    let ends = |word: &&str| {
        let end = name.len().checked_sub(word.len()).and_then(|start| name.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
    };
    ["hash", "digest", "checksum", "sha256", "sha1", "md5", "fingerprint", "etag"].iter().any(ends)
}

/// `#1a7f37`: `--pass` is as often the colour of a test that did.
fn is_colour(value: &[u8]) -> bool {
    value.strip_prefix(b"#").is_some_and(|digits| {
        matches!(digits.len(), 3 | 4 | 6 | 8) && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

fn public(value: &[u8], context: &Context<'_>) -> Option<&'static str> {
    if is_colour(value) {
        return Some("a colour");
    }
    if value.starts_with(b"-----BEGIN ")
        && contains_any(value, &[b"PUBLIC KEY-----", b"CERTIFICATE"])
        || starts_with_any(value, &[b"ssh-rsa ", b"ssh-ed25519 ", b"ecdsa-sha2-", b"npub1"])
    {
        return Some("a public key");
    }
    let name = context.name?.to_ascii_lowercase();
    let identifier = [
        "_id", "-id", "_ids", "_sid", "_name", "username", "user", "email", "voice", "model",
        "region",
    ]
    .iter()
    .any(|end| name.ends_with(end))
        || matches!(name.as_str(), "id" | "uuid" | "guid" | "name")
        || context.name.is_some_and(|name| name.ends_with("Id") || name.ends_with("ID"));
    identifier.then_some("an identifier")
}

fn is_path(value: &[u8]) -> bool {
    if !value.iter().any(|b| matches!(b, b'/' | b'.' | b'\\')) {
        return false;
    }
    if starts_with_any(
        value,
        &[
            b"~/",
            b"./",
            b"../",
            b"/etc/",
            b"/run/",
            b"/home/",
            b"/root/",
            b"/var/",
            b"/opt/",
            b"/usr/",
            b"/tmp/",
            b"/mnt/",
            b"/data/",
            b"/secrets/",
            b"%h/",
            b"file://",
            b"c:\\",
        ],
    ) {
        return true;
    }
    // An address counts when it carries no userinfo and no query.
    if let Some(at) = value.windows(3).position(|w| w == b"://") {
        return at < 12
            && !value.contains(&b'@')
            && !value.contains(&b'?')
            && !value.contains(&b'=');
    }
    const ENDINGS: &[&[u8]] = &[
        b".json", b".pem", b".key", b".yaml", b".yml", b".env", b".txt", b".crt", b".p12", b".pfx",
        b".toml", b".md", b".age", b".gpg",
    ];
    ENDINGS.iter().any(|end| value.ends_with(end)) && !value.contains(&b' ')
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
