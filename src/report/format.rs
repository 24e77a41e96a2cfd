//! The words for the forms of a report, in one place: flags, completions and the writers agree on them.

use std::fmt;
use std::str::FromStr;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Source lines with marks, for people.
    Human,
    /// One line a finding, as compilers and `grep -n` write them, for editors.
    Concise,
    /// One JSON object, as in `docs/schemas/`.
    Json,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// Code Quality report of GitLab.
    Gitlab,
    /// Secret Detection report of GitLab.
    GitlabSecrets,
    /// JUnit's XML, which most CI systems show.
    Junit,
    /// GitHub-flavoured Markdown, for a pull request.
    Markdown,
    /// One page that needs nothing else, to mail, archive and print.
    Html,
    /// Text exposition of Prometheus, for node_exporter's textfile collector.
    Prometheus,
}

impl Format {
    /// Every value, in order.
    pub const ALL: &'static [Self] = &[
        Self::Human,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::GitlabSecrets,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Prometheus,
    ];

    /// Those that a checklist alone can be written in.
    pub const CHECKLIST: &'static [Self] = &[
        Self::Human,
        Self::Concise,
        Self::Json,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Prometheus,
    ];

    /// Those that the reports of many hosts can be written in as one.
    pub const FLEET: &'static [Self] = &[Self::Human, Self::Json, Self::Markdown, Self::Html];

    /// The word that flags and settings use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::GitlabSecrets => "gitlab-secrets",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Prometheus => "prometheus",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
            format!("`{text}` is not one of {}", known.join(", "))
        })
    }
}
