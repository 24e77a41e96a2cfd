//! `host/root-service`: Hermes runs as root.

use super::{in_service, in_template};
use crate::deployment::{Home, Service, Starter};
use crate::document::unit::Unit;
use crate::document::{Document, Kind};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};

/// What says that the gateway may run as root.
const ALLOW: &str = "HERMES_ALLOW_ROOT_GATEWAY";
/// Programs that a container's start script gives root up with.
const DROPPERS: &[&str] =
    &["gosu", "su-exec", "setpriv", "s6-setuidgid", "runuser", "chpst", "tini-su"];

/// Commands of the `hermes` program that stay, or that a unit starts.
const TASKS: &[&str] = &["gateway", "chat", "cron", "dashboard", "serve", "acp", "mcp"];

/// Hermes is started as root.
pub struct RootService;

impl HomeRule for RootService {
    const META: RuleMeta = RuleMeta {
        id: "host/root-service",
        summary: "the agent runs as root",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["non-root-user"],
        cwe: &[250],
        since: "0.1.0",
        page: page!("host/root-service"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let allowed = home.variable(ALLOW).map(|effective| effective.winner).filter(|variable| {
            variable.known
                && home
                    .knowledge
                    .facts()
                    .environment()
                    .control(ALLOW)
                    .is_some_and(|control| control.is_lax(&variable.value))
        });
        let mut explained = false;
        for service in home.services() {
            let draft = match service.starter {
                Starter::UserUnit => None,
                Starter::SystemUnit => unit(service),
                Starter::Compose => compose(service),
                Starter::Kubernetes => kubernetes(service),
                Starter::Image => image(service),
            };
            let Some(mut draft) = draft else { continue };
            if let Some(variable) = allowed {
                let same = std::ptr::eq(variable.place.document, service.document);
                if same {
                    draft = draft.related(&variable.place, "Hermes's own check against it is off");
                    explained = true;
                }
            }
            findings.add(draft);
        }
        if let Some(variable) = allowed.filter(|_| !explained) {
            let gain = if in_container(home, variable.place.document) {
                "is root of the container"
            } else {
                "owns the machine"
            };
            findings.add(
                Self::META
                    .at(&variable.place)
                    .severity(in_template(&variable.place, Severity::Error))
                    .message(format!("the gateway is allowed to run as root: whoever gets a command past it {gain}"))
                    .label("root is allowed")
                    .help(format!("drop {ALLOW}, and run the gateway as an account of its own")),
            );
        }
    }
}

/// True when what `document` sets holds in a container: it describes one, or only containers start Hermes.
fn in_container(home: &Home<'_>, document: &Document) -> bool {
    let mut starters = home.services().iter().filter(|service| service.is_hermes).peekable();
    let container = |service: &Service<'_>| {
        matches!(service.starter, Starter::Compose | Starter::Kubernetes | Starter::Image)
    };
    matches!(document.kind, Kind::Compose(_) | Kind::Dockerfile(_))
        || (starters.peek().is_some() && starters.all(container))
}

fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default().trim();
    matches!(name, "root" | "0")
}

/// What a unit starts, as far as its command lines show.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Runs {
    /// A script or program that lies in a folder of the deployment.
    Script,
    /// Hermes itself.
    Hermes,
}

/// What the command lines of `unit` start; `None` for a neighbour's.
fn runs(unit: &Unit) -> Option<Runs> {
    unit.exec_lines()
        .iter()
        .filter(|line| line.directive.key.starts_with("ExecStart"))
        .filter_map(|line| {
            let words: Vec<&str> = line.argv.iter().map(|word| word.text.as_str()).collect();
            // `sh -c "cd /srv && exec hermes gateway run"` has its commands in one word.
            let inner = words.iter().filter(|word| word.contains(' ')).flat_map(|word| {
                word.split([';', '&', '|', '\n']).map(|part| part.split_whitespace().collect())
            });
            std::iter::once(words.clone())
                .chain(inner)
                .filter_map(|words: Vec<&str>| command(&words))
                .max()
        })
        .max()
}

/// What one command starts.
fn command(words: &[&str]) -> Option<Runs> {
    let at = words.iter().position(|word| !is_wrapper(word))?;
    let words = words.get(at..)?;
    let (program, arguments) = words.split_first()?;
    // Whom a container's processes run as is for its own file to say.
    if matches!(base(program), "docker" | "podman" | "docker-compose") {
        return None;
    }
    let module =
        arguments.windows(2).any(|pair| matches!(pair, ["-m", module] if is_module(module)));
    let interpreted = base(program).starts_with("python")
        && arguments
            .iter()
            .find(|word| !word.starts_with('-'))
            .is_some_and(|word| is_program(word));
    let wrapped = words
        .windows(2)
        .any(|pair| matches!(pair, [name, task] if base(name) == "hermes" && TASKS.contains(task)));
    if is_program(program) || module || interpreted || wrapped {
        return Some(Runs::Hermes);
    }
    let script = |word: &&str| {
        let name = base(word);
        word.starts_with(['/', '%', '~'])
            && word.contains("hermes")
            && name != "hermes-lint"
            && (name.ends_with(".sh") || name.ends_with(".py") || word.contains("/bin/"))
    };
    words.iter().any(script).then_some(Runs::Script)
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}

