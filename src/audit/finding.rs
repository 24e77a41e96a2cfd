//! What a verifier can say against a log: codes, causes, places.

use serde::Serialize;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the log is as good as before.
    Note,
    /// Odd, and no proof of tampering.
    Warning,
    /// The log is not what its writer wrote, or not provably.
    Error,
}

impl Severity {
    /// In a sentence.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Note => "a note",
            Self::Warning => "a warning",
            Self::Error => "an error",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal $severity:ident;)*) => {
        /// What is wrong, by its stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name that reports use.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What it weighs unless the caller is strict.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// A record is not what its hash was made of.
    Hash = "chain/hash" Error;
    /// A record does not follow the one before it.
    Link = "chain/link" Error;
    /// The counter jumps.
    SeqGap = "chain/seq-gap" Error;
    /// The counter stands still.
    SeqDuplicate = "chain/seq-duplicate" Error;
    /// The counter goes back.
    SeqRegress = "chain/seq-regress" Error;
    /// A record's hash was there before.
    DuplicateRecord = "chain/duplicate-record" Error;
    /// The records are all there, in another order.
    Reordered = "chain/reordered" Error;
    /// Two intact records follow the same one.
    Fork = "chain/fork" Error;
    /// A chain starts in the middle of a file.
    Restarted = "chain/restarted" Error;
    /// The first records are missing.
    HeadTruncated = "chain/head-truncated" Error;
    /// The last records are missing.
    TailTruncated = "chain/tail-truncated" Error;
    /// What somebody else vouches for is not what stands here.
    Rewritten = "chain/rewritten" Error;
    /// Nobody vouches for the newest records.
    UnanchoredTail = "chain/unanchored-tail" Note;
    /// Another log than the one asked for.
    WrongLog = "chain/wrong-log" Error;
    /// A file that another one names is not there.
    RotationMissing = "rotation/missing" Error;
    /// A file is not what the next one says of it.
    RotationMismatch = "rotation/mismatch" Error;
    /// Nothing links a file to the one before.
    RotationUnlinked = "rotation/unlinked" Warning;
    /// The last line is not whole.
    TornTail = "file/torn-tail" Warning;
    /// A line in the middle is not whole, and the chain goes on over it.
    TornMiddle = "file/torn-middle" Error;
    /// A byte order mark.
    Bom = "file/bom" Note;
    /// Lines end as on Windows.
    Crlf = "file/crlf" Note;
    /// Lines without a record.
    BlankLine = "file/blank-line" Note;
    /// The last record has no line feed.
    NoFinalNewline = "file/no-final-newline" Note;
    /// A record longer than what is read, or than its format allows.
    LineTooLong = "file/line-too-long" Note;
    /// The same key twice in an object.
    DuplicateKey = "json/duplicate-key" Error;
    /// Bytes that are no text.
    InvalidUtf8 = "json/invalid-utf8" Error;
    /// More nested than any honest record.
    TooDeep = "json/too-deep" Error;
    /// More bytes after the record.
    TrailingBytes = "json/trailing-bytes" Error;
    /// A NUL byte.
    Nul = "json/nul" Error;
    /// No JSON.
    Syntax = "json/syntax" Error;
    /// A field the chain needs is missing or of another kind.
    Shape = "json/shape" Error;
    /// Spelled otherwise than it was written.
    NonCanonical = "json/non-canonical" Note;
    /// A number two readers do not agree on.
    UnsafeNumber = "json/unsafe-number" Warning;
    /// A weaker format, or no signature, where a stronger one was due.
    Downgrade = "crypto/downgrade" Error;
    /// A signature or MAC that does not fit.
    BadSignature = "crypto/bad-signature" Error;
    /// A signature nobody here can check.
    UnknownKey = "crypto/unknown-key" Note;
    /// Signed with a key that only the log itself names.
    SelfAssertedKey = "crypto/self-asserted-key" Warning;
    /// Fields that no hash covers.
    UncoveredFields = "crypto/uncovered-fields" Note;
    /// The clock went back.
    TimeRegress = "time/regress" Warning;
    /// A time still to come.
    TimeFuture = "time/future" Warning;
    /// Nothing for longer than the log allows.
    TimeGap = "time/gap" Warning;
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// What most likely happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseKind {
    /// The record was edited where it stands.
    Edited,
    /// The payload was edited, not what surrounds it.
    PayloadEdited,
    /// Only the stored hash was altered.
    HashFieldAltered,
    /// A copy of an earlier record.
    Duplicated,
    /// A record under a copied hash.
    InsertedCopy,
    /// Records were taken out before this one.
    Deleted,
    /// Records before this one were taken out, or written anew.
    DeletedOrRewritten,
    /// The record before has got another hash.
    PredecessorRewritten,
    /// This record stood further down.
    MovedEarlier,
    /// Records were put in before this one.
    InsertedBefore,
    /// Two writers went on from the same record.
    Fork,
    /// The writer started anew.
    Restarted,
    /// The start of the log was cut off.
    HeadTruncated,
    /// The end of the log was cut off.
    TailTruncated,
    /// A write that was not finished.
    TornLastLine,
    /// A line that can't be read.
    UnreadableLine,
    /// Bytes that are no text.
    InvalidUtf8,
    /// The same key twice.
    DuplicateKey,
    /// Everything was written anew.
    Rewritten,
}

/// What most likely happened, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The kind.
    pub kind: CauseKind,
    /// How many records it is about, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// In words.
    pub text: String,
}

/// Something else a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// The line, from 1.
    pub line: u64,
    /// What it has to do with it.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub rule: Code,
    /// What it weighs.
    pub severity: Severity,
    /// The file, as it was named.
    pub path: String,
    /// The line, from 1; none for what is about a file.
    pub line: Option<u64>,
    /// The byte of the (uncompressed) file, from 0.
    pub offset: Option<u64>,
    /// How many bytes it is about.
    pub len: Option<u64>,
    /// The record's counter.
    pub seq: Option<i64>,
    /// In words.
    pub message: String,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// What most likely happened.
    pub cause: Option<Cause>,
    /// What else it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

impl Finding {
    /// A finding about a file as a whole; its place and particulars are filled in by who knows them.
    #[must_use]
    pub fn about(rule: Code, severity: Severity, path: String, message: String) -> Self {
        Self {
            rule,
            severity,
            path,
            line: None,
            offset: None,
            len: None,
            seq: None,
            message,
            expected: None,
            found: None,
            cause: None,
            related: Vec::new(),
        }
    }
}
