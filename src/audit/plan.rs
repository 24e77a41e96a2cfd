//! A profile made ready for one log: its outside values looked up, its variant chosen, its keys at hand.
//!
//! What a file beside the log or the caller supplies becomes a constant here, once, so that checking a record touches
//! nothing but the record.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::json::canon::{Form, Order};
use super::json::pointer::{Pointer, inside};
use super::json::tape::{Kind, Tape, flags};
use super::json::text;
use super::keyring::Keyring;
use super::preimage::{Builder, View};
use super::profile::{
    Algorithm, Condition, Encoding, Genesis, Is, Json, Line, Part, Profile, Rotation, Subject,
};

/// How far above a log its side files are looked for: an export lies in a folder of its own, a database in `psy/`.
const PARENTS: usize = 2;
/// Side files are settings of a few lines.
const SIDE_FILE_LIMIT: u64 = 1 << 20;

/// A profile ready for one log.
#[derive(Debug)]
pub struct Plan<'k> {
    /// The profile; no part of it asks for a file or a name any more, unless it could not be had.
    pub profile: Profile,
    /// The keys of the caller.
    pub keys: &'k Keyring,
    /// What the first record has for its predecessor: text, or `null`; `None` where that is not known.
    pub genesis: Option<First>,
    /// Why the genesis is not known.
    pub genesis_unknown: Option<String>,
    /// Which of the variants counts, where it is the same for all streams.
    pub variant: Option<usize>,
    /// The secret of a keyed chain.
    pub secret: Option<Vec<u8>>,
    /// Whether a line is hashed as it stands, but for its last member.
    pub hash_last: Option<HashLast>,
    /// What tells records about the log from all others, where it is one field.
    pub special: Option<Special>,
}

/// The field that records about the log have in common, and what it says in each kind of them.
#[derive(Debug)]
pub struct Special {
    pointer: Pointer,
    texts: Vec<String>,
}

/// What stands before the first record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// This text.
    Text(Vec<u8>),
    /// `null`, or nothing.
    Null,
}

/// The bytes around the hash at the end of a line.
#[derive(Debug)]
pub struct HashLast {
    /// `,"hash":"sha256:`.
    pub opening: Vec<u8>,
    /// Its length, that of the digits, and of `"}`.
    pub length: usize,
}

impl<'k> Plan<'k> {
    /// Makes `profile` ready for a log in `folder`, named `origin` if the caller names it.
    #[must_use]
    pub fn new(profile: &Profile, folder: &Path, origin: Option<&str>, keys: &'k Keyring) -> Self {
        let mut profile = profile.clone();
        let around = Around { folder, origin };
        for variant in &mut profile.hash.variants {
            around.bind(&mut variant.preimage);
        }
        for digest in &mut profile.digests {
            around.bind(&mut digest.preimage);
        }
        for seal in &mut profile.seals {
            around.bind(&mut seal.over);
        }
        let mut genesis_unknown = None;
        let genesis = match &mut profile.genesis {
            Genesis::Literal(text) => Some(First::Text(text.clone().into_bytes())),
            Genesis::Null => Some(First::Null),
            Genesis::Any => None,
            Genesis::Sha256(parts) => {
                genesis_unknown = around.bind(parts);
                let mut preimage = Vec::new();
                let empty = View { tape: &Tape::default(), bytes: b"" };
                match Builder::default().build(parts, empty, None, &mut preimage) {
                    Ok(_) => {
                        let mut text = Vec::new();
                        let written = &profile.hash.written;
                        let hash = Sha256::digest(&preimage);
                        written.encoding.write(&written.prefix, &hash, &mut text);
                        Some(First::Text(text))
                    }
                    Err(_) => None,
                }
            }
        };
        let variant = (profile.hash.variants.len() == 1).then_some(0);
        let secret =
            profile.chain_key().and_then(|name| keys.readings(name).next()).map(<[u8]>::to_vec);
        let hash_last = HashLast::of(&profile);
        let special = Special::of(&profile);
        Self { profile, keys, genesis, genesis_unknown, variant, secret, hash_last, special }
    }

    /// The variant for a stream that starts with this record; the last one is for all that no other is for.
    #[must_use]
    pub fn variant_of(&self, first: View<'_>) -> Option<usize> {
        self.profile.hash.variants.iter().position(|variant| meets(&variant.when, first))
    }

    /// The secret a record names, where records name theirs; without one of that name, an empty one that fits nothing.
    #[must_use]
    pub fn named_secret(&self, record: View<'_>) -> Option<&[u8]> {
        let (at, names) = self.profile.hash.key_by.as_ref()?;
        let name = record.string(at)?;
        let (_, key) = names.iter().find(|(known, _)| known.as_bytes() == name)?;
        self.keys.readings(key).next()
    }

    /// Whether records of different streams may be hashed in different ways.
    #[must_use]
    pub fn one_at_a_time(&self) -> bool {
        (self.variant.is_none() && !self.profile.hash.each)
            || (!self.profile.stream_key.is_empty() && self.profile.prev_is_implicit())
    }
}

