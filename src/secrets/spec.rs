//! What a detector is: the data form a security person edits, and the checks it must pass on loading.
//!
//! One type serves three sources (the table compiled into the binary, `rules/secrets/*.yaml`, a team's own
//! `--rules` folder), so texts may be borrowed, and the examples are optional: the compiled table has none.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding of this detector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A missing layer.
    Warning,
    /// Usable by whoever reads the file.
    Error,
}

/// How sure a match is what the detector says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Likely something else as often as not.
    Low,
    /// A shape that other things may share.
    Medium,
    /// A shape that nothing else has.
    High,
}

impl Confidence {
    /// One step down; [`Confidence::Low`] stays.
    #[must_use]
    pub const fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

/// A test of the matched bytes that needs no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// The last six characters are the base62 CRC-32 of the characters between the last `_` and them
    /// (GitHub, npm). A `ghs_` token that is a signed web token is read as one.
    GithubCrc32,
    /// The last eight characters are the little-endian hex CRC-32 of everything before the last `_`.
    GrafanaCrc32,
    /// The last six characters are the base62 CRC-32 of everything before the last `_`: Synapse's
    /// (`syt_`, `syr_`) and, least digit first, the authentication service's (`mat_`, `mct_`).
    MatrixCrc32,
    /// The last eight characters are the hex CRC-32 of everything before them (`ATATT3`, `ATCTT3`, `ATBB`).
    AtlassianCrc32,
    /// The last eight characters are the hex CRC-32 of what stands between the first `_` and them.
    CloudflareCrc32,
    /// A GitLab routable token ends in its payload's length and a CRC-32, in base36. Other tokens of
    /// GitLab have no checksum and pass when they are no words.
    GitlabCrc32,
    /// An Azure key in base64: `JQQJ99` at its place and a Marvin32 checksum, or a service's signature
    /// (`+ASt`, `AzFu`, `ACDb` …) and one; older keys have neither and pass. Those of Azure DevOps are
    /// left to `azure-devops`.
    AzureKey,
    /// An Azure DevOps token: an Azure key of the service `AZDO`, or 52 characters of base32 with a CRC-32
    /// inside.
    AzureDevops,
    /// A client secret of Entra ID, `8Q~` or `7Q~` after three characters; `8Q~` has a checksum.
    EntraSecret,
    /// A web token: the first part decodes to a JSON object that names an algorithm, the second to a JSON
    /// object; the signature is as long as the algorithm makes it. Keys published on purpose are
    /// rejected. A vendor's prefix before `eyJ` is skipped.
    Jwt,
    /// A JSON web key with its private part.
    Jwk,
    /// A PEM, OpenSSH or OpenPGP private key with a body that is long enough; says whether it is whole,
    /// cut short or behind a passphrase.
    Pem,
    /// Base64 of a PEM private key.
    PemBase64,
    /// Base64 of a private key in DER, as a PEM body is without its first and last line.
    DerKey,
    /// The private lines of a PuTTY key file, or the whole file.
    Putty,
    /// The sixteen characters after the four-letter type are base32 and hold a 12-digit account.
    AwsKeyId,
    /// 40 characters of base64 that are no path, no name and no digest.
    AwsSecretKey,
    /// A macaroon of PyPI or its test instance.
    PypiToken,
    /// A Sentry organisation token names its organisation in base64 JSON. User tokens pass.
    SentryToken,
    /// A Grafana Cloud token (`glc_`) or an API key of old Grafana, base64 JSON with known fields.
    GrafanaCloudToken,
    /// A 1Password service account token, base64 JSON with the account's secret key.
    OnepasswordToken,
    /// A Vault service token with a signed part (`hvs.CAES`). Other Vault tokens pass when they have a digit
    /// and letters of both cases.
    VaultToken,
    /// A JFrog reference token (base64 of `reftkn:`) or API key (base58 of 54 bytes).
    JfrogToken,
    /// `sk.`, base64 JSON that names the user, a signature.
    MapboxToken,
    /// `id:AA…`, the id a number that Telegram issues (not a counting run).
    TelegramId,
    /// The first part is base64 of a snowflake id of 17 to 20 digits.
    DiscordToken,
    /// Base64 of an Elasticsearch key: id of 20 characters, `:`, 22 characters.
    ElasticKey,
    /// A token of Jira, Confluence or Bitbucket Data Center: base64 of a number, `:`, 20 bytes; behind
    /// `BBDC-` for Bitbucket.
    AtlassianPat,
    /// A Fernet token: version, a time since 2012, whole blocks.
    FernetToken,
    /// A UUID with a version of 1 to 8.
    Uuid,
    /// A bech32 or bech32m string, in one case, with a right checksum.
    Bech32,
    /// Base58 with a checksum of double SHA-256: WIF keys, extended keys.
    Base58Check,
    /// A phrase of 12 to 24 words of BIP-39's English list with a right checksum.
    Bip39,
    /// A seed of a NATS key (`SU…`, `SA…`) with a right CRC-16.
    NatsSeed,
    /// A Stellar secret seed (`S` and 55 characters) with a right CRC-16.
    StellarSeed,
    /// A Matrix recovery key, base58 with a parity byte; spaces are ignored.
    MatrixRecoveryKey,
    /// Base64 of 32 bytes; says when it is not clamped as WireGuard's private keys are.
    WireguardKey,
    /// Base64 of exactly `bytes` bytes.
    Base64 {
        /// Length of the decoded form.
        bytes: usize,
    },
    /// Base58 of exactly `bytes` bytes, at most 180.
    Base58 {
        /// Length of the decoded form.
        bytes: usize,
    },
    /// Base64 (either alphabet) of a JSON object.
    Base64Json,
    /// Has a digit, a lower-case and an upper-case letter.
    Mixed,
    /// Has a digit and a letter, or letters of both cases.
    AlphaNumeric,
    /// Base64 of `user:password`.
    BasicAuth,
}

