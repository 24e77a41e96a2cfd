//! What starts Hermes: units, compose services, Kubernetes containers and images, in one vocabulary.

use super::compose::{self, Expanded, Mount, Port, Word};
use super::kubernetes::{self, Pod};
use super::variable::{Variable, VariableSource};
use crate::document::dockerfile::Dockerfile;
use crate::document::unit::{ExecLine, Unit};
use crate::document::{Document, Kind, Place, Standing};

/// What a service is started by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Starter {
    /// A systemd unit of the system.
    SystemUnit,
    /// A systemd unit of one user's session, which can't be root's by omission.
    UserUnit,
    /// A compose service.
    Compose,
    /// A container of a Kubernetes workload.
    Kubernetes,
    /// An image.
    Image,
}

/// One thing that starts Hermes.
#[derive(Clone, Debug)]
pub struct Service<'d> {
    /// The document that describes it.
    pub document: &'d Document,
    /// Name of the unit, compose service or image file.
    pub name: String,
    /// What starts it.
    pub starter: Starter,
    /// The service as a whole.
    pub place: Place<'d>,
    /// The account it runs as, where the file says so.
    pub user: Option<Word<'d>>,
    /// True for systemd's `DynamicUser=yes`.
    pub dynamic_user: bool,
    /// Words of its command lines.
    pub command: Vec<Word<'d>>,
    /// True when its command lines take the place of what the image starts by itself.
    pub replaces_entrypoint: bool,
    /// Variables it sets.
    pub variables: Vec<Variable<'d>>,
    /// Files it reads variables from.
    pub env_files: Vec<Word<'d>>,
    /// Ports that the host publishes.
    pub ports: Vec<Port<'d>>,
    /// Host folders and volumes it sees.
    pub mounts: Vec<Mount<'d>>,
    /// Settings that widen what a container may do.
    pub privileges: Vec<(String, Word<'d>)>,
    /// The image it runs.
    pub image: Option<Word<'d>>,
    /// True for a compose service that builds its image.
    pub builds: bool,
    /// True when it runs Hermes itself, not a neighbour.
    pub is_hermes: bool,
    /// Whether what is said of it is in force: mostly that of its document.
    pub standing: Standing,
    /// What services in the cluster find it by.
    pub pod: Option<Pod>,
}

impl<'d> Service<'d> {
    /// The word of its command lines for which `wanted` holds.
    #[must_use]
    pub fn argument(&self, wanted: impl Fn(&str) -> bool) -> Option<&Word<'d>> {
        self.command.iter().find(|word| wanted(&word.text))
    }

    /// True for the published image, which starts as root and drops to an account of its own.
    #[must_use]
    pub fn drops_privileges(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.text.contains("nousresearch/hermes"))
    }

    /// What it is called in the words of its file.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        if self.starter == Starter::Kubernetes { "container" } else { "service" }
    }
}

/// The services that `document` describes.
#[must_use]
pub fn services(document: &Document) -> Vec<Service<'_>> {
    match &document.kind {
        Kind::Unit(unit) => from_unit(document, unit).into_iter().collect(),
        Kind::Compose(structured) => {
            let mut all: Vec<_> = compose::services(document, structured)
                .into_iter()
                .map(|service| from_compose(document, service))
                .collect();
            // A compose file named for Hermes with one service runs Hermes, whatever its image is called.
            let named = document.text.path().identity.to_ascii_lowercase().contains("hermes");
            if let [only] = all.as_mut_slice() {
                only.is_hermes |=
                    named && only.image.as_ref().is_none_or(|image| image.text.is_empty());
            }
            all
        }
        Kind::Dockerfile(dockerfile) => vec![from_dockerfile(document, dockerfile)],
        _ => kubernetes::services(document),
    }
}

