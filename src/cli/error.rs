//! What ends a run with exit status 2: one diagnostic, with the place and a hint.

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

/// Why nothing could be reported. Boxed, since it is the rare half of every result.
#[derive(Debug)]
pub struct Failure(Box<Inner>);

#[derive(Debug, Default)]
struct Inner {
    message: String,
    help: Option<String>,
    source: Option<(NamedSource<String>, LabeledSpan)>,
}

impl Failure {
    /// A failure in one lower-case sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner { message: message.into(), ..Inner::default() }))
    }

    /// Several as one, each with its own sentence and the help of the first; `None` of none.
    pub fn joined(failures: Vec<Self>) -> Option<Self> {
        let message = failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let mut first = failures.into_iter().next()?;
        first.0.message = message;
        Some(first)
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The place in a file of the user's own (settings, rule data): shown as it is.
    #[must_use]
    pub fn at(
        mut self,
        name: &str,
        text: String,
        span: std::ops::Range<usize>,
        label: &str,
    ) -> Self {
        let label = LabeledSpan::new(Some(label.to_owned()), span.start, span.len());
        self.0.source = Some((NamedSource::new(name, text), label));
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl Diagnostic for Failure {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source.as_ref().map(|(source, _)| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, label) = self.0.source.as_ref()?;
        Some(Box::new(std::iter::once(label.clone())))
    }
}
