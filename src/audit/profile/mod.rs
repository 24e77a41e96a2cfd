//! Chain profiles: how one writer of logs makes its chain, as data.
//!
//! A profile says where a record keeps its hash, its predecessor's hash and its counter, what bytes are hashed, where
//! a chain starts, what signs it and how it goes on from file to file. The engine knows no format by name. What the
//! log says of itself never chooses weaker rules: a profile names every variant, and the caller the profile.

mod parts;
mod read;
mod shipped;
mod spec;

use super::json::canon::Form;
use super::json::pointer::Pointer;

pub use read::{ProfileError, read};
pub use shipped::{named, shipped};

/// One writer's rules.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub id: String,
    /// What the first record of such a log holds; empty: never chosen by itself.
    pub detect: Vec<Condition>,
    /// What the file is made of, where its first bytes leave that open.
    pub container: Container,
    /// Where the array is, when it is not the whole of a JSON file.
    pub at: Option<Pointer>,
    /// How rows become records, for a database.
    pub sqlite: Option<Table>,
    /// Records which differ in one of these belong to different chains.
    pub stream_key: Vec<Pointer>,
    /// Where a record keeps what makes the chain.
    pub fields: Fields,
    /// The counter of the first record.
    pub seq_start: Option<i64>,
    /// What the first record has in place of its predecessor's hash.
    pub genesis: Genesis,
    /// The hash over a record.
    pub hash: HashRule,
    /// Hashes inside of the record over other parts of it.
    pub digests: Vec<Digest>,
    /// Signatures and MACs.
    pub seals: Vec<Seal>,
    /// The file that holds the newest hash.
    pub head: Option<Head>,
    /// How a chain goes on in the next file.
    pub rotation: Rotation,
    /// The record by which a writer owns up to a line it could not finish.
    pub recover: Option<Recover>,
    /// The record by which a writer owns up to records that it removed from the start of the log.
    pub prune: Option<Prune>,
    /// Fields that nothing protects, beside those found by looking at the pre-images.
    pub unprotected: Vec<Pointer>,
    /// Whether a line is canonical as it stands, its hash last: a respelled one is then worth a note.
    pub line: Line,
    /// Where the fields of an event are, by role (`who`, `what`, ...).
    pub map: Vec<(String, Pointer)>,
}

/// Where a record keeps what makes the chain.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// Its own hash.
    pub hash: Option<Pointer>,
    /// The hash of the record before.
    pub prev: Option<Pointer>,
    /// Its counter.
    pub seq: Option<Pointer>,
    /// When it was written.
    pub ts: Option<Pointer>,
    /// The format's version.
    pub version: Option<Pointer>,
}

/// What a file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// One record a line.
    JsonLines,
    /// One JSON array of records.
    JsonArray,
    /// Rows of a table.
    Sqlite,
}

/// Rows as records.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The table's name.
    pub table: String,
    /// The column that orders the rows; the row's number without it.
    pub order: Option<String>,
    /// Columns whose 0 and 1 are `false` and `true`.
    pub bools: Vec<String>,
    /// Columns whose text is JSON.
    pub json: Vec<String>,
}

/// A test on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where to look.
    pub pointer: Pointer,
    /// What has to be there.
    pub is: Is,
}

/// What a [`Condition`] asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Is {
    /// Anything at all.
    Present,
    /// Nothing.
    Absent,
    /// A scalar: a string's text, or the token of anything else.
    Equal(String),
}

/// What comes before the first record.
#[derive(Debug, Clone)]
pub enum Genesis {
    /// This text.
    Literal(String),
    /// `null`.
    Null,
    /// The hash of this, written as the chain's hashes are.
    Sha256(Vec<Part>),
    /// Anything: the profile can't tell a first record from another.
    Any,
}

/// A hash or MAC function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// HMAC-SHA256 under the key of this name.
    HmacSha256(String),
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Base64 with padding.
    Base64,
    /// The URL alphabet, without padding.
    Base64Url,
}

