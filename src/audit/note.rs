//! Signed notes and log checkpoints (C2SP signed-note and tlog-checkpoint, Ed25519 only).
//!
//! Who is trusted is the caller's to say, with a [`Ring`] of verification keys; a note never brings its own. A line
//! signed by somebody unknown says nothing and is passed over, so that witnesses can be added; a line under a known
//! key's name and id that does not verify spoils the whole note.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// Signatures a note may have; what the specification wants accepted at least.
pub const MAX_SIGNATURES: usize = 16;
/// Bytes a note may have: sixteen post-quantum signatures and a long text go in.
pub const MAX_BYTES: usize = 256 << 10;
/// The byte that says Ed25519 in key ids and encoded keys.
pub(super) const ED25519: u8 = 1;
/// What a signature line begins with.
const DASH: &str = "\u{2014} ";

/// Why a note is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// It has no signature lines after a blank line, or one that is not such a line; what is wrong.
    Malformed(&'static str),
    /// More than [`MAX_SIGNATURES`].
    TooManySignatures,
    /// More than [`MAX_BYTES`].
    TooLong,
    /// The signature under this key's name and id is not one of its.
    BadSignature(String),
    /// No known key has signed it.
    Unknown,
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "not a signed note: {what}"),
            Self::TooManySignatures => {
                write!(f, "the note has more than {MAX_SIGNATURES} signatures")
            }
            Self::TooLong => write!(f, "the note is longer than {MAX_BYTES} bytes"),
            Self::BadSignature(name) => {
                write!(f, "the signature of {name} does not fit what is signed")
            }
            Self::Unknown => f.write_str("no trusted key has signed the note"),
        }
    }
}

impl std::error::Error for NoteError {}

/// The public half of a key, with the name it signs under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl Verifier {
    /// A key under `name`; `None` for a name that no signature line could hold, or a key that anybody can sign for.
    pub(super) fn new(name: &str, key: VerifyingKey) -> Option<Self> {
        (is_name(name) && !key.is_weak()).then(|| Self {
            name: name.to_owned(),
            id: key_id(name, &key),
            key,
        })
    }

    /// Reads `name+hex id+base64(0x01 and the key)`.
    ///
    /// # Errors
    /// Says what about the text is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, rest) = text.split_once('+').ok_or("no '+' after the name")?;
        let (id, encoded) = rest.split_once('+').ok_or("no '+' after the id")?;
        let id: [u8; 4] = HEXLOWER
            .decode(id.as_bytes())
            .ok()
            .and_then(|id| id.try_into().ok())
            .ok_or("the id is not eight hexadecimal digits")?;
        let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| "the key is not base64")?;
        let (&kind, bytes) = bytes.split_first().ok_or("the key is empty")?;
        if kind != ED25519 {
            return Err("the key is of another kind than Ed25519");
        }
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| "the key is not 32 bytes long")?;
        let key =
            VerifyingKey::from_bytes(bytes).map_err(|_| "the key is no point of the curve")?;
        let verifier =
            Self::new(name, key).ok_or("the name is empty or holds a space, or the key is weak")?;
        if verifier.id == id { Ok(verifier) } else { Err("the id is not that of the key") }
    }

    /// The name it signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The four bytes that stand before its signatures.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        Ed25519Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id), BASE64.encode(&key))
    }
}

/// The keys a caller trusts, no two of the same name and id.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    keys: Vec<Verifier>,
}

impl Ring {
    /// Adds `key`. The same key again changes nothing.
    ///
    /// # Errors
    /// When another key has its name and id: then a signature line would not tell which of them is meant.
    pub fn add(&mut self, key: Verifier) -> Result<(), &'static str> {
        match self.find(&key.name, key.id) {
            Some(known) if *known == key => Ok(()),
            Some(_) => Err("two different keys have the same name and id"),
            None => {
                self.keys.push(key);
                Ok(())
            }
        }
    }

    /// All keys, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Verifier> {
        self.keys.iter()
    }

    fn find(&self, name: &str, id: [u8; 4]) -> Option<&Verifier> {
        self.keys.iter().find(|key| key.id == id && key.name == name)
    }
}

/// A signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature<'n> {
    /// The name of the key.
    pub name: &'n str,
    /// Its id.
    pub id: [u8; 4],
    /// What the key made of the text.
    pub bytes: Vec<u8>,
}

/// A note as it stands, nothing verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'n> {
    /// What is signed, its last newline included.
    pub text: &'n str,
    /// Who claims to have signed it.
    pub signatures: Vec<Signature<'n>>,
}

