//! How a rule says what it found.

use std::borrow::Cow;

use crate::document::Place;
use crate::facts::Weight;
use crate::finding::{
    Action, Confidence, Credential, Edit, Finding, Fix, History, Location, Related, Severity,
};

use super::RuleMeta;

/// A finding in the making.
#[derive(Clone, Debug)]
#[must_use = "a draft does nothing until it is added"]
pub struct Draft(Finding, &'static str);

impl RuleMeta {
    /// Starts a finding at `place`; the message is the rule's summary until one is given.
    pub fn at(&self, place: &Place<'_>) -> Draft {
        let mut draft = self.at_location(place.location());
        draft.0.anchor.clone_from(&place.route);
        draft
    }

    /// Starts a finding at a place that is no part of a document.
    pub fn at_location(&self, location: Location) -> Draft {
        let finding = Finding {
            rule: self.id,
            severity: self.severity,
            confidence: self.confidence,
            // Made when nothing better was given.
            anchor: String::new(),
            location,
            label: Cow::Borrowed(""),
            message: String::new(),
            help: None,
            notes: Vec::new(),
            related: Vec::new(),
            fix: None,
            credential: None,
            history: None,
            fingerprint: String::new(),
        };
        Draft(finding, self.summary)
    }
}

/// The masked line of a place that has no name: stable over line moves.
fn anchor_of(location: &Location) -> String {
    location.excerpt.as_ref().map(|excerpt| excerpt.text.trim().to_owned()).unwrap_or_default()
}

impl Draft {
    /// Where it is.
    pub(crate) fn location(&self) -> &Location {
        &self.0.location
    }

    /// What is wrong, as a lower-case sentence.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Two to five words at the marked place.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.0.label = label.into();
        self
    }

    /// The exact edit.
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// A reason or reservation.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// Notes, none or more.
    pub fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.0.notes.extend(notes);
        self
    }

    /// A second place.
    pub fn related(mut self, place: &Place<'_>, note: impl Into<String>) -> Self {
        self.0.related.push(Related { location: place.location(), note: note.into() });
        self
    }

    /// What the history of a repository knows of it.
    pub fn history(mut self, history: History) -> Self {
        self.0.history = Some(Box::new(history));
        self
    }

    /// The credential that it is about.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.0.credential = Some(credential);
        self
    }

    /// A severity other than the rule's.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = severity;
        self
    }

    /// A confidence other than the rule's.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.0.confidence = confidence;
        self
    }

    /// What makes this finding this one in its file; must hold no value that could be secret.
    pub fn anchor(mut self, anchor: impl Into<String>) -> Self {
        self.0.anchor = anchor.into();
        self
    }

    /// The edit as data: `replacement` in the place of a value. There is none where it would change anything else, such
    /// as through an anchor.
    pub fn fix(self, description: &str, safe: bool, place: &Place<'_>, replacement: &str) -> Self {
        let edits = place.span.and_then(|span| place.document.replaced(span, replacement));
        self.edits(description, safe, edits)
    }

    /// The edit as data: `name` in the place of that of a key or variable.
    pub fn fix_name(self, description: &str, place: &Place<'_>, name: &str) -> Self {
        let edits = place.span.and_then(|span| place.document.renamed(span, name));
        self.edits(description, false, edits)
    }

    /// Edits as data, where there are any.
    pub fn edits(mut self, description: &str, safe: bool, edits: Option<Vec<Edit>>) -> Self {
        if let Some(edits) = edits.filter(|edits| !edits.is_empty()) {
            let description = description.to_owned();
            self.0.fix = Some(Fix { description, safe, edits, actions: Vec::new() });
        }
        self
    }

    /// Changes that are no replacements of text, where there are any.
    pub fn actions(
        mut self,
        description: impl Into<String>,
        safe: bool,
        actions: Vec<Action>,
    ) -> Self {
        if !actions.is_empty() {
            let description = description.into();
            self.0.fix = Some(Fix { description, safe, edits: Vec::new(), actions });
        }
        self
    }
}

/// Where rules put what they found.
#[derive(Debug, Default)]
pub struct Findings {
    all: Vec<Finding>,
}

impl From<Vec<Finding>> for Findings {
    /// Goes on after `all`.
    fn from(all: Vec<Finding>) -> Self {
        Self { all }
    }
}

impl Findings {
    /// Adds a finding; without a message it says the rule's summary, without an anchor it is known by its line.
    pub fn add(&mut self, draft: Draft) {
        let Draft(mut finding, summary) = draft;
        if finding.message.is_empty() {
            summary.clone_into(&mut finding.message);
        }
        if finding.anchor.is_empty() {
            finding.anchor = anchor_of(&finding.location);
        }
        self.all.push(finding);
    }

    /// Everything added so far.
    #[must_use]
    pub fn into_vec(self) -> Vec<Finding> {
        self.all
    }

    /// Everything added so far.
    #[must_use]
    pub fn as_slice(&self) -> &[Finding] {
        &self.all
    }
}

impl From<Weight> for Severity {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Info => Self::Info,
            Weight::Warning => Self::Warning,
            Weight::Error => Self::Error,
        }
    }
}