/// A text of the data: borrowed from the binary, or read from a file.
pub type Text = Cow<'static, str>;
/// Several of them.
pub type Texts = Cow<'static, [Text]>;

/// A detector: which literals wake it, which pattern decides, and what to tell the reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorSpec {
    /// Unique over all files, `provider-kind`.
    pub id: Text,
    /// Who issues the credential; filled from the file by [`SpecFile::into_specs`].
    #[serde(default)]
    pub provider: Text,
    /// The credential's name as its vendor writes it.
    pub what: Text,
    /// Where the format fact comes from.
    #[serde(default)]
    pub source: Text,
    /// How bad a leak is.
    pub severity: Severity,
    /// How sure a match is.
    pub confidence: Confidence,
    /// Literals of four bytes or more, or of three followed by a token character. One of them starts
    /// the match, unless `before` or `near` say otherwise.
    #[serde(default)]
    pub keywords: Texts,
    /// For credentials without a shape of their own: words one of which must stand in the name that
    /// the value is assigned to. The name must be a secret's name as well.
    #[serde(default)]
    pub keys: Texts,
    /// `keywords` are searched for everywhere, not in long runs of token characters with a digit only: for
    /// tokens that are short, spaced or made of letters alone. Each costs every run a little.
    #[serde(default)]
    pub literal: bool,
    /// `keywords` match in any case. (`keys` always do.)
    #[serde(default)]
    pub ignore_case: bool,
    /// Regex syntax, bytes, Unicode off. The group `secret`, else group 1, else the whole match is
    /// the secret. The engine checks that no token character touches the match.
    pub pattern: Text,
    /// The match may begin up to so many bytes before its keyword.
    #[serde(default)]
    pub before: usize,
    /// The match may begin up to so many bytes after its keyword, on the same line.
    #[serde(default)]
    pub near: usize,
    /// How many bytes after the keyword the pattern may look at.
    #[serde(default = "default_reach")]
    pub reach: usize,
    /// Least Shannon entropy of the secret, in bits a character.
    #[serde(default)]
    pub min_entropy: Option<f32>,
    /// An offline test of the secret.
    #[serde(default)]
    pub check: Option<Check>,
    /// Words one of which must stand on the same line (any case), outside the match.
    #[serde(default)]
    pub context: Texts,
    /// Detectors of the other half (a key id, an account's SID) of a paired credential.
    #[serde(default)]
    pub pair: Texts,
    /// Gives way to any detector that knows the vendor.
    #[serde(default)]
    pub generic: bool,
    /// The keyword is made of secret bytes: a redaction must not show it.
    #[serde(default)]
    pub hide_prefix: bool,
    /// What the owner does about it.
    #[serde(default)]
    pub rotate: Text,
    /// Templates that must match (see [`crate::secrets::template`]).
    #[serde(default, rename = "match")]
    pub matches: Texts,
    /// Templates that must not.
    #[serde(default, rename = "no_match")]
    pub misses: Texts,
}

