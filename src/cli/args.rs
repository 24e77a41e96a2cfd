//! Options that several subcommands share.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{
    NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, StringValueParser,
    TypedValueParser,
};
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use crate::finding::{Confidence, FailOn};
use crate::report::Format;
use crate::rules::RULES;

/// Default of `--max-size`, in bytes.
pub const DEFAULT_MAX_SIZE: u64 = 10 * 1024 * 1024;

/// What to scan and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct Scan {
    /// Release of Hermes Agent in question (`0.21.5`); default: settings, then what the deployment shows
    #[arg(long, value_name = "VERSION")]
    pub hermes_version: Option<String>,

    /// Largest file to parse; larger ones are only searched for credentials (bytes, or with K, M, G) [default: 10M]
    #[arg(long, value_name = "SIZE", default_value_t = DEFAULT_MAX_SIZE, hide_default_value = true, value_parser = size)]
    pub max_size: u64,

    /// Scan what .gitignore excludes, too
    #[arg(long)]
    pub no_ignore: bool,

    /// Look into archives, too: zip (and jar, whl, docx, …), tar, gzip, bzip2, xz, Zstandard, by content
    #[arg(long)]
    pub archives: bool,

    /// Worker threads; default: one a core
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true,
          value_parser = threads)]
    pub threads: usize,

    /// Detectors of your own: a folder with `secrets/*.yaml`, or a rule file of gitleaks or betterleaks (`.toml`)
    #[arg(long, value_name = "PATH")]
    pub rules: Option<PathBuf>,

    /// Settings file; default: .hermes-lint.toml in the scanned folder or above, up to the repo's root
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What of a repository to read instead of the files on the disk.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Git")]
pub struct Git {
    /// Read what is staged, and report what the commit adds
    #[arg(long, conflicts_with_all = ["since", "range", "history", "hook"])]
    pub staged: bool,

    /// Read the commit that is checked out, and report what was added since it parted from REV
    #[arg(long, value_name = "REV", conflicts_with_all = ["range", "history", "hook"])]
    pub since: Option<String>,

    /// Read commit B, and report what it adds to A (`A..B`), or to where the two parted (`A...B`)
    #[arg(long, value_name = "A..B", conflicts_with_all = ["history", "hook"])]
    pub range: Option<String>,

    /// Look for credentials in everything that was ever committed, on every branch and tag
    #[arg(long, conflicts_with = "hook")]
    pub history: bool,

    /// As a hook of pre-commit or prek: what is staged, or what is pushed; other files that are named, whole
    #[arg(long)]
    pub hook: bool,

    /// Report what is found in changed files, on lines that were there before as well
    #[arg(long)]
    pub whole_file: bool,

    /// With --history: branches only, no tags and no stash; or those whose names match (`main`, `release/*`)
    #[arg(long, value_name = "GLOB", requires = "history", num_args = 0.., value_delimiter = ',',
          require_equals = true)]
    pub branches: Option<Vec<String>>,

    /// With --history: read so many commits, the newest ones
    #[arg(long, value_name = "N", requires = "history")]
    pub max_commits: Option<usize>,
}

impl Default for Scan {
    /// What a command line without options says.
    fn default() -> Self {
        Self {
            hermes_version: None,
            max_size: DEFAULT_MAX_SIZE,
            no_ignore: false,
            archives: false,
            threads: 0,
            rules: None,
            config: None,
        }
    }
}

/// Which findings count.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Findings")]
pub struct Choose {
    /// Run these rules or families only (`config/denylist-missing`, `secret`)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = Names(rules_and_families),
          hide_possible_values = true)]
    pub select: Vec<String>,

    /// Leave these rules or families out
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = Names(rules_and_families),
          hide_possible_values = true)]
    pub ignore: Vec<String>,

    /// Hide findings less sure than this [default: medium]
    #[arg(long, value_name = "LEVEL", value_parser = words::<Confidence>(&["low", "medium", "high"]))]
    pub min_confidence: Option<Confidence>,

    /// Exit with 1 on findings at or above this [default: error]
    #[arg(long, value_name = "LEVEL",
          value_parser = words::<FailOn>(&["error", "warning", "info", "never"]))]
    pub fail_on: Option<FailOn>,

    /// Findings that are known and do not count; default: `baseline` in the settings
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write the findings of this run to a baseline, and end with 0
    #[arg(long, value_name = "FILE", conflicts_with = "prune")]
    pub write_baseline: Option<PathBuf>,

    /// Remove from the baseline what is not found any more
    #[arg(long)]
    pub prune: bool,

    /// Exit with 3 when anything was skipped
    #[arg(long)]
    pub require_complete: bool,
}