/// How a hash is written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The function.
    pub algorithm: Algorithm,
    /// Bytes to text.
    pub encoding: Encoding,
    /// What stands before it.
    pub prefix: String,
}

/// The hash over a record.
#[derive(Debug, Clone)]
pub struct HashRule {
    /// How it is written.
    pub written: Written,
    /// What is hashed; the first whose conditions the first record of the stream meets. Never tried one after the other.
    pub variants: Vec<Variant>,
    /// Whether every record chooses for itself: for formats whose hash covers what chooses.
    pub each: bool,
    /// Where a record of a keyed chain names its key, and which of the caller's keys each name is.
    pub key_by: Option<(Pointer, Vec<(String, String)>)>,
}

/// One way to hash a record.
#[derive(Debug, Clone)]
pub struct Variant {
    /// What the stream's first record has to say.
    pub when: Vec<Condition>,
    /// What is hashed.
    pub preimage: Vec<Part>,
}

/// A hash inside of a record over other parts of it.
#[derive(Debug, Clone)]
pub struct Digest {
    /// Where it stands.
    pub field: Pointer,
    /// How it is written.
    pub written: Written,
    /// What is hashed.
    pub preimage: Vec<Part>,
}

/// The kinds of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealKind {
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, r and s in 32 bytes each.
    Es256,
    /// HMAC-SHA256: whoever can check it can forge it.
    HmacSha256,
}

/// A signature or MAC in a record.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The kind.
    pub kind: SealKind,
    /// Where it stands.
    pub field: Pointer,
    /// How it is written.
    pub encoding: Encoding,
    /// What stands before it.
    pub prefix: String,
    /// Which records: of several seals for one field, the first counts whose conditions hold.
    pub when: Vec<Condition>,
    /// What is signed.
    pub over: Vec<Part>,
    /// The key's name.
    pub key: String,
    /// Whether every record has to have one.
    pub required: bool,
    /// Where the record says which key it was: a claim, never a reason to trust it.
    pub signer: Option<Pointer>,
}

/// The file that holds the newest hash.
#[derive(Debug, Clone)]
pub struct Head {
    /// Its name, beside the log or one or two folders up; `{log}` is the newest log's name.
    pub file: Option<String>,
    /// The cell of the database that holds it.
    pub cell: Option<Cell>,
    /// Where it keeps the number of records.
    pub count: Option<Pointer>,
    /// Where it keeps the counter.
    pub seq: Option<Pointer>,
    /// Where it keeps the hash.
    pub hash: Option<Pointer>,
    /// What authenticates it.
    pub mac: Option<HeadMac>,
    /// The writer's setting that requires it: files that may hold it, where, and the value.
    pub required: Option<(Vec<String>, Pointer, String)>,
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The table.
    pub table: String,
    /// The column that names rows.
    pub key_column: String,
    /// The row.
    pub key: String,
    /// The column.
    pub column: String,
}

/// What authenticates a head file.
#[derive(Debug, Clone)]
pub struct HeadMac {
    /// The kind.
    pub kind: SealKind,
    /// Where it stands.
    pub field: Pointer,
    /// The key's name.
    pub key: String,
    /// How it is written.
    pub encoding: Encoding,
    /// What it covers, of the head file.
    pub over: Vec<Part>,
}

/// How a chain goes on in the next file.
#[derive(Debug, Clone)]
pub enum Rotation {
    /// Every file is a chain of its own.
    None,
    /// As if the files were one.
    Continue(Option<Closing>),
    /// It starts anew, and nothing links the files.
    Reset,
    /// It starts anew, and a first record names the file before.
    Binding(Binding),
}

/// A record at the start of a file that says what the file before was.
#[derive(Debug, Clone)]
pub struct Closing {
    /// What such a record says.
    pub when: Vec<Condition>,
    /// Where it names the file.
    pub names: Pointer,
    /// Where it counts the records.
    pub records: Option<Pointer>,
    /// Where it counts the bytes.
    pub bytes: Option<Pointer>,
    /// Where it has the SHA-256 of all bytes.
    pub sha256: Option<Pointer>,
}