fn from_unit<'d>(document: &'d Document, unit: &'d Unit) -> Option<Service<'d>> {
    let path = document.text.path();
    let name = path.file_name().to_owned();
    // A timer starts a service of its own name, which has a file of its own.
    let section = unit.sections.iter().find(|section| section.name == "Service")?;
    let lines = unit.exec_lines();
    let starter =
        if is_user_unit(document, unit, &lines) { Starter::UserUnit } else { Starter::SystemUnit };
    let command: Vec<Word<'d>> = lines
        .into_iter()
        .filter(|line| line.directive.key.starts_with("ExecStart"))
        .flat_map(|line| {
            line.argv
                .into_iter()
                .map(|word| Word {
                    place: Place::new(
                        document,
                        word.span,
                        format!("Service.{}", line.directive.key),
                    ),
                    text: word.text,
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let directive = |section: &str, key: &str| {
        unit.last(section, key).map(|directive| Word {
            text: directive.value().to_owned(),
            place: Place::new(document, directive.value_span, format!("{section}.{key}")),
        })
    };
    let variables = unit
        .environment()
        .iter()
        .map(|assignment| Variable {
            known: true,
            source: VariableSource::Service,
            place: Place::new(
                document,
                assignment.value_span,
                format!("Environment.{}", assignment.name),
            ),
            name: assignment.name.clone(),
            value: assignment.value.clone(),
        })
        .collect();
    let env_files = unit
        .values("Service", "EnvironmentFile")
        .into_iter()
        .map(|directive| Word {
            text: directive.value().trim_start_matches('-').to_owned(),
            place: Place::new(document, directive.value_span, "Service.EnvironmentFile"),
        })
        .collect();
    // A drop-in (`hermes-gateway.service.d/override.conf`) changes a unit that is named in its path only.
    let drop_in = command.is_empty() && names_hermes(&document.text.path().identity);
    // What looks after Hermes's logs is not Hermes, though it names them.
    let is_hermes = drop_in
        || (command.iter().any(|word| names_hermes(&word.text))
            && !command.first().is_some_and(|program| is_linter(&program.text)));
    Some(Service {
        document,
        starter,
        place: Place::new(document, section.span, "Service"),
        user: directive("Service", "User"),
        dynamic_user: directive("Service", "DynamicUser")
            .is_some_and(|word| matches!(word.text.as_str(), "yes" | "true" | "1" | "on")),
        command,
        replaces_entrypoint: false,
        variables,
        env_files,
        ports: Vec::new(),
        mounts: Vec::new(),
        privileges: Vec::new(),
        image: None,
        builds: false,
        is_hermes,
        standing: document.standing,
        pod: None,
        name,
    })
}

/// A session's unit: by its folder, its target, or a home folder that only a session can mean.
fn is_user_unit(document: &Document, unit: &Unit, lines: &[ExecLine<'_>]) -> bool {
    let path = &document.text.path().identity;
    path.contains("systemd/user/")
        || path.contains(".config/systemd/")
        || unit
            .values("Install", "WantedBy")
            .iter()
            .any(|wanted| wanted.value() == "default.target")
        || (unit.last("Service", "User").is_none()
            && lines.iter().any(|line| line.argv.iter().any(|word| word.text.contains("%h"))))
}

/// True for this program.
pub(super) fn is_linter(program: &str) -> bool {
    program.rsplit('/').next() == Some("hermes-lint")
}

/// True for a program or path of Hermes's: `hermes`, `/opt/hermes/bin/hermes`, `-m hermes_cli.main`.
fn names_hermes(word: &str) -> bool {
    word.to_ascii_lowercase().contains("hermes")
}

fn from_compose<'d>(document: &'d Document, service: compose::ComposeService<'d>) -> Service<'d> {
    let is_hermes = service.is_hermes();
    let variables = service
        .environment
        .into_iter()
        .filter_map(|(name, value, place)| {
            let Expanded { text, open, .. } = value?;
            Some(Variable {
                name,
                value: text,
                known: !open,
                source: VariableSource::Service,
                place,
            })
        })
        .collect();
    Service {
        document,
        name: service.name,
        starter: Starter::Compose,
        place: service.place,
        user: service.user,
        dynamic_user: false,
        command: service.command,
        replaces_entrypoint: false,
        variables,
        env_files: service.env_files,
        ports: service.ports,
        mounts: service.mounts,
        privileges: service.privileges,
        image: service.image,
        builds: service.builds,
        is_hermes,
        standing: document.standing,
        pod: None,
    }
}

fn from_dockerfile<'d>(document: &'d Document, dockerfile: &'d Dockerfile) -> Service<'d> {
    let word = |word: &crate::document::shell_words::Word, route: &str| Word {
        text: word.text.clone(),
        place: Place::new(document, word.span, route),
    };
    let instructions = dockerfile.final_instructions();
    let command: Vec<Word<'d>> = instructions
        .iter()
        .filter(|instruction| matches!(instruction.keyword.as_str(), "CMD" | "ENTRYPOINT"))
        .flat_map(|instruction| {
            instruction.words().iter().map(|argument| word(argument, &instruction.keyword))
        })
        .collect();
    let variables: Vec<Variable<'d>> = dockerfile
        .env()
        .into_iter()
        .map(|pair| {
            let Expanded { text: value, open, .. } =
                compose::expand(pair.value.as_deref().unwrap_or_default());
            Variable {
                known: !open,
                source: VariableSource::Service,
                place: Place::new(document, pair.value_span, format!("ENV.{}", pair.name)),
                name: pair.name.clone(),
                value,
            }
        })
        .collect();
    let stage = dockerfile.stages.last();
    let image = stage.and_then(|stage| stage.base.as_ref()).map(|base| word(base, "FROM"));
    let is_hermes = command.iter().any(|word| names_hermes(&word.text))
        || image.as_ref().is_some_and(|image| names_hermes(&image.text))
        || variables.iter().any(|variable| variable.name.starts_with("HERMES_"))
        || instructions.iter().any(|instruction| {
            instruction.keyword == "RUN"
                && instruction.words().iter().any(|word| word.text.contains("hermes-agent"))
        });
    let whole = instructions.first().map_or_else(
        || Place::whole(document),
        |first| Place::new(document, first.keyword_span, first.keyword.clone()),
    );
    Service {
        document,
        name: document.text.path().file_name().to_owned(),
        starter: Starter::Image,
        place: whole,
        user: dockerfile.user().map(|user| word(user, "USER")),
        dynamic_user: false,
        command,
        replaces_entrypoint: false,
        variables,
        env_files: Vec::new(),
        ports: Vec::new(),
        mounts: Vec::new(),
        privileges: Vec::new(),
        image,
        builds: false,
        is_hermes,
        standing: document.standing,
        pod: None,
    }
}