/// How to report.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write the report to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Findings only: no summary, no notes, no progress
    #[arg(long, short)]
    pub quiet: bool,

    /// Say more; list what was skipped
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// In which formats findings are reported, and where to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Formats {
    /// Output format; several when all but one go to a file: `--format human --format sarif=out.sarif`
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human", value_parser = targets(Format::ALL))]
    pub format: Vec<Target>,

    /// What this run is called where several are uploaded for one commit (the category in SARIF)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub category: Option<String>,
}

/// A format, and the file it goes to; without one it goes to stdout or `--output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The format.
    pub format: Format,
    /// Where it goes.
    pub file: Option<PathBuf>,
}

/// A parser of `FORMAT` and `FORMAT=FILE` that knows its formats, so that help and completions list them.
pub fn targets(known: &'static [Format]) -> impl TypedValueParser<Value = Target> {
    Targets(known)
}

#[derive(Clone, Debug)]
struct Targets(&'static [Format]);

impl Targets {
    fn words(&self) -> impl Iterator<Item = PossibleValue> + 'static {
        self.0.iter().map(|format| PossibleValue::new(format.as_str()))
    }
}

impl TypedValueParser for Targets {
    type Value = Target;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Target, clap::Error> {
        // A word that is no format is told apart by the parser of words, with what it suggests.
        let words = PossibleValuesParser::new(self.words()).try_map(|word| word.parse::<Format>());
        let Some((word, file)) = value.to_str().and_then(|text| text.split_once('=')) else {
            let format = words.parse_ref(command, argument, value)?;
            return Ok(Target { format, file: None });
        };
        let format = words.parse_ref(command, argument, OsStr::new(word))?;
        if file.is_empty() {
            let shown = argument.map_or_else(|| "--format".to_owned(), ToString::to_string);
            let error = format!("`{word}=` for '{shown}' names no file\n");
            return Err(clap::Error::raw(ErrorKind::InvalidValue, error).with_cmd(command));
        }
        Ok(Target { format, file: Some(PathBuf::from(file)) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.words()))
    }
}

/// A parser that knows its words, so that help and completions list them.
pub fn words<T>(known: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = String> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(known).try_map(|word| word.parse::<T>())
}

/// Any name; those that there are, for completions. What is not among them is told later, with what was meant.
#[derive(Clone)]
pub struct Names(pub fn() -> Vec<&'static str>);

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
}

/// The ids of all rules, and their families.
fn rules_and_families() -> Vec<&'static str> {
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.meta.id).collect();
    names.extend(RULES.iter().filter_map(|rule| rule.meta.id.split('/').next()));
    names.sort_unstable();
    names.dedup();
    names
}

/// More threads than any machine has cores only cost memory.
fn threads(text: &str) -> Result<usize, String> {
    const MOST: usize = 256;
    match text.parse() {
        Ok(number) if number <= MOST => Ok(number),
        _ => Err(format!("write a number from 0 (one a core) to {MOST}")),
    }
}

fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    };
    let factor = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return Err("write a number of bytes, or one with K, M or G".to_owned()),
    };
    let number: u64 =
        number.parse().map_err(|_| "write a number of bytes, or one with K, M or G".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_units() {
        assert_eq!(size("10M"), Ok(DEFAULT_MAX_SIZE));
        assert_eq!(size("512"), Ok(512));
        assert_eq!(size("2g"), Ok(2 << 30));
        for wrong in ["", "M", "10X", "-1", "99999999999999999999", "20000000000G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