const fn default_reach() -> usize {
    512
}

impl DetectorSpec {
    /// A detector of nothing, for the fields that a row of the compiled table leaves out.
    pub const BLANK: Self = Self {
        id: Cow::Borrowed(""),
        provider: Cow::Borrowed(""),
        what: Cow::Borrowed(""),
        source: Cow::Borrowed(""),
        severity: Severity::Error,
        confidence: Confidence::Medium,
        keywords: Cow::Borrowed(&[]),
        keys: Cow::Borrowed(&[]),
        literal: false,
        ignore_case: false,
        pattern: Cow::Borrowed(""),
        before: 0,
        near: 0,
        reach: default_reach(),
        min_entropy: None,
        check: None,
        context: Cow::Borrowed(&[]),
        pair: Cow::Borrowed(&[]),
        generic: false,
        hide_prefix: false,
        rotate: Cow::Borrowed(""),
        matches: Cow::Borrowed(&[]),
        misses: Cow::Borrowed(&[]),
    };

    /// The vendor's fixed public prefix that `secret` starts with; empty when there is none.
    #[must_use]
    pub fn public_prefix(&self, secret: &[u8]) -> &str {
        if self.hide_prefix || self.near > 0 {
            return "";
        }
        self.keywords
            .iter()
            .filter(|word| secret.starts_with(word.as_bytes()))
            .max_by_key(|word| word.len())
            .map_or("", |word| word)
    }

    /// Checks what can be checked without compiling the pattern.
    ///
    /// # Errors
    /// Names the detector and the field that is wrong.
    pub fn validate(&self) -> Result<(), SpecError> {
        let wrong = |field, problem: &str| Err(SpecError::field(&self.id, field, problem));
        if self.id.is_empty() || !self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return wrong("id", "needs letters, digits and `-` only");
        }
        if self.what.is_empty() {
            return wrong("what", "is empty");
        }
        if self.pattern.is_empty() {
            return wrong("pattern", "is empty");
        }
        if self.keywords.is_empty() == self.keys.is_empty() {
            return wrong("keywords", "give either `keywords` or `keys`");
        }
        if self.keywords.iter().any(|word| word.len() < 3) {
            return wrong("keywords", "needs at least 3 bytes each");
        }
        if self.keys.iter().any(|word| word.len() < 4 || !word.is_ascii()) {
            return wrong("keys", "needs at least 4 ASCII characters each");
        }
        if self.reach == 0 || self.reach > 65_536 || self.before > 1024 || self.near > 1024 {
            return wrong("reach", "`reach` is 1 to 65536, `before` and `near` at most 1024");
        }
        Ok(())
    }
}

/// One data file: a provider and its detectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecFile {
    /// The vendor's name.
    pub provider: Text,
    /// Its credentials.
    pub detectors: Vec<DetectorSpec>,
}

impl SpecFile {
    /// The detectors, each with its provider filled in and checked.
    ///
    /// # Errors
    /// Names `file`, the detector and the field that is wrong.
    pub fn into_specs(self, file: &str) -> Result<Vec<DetectorSpec>, SpecError> {
        let Self { provider, mut detectors } = self;
        for spec in &mut detectors {
            spec.provider.clone_from(&provider);
            spec.validate().map_err(|error| error.in_file(file))?;
        }
        Ok(detectors)
    }
}

/// Why a detector was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// The file, when known.
    pub file: Option<String>,
    /// The detector's id.
    pub detector: String,
    /// The field of the data form.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl SpecError {
    /// An error about one field of one detector.
    #[must_use]
    pub fn field(detector: &str, field: &'static str, problem: &str) -> Self {
        Self { file: None, detector: detector.to_owned(), field, problem: problem.to_owned() }
    }

    /// The same error, with the file it is in.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        write!(f, "detector `{}`, field `{}`: {}", self.detector, self.field, self.problem)
    }
}

impl std::error::Error for SpecError {}