/// A record that says of an unfinished line where it stands and what it holds.
#[derive(Debug, Clone)]
pub struct Recover {
    /// What such a record says.
    pub when: Vec<Condition>,
    /// Where it has the line's first byte.
    pub offset: Pointer,
    /// Where it has the number of bytes.
    pub bytes: Pointer,
    /// Where it has their SHA-256, in hex.
    pub sha256: Pointer,
}

/// A record that says up to which one the start of the log was removed.
#[derive(Debug, Clone)]
pub struct Prune {
    /// What such a record says.
    pub when: Vec<Condition>,
    /// Where it has the counter of the last record that was removed.
    pub seq: Pointer,
    /// Where it has that record's hash.
    pub hash: Pointer,
    /// Where it has the roots of the full subtrees over all that was removed, largest first: a list of hex. Without
    /// them no root can be computed any more.
    pub tree: Option<Pointer>,
}

/// A first record that names the file before.
#[derive(Debug, Clone)]
pub struct Binding {
    /// What such a record says.
    pub when: Vec<Condition>,
    /// Where its payload stands, in base64; the record itself without it.
    pub payload_base64: Option<Pointer>,
    /// Where the payload names the file before (its path, perhaps without ending).
    pub names: Pointer,
    /// Where it has the last counter.
    pub seq: Option<Pointer>,
    /// Where it has the last hash.
    pub hash: Pointer,
}

/// Whether a line is canonical as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// No: any spelling is as good.
    Any,
    /// The canonical form of the rest, with the hash as the last member.
    HashLast,
}

/// One part of a pre-image.
#[derive(Debug, Clone)]
pub enum Part {
    /// These bytes.
    Literal(Vec<u8>),
    /// A field: a string as it is, an integer in decimal.
    Field(Pointer, FieldAs),
    /// A field's hexadecimal, decoded.
    Hex(Pointer),
    /// A field's base64, decoded.
    Base64(Pointer),
    /// A constant as eight bytes.
    U64(u64),
    /// A field as eight bytes.
    U64Field(Pointer),
    /// A byte 1 and a field, after the length of both in eight bytes.
    Lp64(Pointer),
    /// The hash of the record before, as text, where the record itself does not keep it.
    Prev,
    /// A value of a JSON file beside the log.
    File(Vec<String>, Pointer),
    /// The name of the log, which the caller gives.
    Origin,
    /// The record in a canonical form.
    Json(Json),
    /// The line's own bytes but for this many at its end.
    Raw(usize),
}

/// How a field becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldAs {
    /// As text.
    Text,
    /// A date and time as milliseconds since 1970, in decimal.
    Milliseconds,
}

/// The record, or some of it, in a canonical form.
#[derive(Debug, Clone)]
pub struct Json {
    /// The form.
    pub form: Form,
    /// What of the record.
    pub what: Subject,
}

/// What of a record is written in a canonical form.
#[derive(Debug, Clone)]
pub enum Subject {
    /// All but these.
    Without(Vec<Pointer>),
    /// These members under these names, in the order they are written.
    Members(Vec<(String, Pointer)>),
    /// This value alone.
    Value(Pointer),
}

impl Profile {
    /// Whether a key is needed to recompute the chain at all.
    #[must_use]
    pub const fn chain_key(&self) -> Option<&String> {
        match &self.hash.written.algorithm {
            Algorithm::HmacSha256(name) => Some(name),
            Algorithm::Sha256 => None,
        }
    }

    /// Whether some pre-image holds the hash of the record before that the record itself does not keep.
    #[must_use]
    pub fn prev_is_implicit(&self) -> bool {
        self.fields.prev.is_none()
            && self
                .hash
                .variants
                .iter()
                .any(|variant| variant.preimage.iter().any(|part| matches!(part, Part::Prev)))
    }
}
