//! Settings of config.yaml that stand on the unsafe side: which values, how much that matters, what to write instead.
//!
//! A row says all of it in data, so that a key can be added without Rust; the price is a closed set of words for
//! values and circumstances, which the rule that reads them has to understand.

use super::version::{Range, Release};
use super::weight::Weight;
use serde::Deserialize;

/// The file `settings.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The rows; for one value, the first that fits speaks.
    pub settings: Vec<SettingFact>,
}

/// One key and the values of it that are on the unsafe side.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingFact {
    /// Dotted path: `*` is a free name, `[]` an item, `<platform>` the block of each platform, `<telegram|slack>` of
    /// these only.
    pub key: String,
    /// The values on the unsafe side.
    pub lax: LaxValue,
    /// How much it matters where it takes effect.
    pub severity: Weight,
    /// What happens then.
    pub means: String,
    /// The value to write instead.
    #[serde(default)]
    pub write: Option<String>,
    /// What to do when no single value is the answer.
    #[serde(default)]
    pub help: Option<String>,
    /// What has to be so for it to take effect.
    #[serde(default)]
    pub when: Vec<Circumstance>,
    /// Keys that have to be on for it to take effect.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What is said when `when` or `needs` is not met.
    #[serde(default, rename = "else")]
    pub otherwise: Otherwise,
    /// Keys of which one that is set makes it harmless.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The variable that wins over the key, when it is set.
    #[serde(default)]
    pub variable: Option<String>,
    /// First release that reads it so.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release that no longer does.
    #[serde(default)]
    pub until: Option<Release>,
}

impl SettingFact {
    /// The releases that read it so.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }
}

/// What has to be so for a setting to take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Circumstance {
    /// The platform of the key is on; for other keys, any platform, webhook or API server.
    Served,
    /// Commands run on the machine itself.
    Local,
    /// Commands run in Docker.
    Docker,
    /// Commands run in Singularity.
    Singularity,
    /// Commands run at Modal.
    Modal,
    /// Commands run at Daytona.
    Daytona,
    /// Commands run on another machine, over ssh.
    Ssh,
}

impl Circumstance {
    /// The word of `terminal.backend` that it asks for.
    #[must_use]
    pub const fn backend(self) -> Option<&'static str> {
        match self {
            Self::Served | Self::Local => None,
            Self::Docker => Some("docker"),
            Self::Singularity => Some("singularity"),
            Self::Modal => Some("modal"),
            Self::Daytona => Some("daytona"),
            Self::Ssh => Some("ssh"),
        }
    }
}

/// What is said of a setting that takes no effect here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// That it would.
    #[default]
    Info,
    /// Nothing.
    None,
}

/// Which values of a key are on the unsafe side.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Form")]
pub enum LaxValue {
    /// Read as yes: true, a number other than 0, one of `1 true yes on`.
    Yes,
    /// Read as no: false, 0, one of `0 false no off`.
    No,
    /// What Python takes for true: any text that is not empty, `"false"` too.
    Truthy,
    /// What Python takes for false: false, 0, empty text, list or mapping; not null.
    Falsy,
    /// Anything but null, false, and empty text, list or mapping.
    Set,
    /// One of these words, any case; `*` stands for any text when it is not the whole word. Of a list, or of text
    /// with commas or spaces, each entry.
    Words(Vec<String>),
    /// Any text but these words, any case.
    NotWords(Vec<String>),
    /// A number above this one.
    Above(f64),
    /// Zero or less.
    Zero,
    /// An empty list.
    Empty,
    /// A path that covers far more than a project; of a list, each entry.
    WidePath,
    /// A program named without its folder.
    BareProgram,
    /// A network with a prefix shorter than this one (for IPv6, than twice this one).
    WideCidr(u8),
    /// A network that shares addresses with the local network or this machine.
    LocalCidr,
    /// An address without encryption on another network.
    PlainHttp,
    /// An image without a fixed version.
    FloatingImage,
    /// Text that can't be the name of a variable.
    NoName,
    /// The name of a credential; of a list, each entry.
    SecretName,
    /// The name of a credential that some release hands on to commands; of a list, each entry.
    PassingSecretName,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Bool(bool),
    Word(Word),
    Words(Vec<String>),
    Not {
        not: Vec<String>,
    },
    Above {
        above: f64,
    },
    #[serde(rename_all = "kebab-case")]
    Cidr {
        wide_cidr: u8,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Truthy,
    Falsy,
    Set,
    Zero,
    Empty,
    WidePath,
    BareProgram,
    LocalCidr,
    PlainHttp,
    FloatingImage,
    NoName,
    SecretName,
    PassingSecretName,
}

impl From<Form> for LaxValue {
    fn from(form: Form) -> Self {
        match form {
            Form::Bool(true) => Self::Yes,
            Form::Bool(false) => Self::No,
            Form::Words(words) => Self::Words(words),
            Form::Not { not } => Self::NotWords(not),
            Form::Above { above } => Self::Above(above),
            Form::Cidr { wide_cidr } => Self::WideCidr(wide_cidr),
            Form::Word(word) => match word {
                Word::Truthy => Self::Truthy,
                Word::Falsy => Self::Falsy,
                Word::Set => Self::Set,
                Word::Zero => Self::Zero,
                Word::Empty => Self::Empty,
                Word::WidePath => Self::WidePath,
                Word::BareProgram => Self::BareProgram,
                Word::LocalCidr => Self::LocalCidr,
                Word::PlainHttp => Self::PlainHttp,
                Word::FloatingImage => Self::FloatingImage,
                Word::NoName => Self::NoName,
                Word::SecretName => Self::SecretName,
                Word::PassingSecretName => Self::PassingSecretName,
            },
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