/// True for what only prepares the command that follows.
fn is_wrapper(word: &str) -> bool {
    matches!(base(word), "env" | "exec" | "nohup" | "nice" | "ionice" | "sudo")
        || word.starts_with('-')
        || (word.contains('=') && !word.starts_with('/'))
}

fn is_program(word: &str) -> bool {
    let name = base(word);
    name == "hermes"
        || (name.starts_with("hermes-") && !name.contains('.') && name != "hermes-lint")
        || name.starts_with("hermes_cli")
}

fn is_module(name: &str) -> bool {
    ["hermes_cli", "hermes_agent"].contains(&name.split('.').next().unwrap_or_default())
        || name == "gateway.run"
}

fn unit(service: &Service<'_>) -> Option<Draft> {
    let Kind::Unit(unit) = &service.document.kind else { return None };
    let runs = runs(unit).filter(|_| !service.dynamic_user)?;
    let severity = if runs == Runs::Hermes { Severity::Error } else { Severity::Warning };
    let draft = |place| {
        RootService::META.at(place).severity(severity).help(
            "create an account (`useradd --system hermes`) and write `User=hermes` under [Service]",
        )
    };
    if let Some(user) = &service.user {
        return is_root(&user.text).then(|| {
            draft(&user.place)
                .message(match runs {
                    Runs::Hermes => "the unit runs Hermes as root: a prompt injection that reaches the terminal owns the machine",
                    Runs::Script => "the unit runs a script of this deployment as root",
                })
                .label("runs as root")
        });
    }
    let root_paths = service
        .command
        .iter()
        .chain(&service.env_files)
        .map(|word| word.text.as_str())
        .chain(service.variables.iter().map(|variable| variable.value.as_str()))
        .any(|text| text.contains("/root/") || text.ends_with("/root"));
    let at_boot = unit.values("Install", "WantedBy").iter().any(|wanted| {
        wanted.value().split_whitespace().any(|target| target == "multi-user.target")
    });
    let certain = root_paths || at_boot;
    let draft = draft(&service.place)
        .message(match runs {
            Runs::Hermes => "a system unit without `User=` runs Hermes as root",
            Runs::Script => "the unit runs a script of this deployment as root",
        })
        .label("no User= below");
    Some(if certain {
        draft
    } else {
        draft
            .severity(Severity::Warning)
            .confidence(Confidence::Medium)
            .note("as a unit of a user's session it would be fine: nothing in it says which it is")
    })
}

fn compose(service: &Service<'_>) -> Option<Draft> {
    let user = service.user.as_ref().filter(|_| service.is_hermes)?;
    if !is_root(&user.text) {
        return None;
    }
    let draft = RootService::META
        .at(&user.place)
        .message(format!("the service `{}` runs Hermes as root of its container", service.name))
        .label("root in the container");
    Some(if service.drops_privileges() {
        draft.help("leave `user:` out and set HERMES_UID: this image starts as root and drops to that account by itself")
    } else {
        draft.help("write `user: \"10001:10001\"`, and give that account the mounted home")
    })
}

fn kubernetes(service: &Service<'_>) -> Option<Draft> {
    let user = service.user.as_ref().filter(|user| user.text == "0")?;
    // It has to start as root, and gives that up by itself.
    if service.drops_privileges() && !service.replaces_entrypoint {
        return None;
    }
    let draft = RootService::META
        .at(&user.place)
        .severity(in_service(service, Severity::Error))
        .message(format!("the container `{}` runs Hermes as root", service.name))
        .label("root in the container");
    Some(if service.drops_privileges() {
        draft.help("drop `command:`, so that the image's own start script drops root, or write `runAsUser: 10001`")
    } else {
        draft.help("write `runAsUser: 10001` and `runAsNonRoot: true`, and `fsGroup: 10001` for the mounted home")
    })
}

fn image(service: &Service<'_>) -> Option<Draft> {
    let Kind::Dockerfile(dockerfile) = &service.document.kind else { return None };
    if !service.is_hermes {
        return None;
    }
    let says = |words: &[&str]| {
        dockerfile
            .instructions
            .iter()
            .any(|instruction| words.iter().any(|word| instruction.arguments.text().contains(word)))
    };
    let official = dockerfile
        .stages
        .iter()
        .filter_map(|stage| stage.base.as_ref())
        .any(|base| base.text.contains("nousresearch/hermes"));
    if official {
        return None;
    }
    let draft = |place| {
        RootService::META
            .at(place)
            .severity(Severity::Warning)
            .message("the image runs Hermes as root of its container")
            .help("end the Dockerfile with `RUN useradd --uid 10001 hermes` and `USER 10001`")
    };
    match &service.user {
        Some(user) if is_root(&user.text) => {
            Some(draft(&user.place).label("root is the last word"))
        }
        Some(_) => None,
        // The base image may set an account, and a start script may drop to one.
        None if says(DROPPERS) => None,
        None => {
            let base = service.image.as_ref()?;
            let known = !base.text.contains('$');
            let draft = draft(&base.place).label("no USER follows").confidence(Confidence::Medium);
            known.then(|| draft.note("unless the base image sets an account: most do not"))
        }
    }
}
