//! Why an archive, or a file in one, was not read to its end.

use std::io;

/// The reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Encrypted: it takes a password.
    Encrypted,
    /// Packed with a method that is not read: its name or number.
    Method(String),
    /// A kind of archive that is not read.
    Unsupported(&'static str),
    /// Cut short, damaged, or not what it claims to be.
    Broken,
    /// Its decoder wants more memory than it is given.
    Window,
    /// A zip in another archive that is more than what is held in memory.
    Held {
        /// The limit in force, in bytes.
        limit: u64,
    },
    /// More was found than is kept.
    Kept {
        /// The limit in force, in bytes.
        limit: u64,
    },
    /// More of what Hermes reads than is kept to be judged together.
    Unjudged {
        /// The limit in force, in bytes.
        limit: u64,
    },
    /// More files were not read than are listed.
    Unnamed {
        /// How many more.
        count: u64,
    },
    /// An archive in more archives than the limit.
    Depth {
        /// The limit in force.
        limit: u32,
    },
    /// More entries than the limit, those of archives in it included.
    Entries {
        /// The limit in force.
        limit: u64,
    },
    /// More decompressed bytes than the limit.
    Total {
        /// The limit in force.
        limit: u64,
    },
    /// More decompressed bytes for each of its own than the limit: what a bomb does.
    Ratio {
        /// The limit in force.
        limit: u64,
    },
}

impl Stop {
    /// What a decoder's error comes to.
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::OutOfMemory => Self::Window,
            _ => Self::Broken,
        }
    }

    /// Stable word for machine formats.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Encrypted => "archive-encrypted",
            Self::Method(_) => "archive-method",
            Self::Unsupported(_) => "archive-unsupported",
            Self::Broken => "archive-broken",
            Self::Window => "archive-window",
            Self::Held { .. } => "archive-held",
            Self::Kept { .. } => "archive-kept",
            Self::Unjudged { .. } => "archive-unjudged",
            Self::Unnamed { .. } => "archive-unlisted",
            Self::Depth { .. } => "archive-depth",
            Self::Entries { .. } => "archive-entries",
            Self::Total { .. } => "archive-total",
            Self::Ratio { .. } => "archive-ratio",
        }
    }

    /// The reason for people, as a lower-case phrase.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Encrypted => "encrypted".to_owned(),
            Self::Method(method) => format!("packed with a method that is not read: {method}"),
            Self::Unsupported(kind) => format!("{kind}: a kind of archive that is not read"),
            Self::Broken => "damaged or cut short: read as far as it goes".to_owned(),
            Self::Window => "takes too much memory to decompress".to_owned(),
            Self::Held { limit } => {
                format!("a zip of more than {limit} bytes in another archive: not read")
            }
            Self::Kept { limit } => {
                format!("what was found takes more than {limit} bytes: the rest was not read")
            }
            Self::Unjudged { limit } => {
                format!(
                    "what Hermes reads in it takes more than {limit} bytes: the rest was searched, but not judged with it"
                )
            }
            Self::Unnamed { count } => {
                format!("{count} more of its files were not read, and are not listed one by one")
            }
            Self::Depth { limit } => format!("an archive in {limit} others, which is the limit"),
            Self::Entries { limit } => {
                format!("more than {limit} entries: the rest was not read")
            }
            Self::Total { limit } => {
                format!("more than {limit} bytes when decompressed: the rest was not read")
            }
            Self::Ratio { limit } => {
                format!("decompresses to more than {limit} times its size: the rest was not read")
            }
        }
    }
}
