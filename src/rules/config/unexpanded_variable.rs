//! `config/unexpanded-variable`: a reference that stays literal text where it stands.

use super::keys::{Key, in_force, walk};
use super::references::{
    Form, Reader, Reference, is_expanded, of_key, platform, reader, references,
};
use crate::deployment::{Home, Job};
use crate::document::{Document, Kind, Place, Standing, StateFile};
use crate::facts::{Holds, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};
use crate::secrets::{is_secret_name, is_secret_name_in_credential_block};

/// A reference to a variable is not expanded where it stands.
pub struct UnexpandedVariable;

/// Of more references for one reason the rest are counted.
const EACH: usize = 5;

impl HomeRule for UnexpandedVariable {
    const META: RuleMeta = RuleMeta {
        id: "config/unexpanded-variable",
        summary: "a reference to a variable stays literal text",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[1188, 798],
        since: "0.1.0",
        page: page!("config/unexpanded-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts();
        let mut found: Vec<Case<'_>> = Vec::new();
        walk(home, |key| {
            if facts.inert().key(&key.path).is_some() {
                return false;
            }
            let reader = reader(home, &key.path);
            // A template's own marks are not judged, nor what lies in a folder of templates.
            for (reference, place) in of_key(key) {
                if reference.form == Form::Braces && is_template(key.document) {
                    continue;
                }
                found.extend(Case::new(home, key, reader, reference, place));
            }
            if reader != Reader::Own
                && let [Reference { form: Form::Braced | Form::Scoped | Form::WithDefault, name }] =
                    references(key.name()).as_slice()
            {
                findings.add(a_key(home, key, name));
            }
            true
        });
        found.sort_by_key(|case| (case.severity, case.why.clone()));
        for group in found.chunk_by(|a, b| (a.severity, &a.why) == (b.severity, &b.why)) {
            let shown = if group.len() > EACH { 1 } else { group.len() };
            for case in group.iter().take(shown) {
                findings.add(case.draft(home, group.len() - shown));
            }
        }
        for document in home.inside().iter().copied() {
            state_file(home, document, findings);
            token_file(home, document, findings);
        }
        for job in home.jobs() {
            job_address(home, &job, findings);
        }
    }
}

/// A reference that stays as it is, at least in some release in question.
struct Case<'d> {
    place: Place<'d>,
    severity: Severity,
    confidence: Confidence,
    message: String,
    why: String,
    help: String,
    note: Option<&'static str>,
}

impl<'d> Case<'d> {
    fn new(
        home: &Home<'_>,
        key: &Key<'_, 'd>,
        reader: Reader,
        reference: Reference<'d>,
        place: Place<'d>,
    ) -> Option<Self> {
        let holds = is_expanded(home, reader, reference.form);
        let when = match &holds {
            Holds::Always => return None,
            Holds::Never => String::new(),
            Holds::Depends { text } => text.replace("from ", "before ").replace(" on", ""),
        };
        let secret = is_secret(key);
        let own = (reader == Reader::Platform && secret)
            .then(|| overrides(home, &key.path, reference.name))
            .is_some_and(|wins| wins);
        let severity = match (&holds, reader, secret, own) {
            (_, _, _, true) | (Holds::Depends { .. }, _, false, _) => Severity::Info,
            (Holds::Depends { .. }, _, true, _) => Severity::Warning,
            (_, Reader::Platform, true, _) => Severity::Error,
            _ => Severity::Warning,
        };
        let what = match (reader, secret) {
            (Reader::Platform, true) if own => {
                "unless the variable is set, the text itself is the secret"
            }
            (Reader::Platform, true) => "the text itself is the secret, and everybody knows it",
            (_, true) => "the text itself is sent as the key",
            _ => "the text itself is the value",
        };
        let stays = if when.is_empty() {
            "stays as it is".to_owned()
        } else {
            format!("stays as it is {when}")
        };
        let why = why(reader, reference.form).to_owned();
        Some(Self {
            message: format!("`{}`: {why}, so the reference {stays}: {what}", place.route),
            place,
            severity,
            confidence: match reference.form {
                Form::Bare | Form::Percent | Form::Braces => Confidence::Medium,
                _ => Confidence::High,
            },
            why,
            help: help(home, key, reader, reference),
            note: own.then_some("when the variable is set, the gateway takes it from there and this line has no effect"),
        })
    }