impl<'n> Note<'n> {
    /// Reads a whole note.
    ///
    /// # Errors
    /// When the bytes are no note, or one above the limits.
    pub fn parse(bytes: &'n [u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed("not UTF-8"))?;
        if !is_plain(note) {
            return Err(NoteError::Malformed("a control character"));
        }
        let blank = note.rfind("\n\n").ok_or(NoteError::Malformed("no blank line"))?;
        let (text, rest) =
            note.split_at_checked(blank + 1).ok_or(NoteError::Malformed("no blank line"))?;
        let lines = rest
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(NoteError::Malformed("no newline at the end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures
                .push(signature(line).ok_or(NoteError::Malformed("a broken signature line"))?);
        }
        Ok(Self { text, signatures })
    }

    /// The keys of `ring` that have signed the text, each once.
    ///
    /// # Errors
    /// When none of them has, or one of their signatures is false.
    pub fn verify<'r>(&self, ring: &'r Ring) -> Result<Vec<&'r Verifier>, NoteError> {
        let mut signers: Vec<&Verifier> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = ring.find(signature.name, signature.id) else { continue };
            if !key.verifies(self.text, &signature.bytes) {
                return Err(NoteError::BadSignature(key.name.clone()));
            }
            if !signers.contains(&key) {
                signers.push(key);
            }
        }
        if signers.is_empty() { Err(NoteError::Unknown) } else { Ok(signers) }
    }
}

/// The line that signs with `signature` as `name`, newline included.
pub(super) fn line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("{DASH}{name} {}\n", BASE64.encode(&[&id, signature].concat()))
}

/// True for a text that can be signed: it ends in a newline, and no byte of it would be refused.
pub(super) fn is_text(text: &str) -> bool {
    text.ends_with('\n') && is_plain(text)
}

fn signature(line: &str) -> Option<Signature<'_>> {
    let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
    let decoded = BASE64.decode(encoded.as_bytes()).ok()?;
    let (&id, bytes) = decoded.split_first_chunk()?;
    (is_name(name) && !bytes.is_empty()).then(|| Signature { name, id, bytes: bytes.to_vec() })
}

fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| byte < b' ' && byte != b'\n')
}

/// True for what can name a key.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && is_plain(name)
        && !name.contains(|c: char| c == '+' || c == '\n' || c.is_whitespace())
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest: Hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize()
        .into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// What a log's head is: so many records, with this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint<'n> {
    /// Which log.
    pub origin: &'n str,
    /// How many records it has.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
    /// Lines after these three: tolerated, but nobody can check what they say.
    pub extensions: Vec<&'n str>,
}

impl<'n> Checkpoint<'n> {
    /// Reads the text of a note.
    ///
    /// # Errors
    /// Says what about the text is no checkpoint.
    pub fn parse(text: &'n str) -> Result<Self, &'static str> {
        let lines = text.strip_suffix('\n').ok_or("no newline at the end")?;
        let mut lines = lines.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or("no origin")?;
        let size = lines.next().ok_or("no size")?;
        let digits = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || (size.len() > 1 && size.starts_with('0')) {
            return Err("the size is not a decimal number without leading zeros");
        }
        let size = size.parse().map_err(|_| "the size is out of range")?;
        let root = lines.next().ok_or("no root")?;
        let root = BASE64
            .decode(root.as_bytes())
            .ok()
            .and_then(|root| Hash::try_from(root).ok())
            .ok_or("the root is not the base64 of 32 bytes")?;
        let extensions: Vec<&str> = lines.collect();
        if extensions.iter().any(|line| line.is_empty()) {
            return Err("an empty line");
        }
        Ok(Self { origin, size, root, extensions })
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// A piece of a file of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'n> {
    /// Where in the file it begins, in bytes.
    pub offset: usize,
    /// Its bytes.
    pub bytes: &'n [u8],
    /// The note they are, or why they are none: an append that was cut short spoils its own piece only.
    pub note: Result<Note<'n>, NoteError>,
}

/// The notes of a file that holds one after the other, with or without blank lines between them. Their texts must be
/// without blank lines, as those of checkpoints are.
pub fn entries(file: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = file.get(at..)?;
        let blanks = rest.iter().take_while(|&&byte| byte == b'\n').count();
        let rest = rest.get(blanks..).filter(|rest| !rest.is_empty())?;
        let offset = at + blanks;
        let len = entry_len(rest);
        at = offset + len;
        let bytes = rest.get(..len)?;
        Some(Entry { offset, bytes, note: Note::parse(bytes) })
    })
}

/// How long the first piece of `rest` is: lines up to a blank one, and the signature lines after that.
fn entry_len(rest: &[u8]) -> usize {
    let (mut end, mut blank, mut signed) = (0, false, false);
    for line in rest.split_inclusive(|&byte| byte == b'\n') {
        let signs = line.starts_with(DASH.as_bytes());
        if blank && !signs {
            // Without signatures, the blank line is no part of the piece.
            return if signed { end } else { end - 1 };
        }
        signed |= blank && signs;
        blank |= line == b"\n";
        end += line.len();
    }
    end
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