impl Special {
    /// Where each kind of record about the log is told by what one field says, and all by the same field.
    fn of(profile: &Profile) -> Option<Self> {
        let closing = match &profile.rotation {
            Rotation::Continue(closing) => closing.as_ref().map(|closing| &closing.when),
            Rotation::Binding(binding) => Some(&binding.when),
            Rotation::None | Rotation::Reset => None,
        };
        let recover = profile.recover.as_ref().map(|recover| &recover.when);
        let prune = profile.prune.as_ref().map(|prune| &prune.when);
        let mut pointer: Option<&Pointer> = None;
        let mut texts = Vec::new();
        for when in [closing, recover, prune].into_iter().flatten() {
            let [Condition { pointer: at, is: Is::Equal(text) }] = when.as_slice() else {
                return None;
            };
            if pointer.is_some_and(|known| known != at) {
                return None;
            }
            pointer = Some(at);
            texts.push(text.clone());
        }
        Some(Self { pointer: pointer?.clone(), texts })
    }

    /// Whether `record` may be one of them.
    #[must_use]
    pub fn may_be(&self, record: View<'_>) -> bool {
        let Some((_, node)) = self.pointer.find(record.tape, record.bytes) else { return false };
        if node.kind != Kind::String || node.flags & flags::ESCAPED != 0 {
            return true;
        }
        let text = inside(record.bytes, node);
        self.texts.iter().any(|special| special.as_bytes() == text)
    }
}

/// Whether `record` meets all of `conditions`.
#[must_use]
pub fn meets(conditions: &[Condition], record: View<'_>) -> bool {
    conditions.iter().all(|condition| match &condition.is {
        Is::Present => condition.pointer.find(record.tape, record.bytes).is_some(),
        Is::Absent => condition.pointer.find(record.tape, record.bytes).is_none(),
        Is::Equal(text) => record.is(&condition.pointer, text.as_bytes()),
    })
}

impl HashLast {
    /// Where lines are hashed but for their last member: JCS without one member of the record, in hex.
    fn of(profile: &Profile) -> Option<Self> {
        let hash = profile.fields.hash.as_ref()?;
        let [variant] = profile.hash.variants.as_slice() else { return None };
        let [Part::Json(Json { form, what: Subject::Without(omit) })] = variant.preimage.as_slice()
        else {
            return None;
        };
        let plain = profile.line == Line::HashLast
            && *form == Form { order: Order::Utf16, ..Form::JCS }
            && profile.hash.written.encoding == Encoding::Hex
            && profile.hash.written.algorithm == Algorithm::Sha256
            && omit.as_slice() == std::slice::from_ref(hash);
        let name = hash.first()?;
        if !plain || Pointer::member(std::str::from_utf8(name).ok()?) != *hash {
            return None;
        }
        let mut opening = b",".to_vec();
        text::encode_into(name, false, &mut opening);
        opening.extend_from_slice(b":\"");
        opening.extend_from_slice(profile.hash.written.prefix.as_bytes());
        let length = opening.len() + 64 + 2;
        Some(Self { opening, length })
    }
}

impl HashLast {
    /// Whether `line` is `preimage` with the hash put in before its last brace.
    #[must_use]
    pub fn is_line(&self, line: &[u8], preimage: &[u8]) -> bool {
        let Some((b'}', body)) = preimage.split_last() else { return false };
        line.len() == body.len() + self.length
            && line.strip_prefix(body).is_some_and(|rest| rest.starts_with(&self.opening))
    }
}

/// What surrounds a log.
struct Around<'a> {
    folder: &'a Path,
    origin: Option<&'a str>,
}

impl Around<'_> {
    /// Replaces what is outside of a record; gives what could not be had.
    fn bind(&self, parts: &mut [Part]) -> Option<String> {
        let mut missing = None;
        for part in parts {
            match part {
                Part::Origin => match self.origin {
                    Some(origin) => *part = Part::Literal(origin.as_bytes().to_vec()),
                    None => missing = Some("the log's name is not given (`--origin`)".to_owned()),
                },
                Part::File(names, at) => match side_value(self.folder, names, at) {
                    Some(value) => *part = Part::Literal(value),
                    None => {
                        let name = names.first().map_or("", String::as_str);
                        missing = Some(format!("no `{name}` with {} beside the log", at.as_str()));
                    }
                },
                _ => {}
            }
        }
        missing
    }
}

/// The file `name` beside the log, or one or two folders up.
#[must_use]
pub fn side_file(folder: &Path, name: &str) -> Option<(PathBuf, Vec<u8>)> {
    let mut at = folder.to_path_buf();
    for _ in 0..=PARENTS {
        let path = at.join(name);
        if let Ok(file) = std::fs::File::open(&path)
            && file.metadata().is_ok_and(|meta| meta.is_file())
        {
            let mut content = Vec::new();
            file.take(SIDE_FILE_LIMIT).read_to_end(&mut content).ok()?;
            return Some((path, content));
        }
        at.push("..");
    }
    None
}

/// A value of the first of the files `names` that is beside the log.
#[must_use]
pub fn side_value(folder: &Path, names: &[String], at: &Pointer) -> Option<Vec<u8>> {
    names.iter().find_map(|name| {
        let (_, content) = side_file(folder, name)?;
        let mut tape = Tape::default();
        tape.read(&content).ok()?;
        View { tape: &tape, bytes: &content }.text(at)
    })
}