    fn draft(&self, home: &Home<'_>, more: usize) -> Draft {
        let mut draft = UnexpandedVariable::META
            .at(&self.place)
            .severity(in_force(home, self.severity))
            .confidence(self.confidence)
            .message(self.message.clone())
            .label("not expanded here")
            .help(self.help.clone())
            .notes(self.note.map(str::to_owned));
        if more > 0 {
            draft =
                draft.note(format!("{more} more references stay as they are for the same reason"));
        }
        draft
    }
}

fn why(reader: Reader, form: Form) -> &'static str {
    match (form, reader) {
        (Form::WithDefault, _) => "config.yaml knows no `:-` defaults",
        (Form::Bare, _) => "config.yaml expands `${NAME}`, not `$NAME`",
        (Form::Percent, _) => "config.yaml expands `${NAME}`, not `%NAME%`",
        (Form::Braces, _) => "config.yaml expands `${NAME}`, not `{{ }}`",
        (_, Reader::Platform) => "platform settings are not expanded",
        (_, Reader::Raw) => "this list is read as it is",
        (Form::Scoped, _) => "only MCP servers take `${env:NAME}`",
        (Form::Braced, _) => "this is not expanded",
    }
}

fn help(home: &Home<'_>, key: &Key<'_, '_>, reader: Reader, reference: Reference<'_>) -> String {
    let name = reference.name;
    match reader {
        Reader::Platform if is_secret(key) => {
            let spec = platform(home, &key.path).and_then(|id| {
                home.knowledge.facts().platforms().platforms.iter().find(|spec| spec.id == id)
            });
            let variable =
                spec.and_then(|spec| spec.secrets.iter().find(|own| own.as_str() == name));
            let is_route = key.path.contains(&"routes");
            match (variable.or_else(|| spec?.secrets.first()), is_route) {
                (Some(variable), false) => {
                    format!("remove the line, and set it in ~/.hermes/.env: {variable}=...")
                }
                _ => "from 0.21.5 on write `${NAME}`; before, only a literal works: keep the file at mode 0600"
                    .to_owned(),
            }
        }
        Reader::Platform => {
            format!("write the value itself in place of `${{{name}}}`, or update to 0.21.5")
        }
        Reader::Raw => "write the value itself".to_owned(),
        _ if name.is_empty() => "render the template first, or write `${NAME}`".to_owned(),
        _ => format!("write `${{{name}}}`, and set {name} in ~/.hermes/.env"),
    }
}

/// True when the gateway reads the same variable itself, and lets it win over the line at `path`.
fn overrides(home: &Home<'_>, path: &[&str], name: &str) -> bool {
    let Some(id) = platform(home, path) else { return false };
    let platforms = &home.knowledge.facts().platforms().platforms;
    let own = platforms
        .iter()
        .any(|spec| spec.id == id && spec.secrets.iter().any(|secret| secret == name));
    // The webhook secret is looked at only when its own switch is a variable, too.
    let switched = |name| home.variable(name).is_some_and(|found| found.winner.is_true());
    own && !path.contains(&"routes") && (id != "webhook" || switched("WEBHOOK_ENABLED"))
}

fn is_secret(key: &Key<'_, '_>) -> bool {
    is_secret_name(key.name()) || is_secret_name_in_credential_block(key.name())
}

/// A file of a template folder may hold `{{ }}` in quotes and be YAML already.
fn is_template(document: &Document) -> bool {
    document.standing == Standing::Template
        || document.text.path().display.split('/').any(|folder| folder == "templates")
}

fn a_key(home: &Home<'_>, key: &Key<'_, '_>, name: &str) -> Draft {
    UnexpandedVariable::META
        .at(&key.place())
        .severity(in_force(home, Severity::Warning))
        .message("references are expanded in values only, not in keys: this key stays as it is")
        .label("a key")
        .help(format!("write the value of {name} as the key"))
}

/// Hermes's own JSON files are read as they are.
fn state_file(home: &Home<'_>, document: &Document, findings: &mut Findings) {
    let Kind::State(StateFile::Gateway | StateFile::Webhooks, structured) = &document.kind else {
        return;
    };
    if document.standing != Standing::Live {
        return;
    }
    structured.walk(|visit| {
        let Some(text) = structured.tree.str(visit.id) else { return };
        let secret = visit.name.is_some_and(|name| {
            is_secret_name(name) || is_secret_name_in_credential_block(name)
        });
        let found = references(text);
        let Some(reference) = found.first().filter(|_| secret) else { return };
        let path: Vec<&str> = visit.path.split('.').collect();
        let own = overrides(home, &path, reference.name);
        let (severity, what) = if own {
            (Severity::Info, "unless the variable is set, the text itself is the secret")
        } else {
            (Severity::Error, "the text itself is the secret, and everybody knows it")
        };
        let place = Place::new(document, structured.tree.span(visit.id), visit.path);
        let certain = home.scope.high < crate::facts::Release::new(0, 21, 5);
        findings.add(
            UnexpandedVariable::META
                .at(&place)
                .severity(in_force(home, severity))
                .confidence(if certain { Confidence::High } else { Confidence::Medium })
                .message(format!(
                    "`{}`: this file is not expanded: {what}",
                    visit.path
                ))
                .label("not expanded here")
                .help("write the secret itself and keep the file at mode 0600, or set the platform's variable"),
        );
    });
}

/// Hermes writes these files itself; a reference in one was written by hand, and is sent as the key.
fn token_file(home: &Home<'_>, document: &Document, findings: &mut Findings) {
    let Kind::State(StateFile::Auth, structured) = &document.kind else { return };
    if document.standing != Standing::Live {
        return;
    }
    structured.walk(|visit| {
        let secret = visit
            .name
            .is_some_and(|name| is_secret_name(name) || is_secret_name_in_credential_block(name));
        let text = structured.tree.str(visit.id).filter(|_| secret).unwrap_or_default();
        let found = references(text);
        let Some(reference) = found.first() else { return };
        let help = match reference.name {
            "" => "sign in again with `hermes auth add`".to_owned(),
            name => {
                format!("remove the entry and set {name} in ~/.hermes/.env, or `hermes auth add`")
            }
        };
        findings.add(
            UnexpandedVariable::META
                .at(&Place::new(document, structured.tree.span(visit.id), visit.path))
                .severity(in_force(home, Severity::Warning))
                .message(format!(
                    "`{}`: this file is not expanded: the text itself is sent as the key",
                    visit.path
                ))
                .label("not expanded here")
                .help(help),
        );
    });
}

fn job_address(home: &Home<'_>, job: &Job<'_>, findings: &mut Findings) {
    let Some((id, url)) = job.get("base_url").zip(job.str("base_url")) else { return };
    let found = references(url);
    let Some(reference) = found.first().filter(|_| !job.is_true("no_agent")) else { return };
    findings.add(
        UnexpandedVariable::META
            .at(&job.place(id, "base_url"))
            .severity(in_force(home, Severity::Info))
            .message(format!(
                "the address of job `{}` is not expanded: `{}` stays as it is and the job fails",
                job.name(),
                reference.name
            ))
            .label("not expanded here")
            .help("write the address itself, or name a provider of config.yaml and set `\"base_url\": null`"),
    );
}
