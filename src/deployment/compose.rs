//! A compose file's services, in the words that rules ask in: ports, mounts, users, variables.
//!
//! Compose expands `${NAME:-default}` where Hermes's own config does not, so every text is read through
//! [`Expanded`]: the default is what runs when nobody sets the variable, and an insecure default hidden
//! there is as good as a plain one.

use crate::document::tree::{NodeId, Tree, Value};
use crate::document::{Document, Place, Structured};

/// A text with compose's variable references resolved as far as the file alone can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text with each `${NAME:-default}` replaced by its default, and each reference without one by
    /// nothing.
    pub text: String,
    /// True when a reference without default was left out: the real value is not known.
    pub open: bool,
    /// True when a default was used.
    pub defaulted: bool,
}

/// Resolves `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}` and `$$`.
#[must_use]
pub fn expand(text: &str) -> Expanded {
    let mut out = Expanded { text: String::new(), open: false, defaulted: false };
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('$') {
            out.text.push('$');
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('{') {
            let Some(end) = closing(inner) else {
                // Compose refuses such a text; looking for later references would cost a pass each.
                out.text.push_str("${");
                out.open |= inner.contains('$');
                rest = inner;
                break;
            };
            let body = inner.get(..end).unwrap_or_default();
            let length = body
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .map(char::len_utf8)
                .sum();
            let tail: &str = body.get(length..).unwrap_or_default();
            match tail.strip_prefix(":-").or_else(|| tail.strip_prefix('-')) {
                Some(default) => {
                    out.defaulted = true;
                    // One level of nesting is what people write; deeper ones stay unknown.
                    if default.contains('$') {
                        out.open = true;
                    } else {
                        out.text.push_str(default);
                    }
                }
                None => out.open = true,
            }
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let length: usize = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .map(char::len_utf8)
                .sum();
            if length == 0 {
                out.text.push('$');
            } else {
                out.open = true;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    out.text.push_str(rest);
    out
}

/// The offset of the `}` that closes a reference, nested ones passed over.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// A port that the host publishes.
#[derive(Clone, Debug)]
pub struct Port<'d> {
    /// Address on the host; `None` for every address.
    pub address: Option<String>,
    /// Port in the container, as text.
    pub target: String,
    /// Where it is written.
    pub place: Place<'d>,
    /// What publishes it.
    pub through: Through,
}

/// What makes a container's port one of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// The host's container engine.
    Host,
    /// A Kubernetes service of this name, on every node.
    NodePort(String),
    /// A Kubernetes service of this name, on an address of its own.
    LoadBalancer(String),
}

impl Port<'_> {
    /// True when the port can be reached from the host itself only.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.address.as_deref().is_some_and(|address| {
            let address = address.trim_start_matches('[').trim_end_matches(']');
            address.starts_with("127.") || address == "::1" || address == "localhost"
        })
    }

    /// True when every address of the host serves it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.address.as_deref().is_none_or(|address| {
            matches!(
                address.trim_start_matches('[').trim_end_matches(']'),
                "" | "0.0.0.0" | "::" | "*"
            )
        })
    }
}

/// A folder or file of the host, or a volume, seen in the container.
#[derive(Clone, Debug)]
pub struct Mount<'d> {
    /// Path on the host, or the volume's name.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// True when the container can't write it.
    pub read_only: bool,
    /// Where it is written.
    pub place: Place<'d>,
}

/// A plain setting of a service.
#[derive(Clone, Debug)]
pub struct Word<'d> {
    /// The text, defaults filled in.
    pub text: String,
    /// Where it is written.
    pub place: Place<'d>,
}

/// One service of a compose file.
#[derive(Clone, Debug)]
pub struct ComposeService<'d> {
    /// Its name.
    pub name: String,
    /// Where the name is written.
    pub place: Place<'d>,
    /// The image.
    pub image: Option<Word<'d>>,
    /// `user:`
    pub user: Option<Word<'d>>,
    /// `ports:`
    pub ports: Vec<Port<'d>>,
    /// `volumes:`
    pub mounts: Vec<Mount<'d>>,
    /// `environment:`, name and value; `None` for a name that is passed on from the outside.
    pub environment: Vec<(String, Option<Expanded>, Place<'d>)>,
    /// Words of `entrypoint:` and `command:`.
    pub command: Vec<Word<'d>>,
    /// Settings that widen what the container may do: `privileged`, `network_mode`, `pid`, `cap_add`...
    pub privileges: Vec<(String, Word<'d>)>,
    /// Files of `env_file:`.
    pub env_files: Vec<Word<'d>>,
    /// True when it builds an image of its own.
    pub builds: bool,
}

impl ComposeService<'_> {
    /// True when the service runs Hermes, by image, command, mount or variables.
    #[must_use]
    pub fn is_hermes(&self) -> bool {
        let names = |text: &str| text.to_ascii_lowercase().contains("hermes");
        self.image.as_ref().is_some_and(|image| names(&image.text))
            || self.command.iter().any(|word| names(&word.text))
            || self
                .mounts
                .iter()
                .any(|mount| mount.source.contains(".hermes") || mount.target.contains(".hermes"))
            || self.environment.iter().any(|(name, ..)| name.starts_with("HERMES_"))
            || (self.builds && names(&self.name))
    }
}

/// The services of a compose file.
#[must_use]
pub fn services<'d>(document: &'d Document, structured: &'d Structured) -> Vec<ComposeService<'d>> {
    let reader = Reader { document, tree: &structured.tree };
    let Some(all) = reader.tree.at("services") else { return Vec::new() };
    reader
        .tree
        .entries(all)
        .iter()
        .filter_map(|entry| {
            let name = reader.tree.str(entry.key)?;
            Some(reader.service(name, entry.key, entry.value))
        })
        .collect()
}

struct Reader<'d> {
    document: &'d Document,
    tree: &'d Tree,
}

impl<'d> Reader<'d> {
    fn service(&self, name: &str, key: NodeId, node: NodeId) -> ComposeService<'d> {
        let route = |setting: &str| format!("services.{name}.{setting}");
        let list = |setting: &str| -> Vec<Word<'d>> {
            let Some(id) = self.tree.get(node, setting) else { return Vec::new() };
            self.words(id, &route(setting))
        };
        let word = |setting: &str| {
            self.tree.get(node, setting).and_then(|id| self.word(id, &route(setting)))
        };
        let mut command = list("entrypoint");
        command.extend(list("command"));
        let privileges = [
            "privileged",
            "network_mode",
            "pid",
            "ipc",
            "userns_mode",
            "cap_add",
            "group_add",
            "security_opt",
            "devices",
        ]
        .into_iter()
        .flat_map(|setting| list(setting).into_iter().map(move |word| (setting.to_owned(), word)))
        .collect();
        ComposeService {
            name: name.to_owned(),
            place: Place::new(self.document, self.tree.span(key), format!("services.{name}")),
            image: word("image"),
            user: word("user"),
            ports: self.ports(node, &route("ports")),
            mounts: self.mounts(node, &route("volumes")),
            environment: self.environment(node, &route("environment")),
            command,
            privileges,
            env_files: list("env_file"),
            builds: self.tree.get(node, "build").is_some(),
        }
    }

    /// A scalar as compose reads it: its text, whatever YAML 1.1 would make of it.
    fn word(&self, id: NodeId, route: &str) -> Option<Word<'d>> {
        let text = self.text(id)?;
        let span = self.tree.span(id);
        Some(Word { text: expand(&text).text, place: Place::new(self.document, span, route) })
    }

    fn text(&self, id: NodeId) -> Option<String> {
        match self.tree.value(id) {
            Value::Str(text) => Some(text.to_string()),
            Value::Seq(_) | Value::Map(_) | Value::Set(_) | Value::Null => None,
            // `22:22` is a sexagesimal number to YAML 1.1 and a port mapping to compose.
            _ => Some(
                String::from_utf8_lossy(self.tree.span(id).of(self.document.text.bytes()))
                    .into_owned(),
            ),
        }
    }

    /// The words of a list, or of a command line written as one text.
    fn words(&self, id: NodeId, route: &str) -> Vec<Word<'d>> {
        if let Some(text) = self.text(id) {
            let place = Place::new(self.document, self.tree.span(id), route);
            return text
                .split_whitespace()
                .map(|word| Word { text: expand(word).text, place: place.clone() })
                .collect();
        }
        self.tree.items(id).iter().filter_map(|&item| self.word(item, route)).collect()
    }

    fn ports(&self, node: NodeId, route: &str) -> Vec<Port<'d>> {
        let Some(id) = self.tree.get(node, "ports") else { return Vec::new() };
        self.tree
            .items(id)
            .iter()
            .filter_map(|&item| {
                let place = Place::new(self.document, self.tree.span(item), route);
                if let Some(text) = self.text(item) {
                    return short_port(&text, place);
                }
                let field = |name: &str| self.tree.get(item, name).and_then(|id| self.text(id));
                // Without `published` only other containers can reach it.
                field("published")?;
                let target = field("target")?;
                let address = field("host_ip").map(|address| expand(&address).text);
                Some(Port { address, target, place, through: Through::Host })
            })
            .collect()
    }

    fn mounts(&self, node: NodeId, route: &str) -> Vec<Mount<'d>> {
        let Some(id) = self.tree.get(node, "volumes") else { return Vec::new() };
        self.tree
            .items(id)
            .iter()
            .filter_map(|&item| {
                let place = Place::new(self.document, self.tree.span(item), route);
                if let Some(text) = self.text(item) {
                    return short_mount(&text, place);
                }
                let field = |name: &str| self.tree.get(item, name).and_then(|id| self.text(id));
                let read_only = self
                    .tree
                    .get(item, "read_only")
                    .is_some_and(|id| *self.tree.value(id) == Value::Bool(true));
                let source = expand(&field("source")?).text;
                Some(Mount {
                    source,
                    target: field("target").unwrap_or_default(),
                    read_only,
                    place,
                })
            })
            .collect()
    }

    fn environment(&self, node: NodeId, route: &str) -> Vec<(String, Option<Expanded>, Place<'d>)> {
        let Some(id) = self.tree.get(node, "environment") else { return Vec::new() };
        let mut all = Vec::new();
        for (number, entry) in self.tree.entries(id).iter().enumerate() {
            let Some(name) = self.tree.str(entry.key) else { continue };
            let (name, route) = variable_name(name, number, route);
            let span = match self.tree.value(entry.value) {
                Value::Null => self.tree.span(entry.key),
                _ => self.tree.span(entry.value),
            };
            let place = Place::new(self.document, span, route);
            all.push((name, self.text(entry.value).map(|text| expand(&text)), place));
        }
        for (number, &item) in self.tree.items(id).iter().enumerate() {
            let Some(text) = self.text(item) else { continue };
            let span = self.tree.span(item);
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(expand(value))),
                None => (text.as_str(), None),
            };
            let (name, route) = variable_name(name, number, route);
            let place = Place::new(self.document, span, route);
            all.push((name, value, place));
        }
        all
    }
}

/// The name and route of entry `number` of `environment:`. What is no name may be a value put there by
/// mistake, a secret even: reports show names, so its number stands in for it.
fn variable_name(text: &str, number: usize, route: &str) -> (String, String) {
    let name = !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if name {
        (text.to_owned(), format!("{route}.{text}"))
    } else {
        (format!("environment[{number}]"), format!("{route}[{number}]"))
    }
}

/// `[[address:]published:]target[/protocol]`; `None` without a published port.
fn short_port<'d>(text: &str, place: Place<'d>) -> Option<Port<'d>> {
    let text = expand(text).text;
    let text = text.split('/').next().unwrap_or_default();
    let (left, target) = text.rsplit_once(':')?;
    let address = if let Some(rest) = left.strip_prefix('[') {
        rest.split_once(']').map(|(address, _)| address.to_owned())
    } else {
        left.rsplit_once(':').map(|(address, _)| address.to_owned())
    };
    Some(Port { address, target: target.to_owned(), place, through: Through::Host })
}

/// `source:target[:options]`; `None` for an anonymous volume.
fn short_mount<'d>(text: &str, place: Place<'d>) -> Option<Mount<'d>> {
    let text = expand(text).text;
    let mut parts = text.split(':');
    let source = parts.next()?.to_owned();
    let target = parts.next()?.to_owned();
    let read_only =
        parts.next().is_some_and(|options| options.split(',').any(|option| option == "ro"));
    Some(Mount { source, target, read_only, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_to_their_defaults() {
        let plain = |text: &str| expand(text).text;
        assert_eq!(plain("${HOST_IP:-127.0.0.1}:8642:8642"), "127.0.0.1:8642:8642");
        assert_eq!(plain("${PORT-8642}:8642"), "8642:8642");
        assert_eq!(plain("a$$b"), "a$b");
        assert_eq!(plain("price: 5$"), "price: 5$");
        assert!(expand("${TOKEN}").open && expand("$TOKEN").open && expand("${T:?missing}").open);
        assert!(expand("${A:-1}").defaulted && !expand("${A:-1}").open);
        assert_eq!(plain("${A:-${B:-c}}x"), "x");
        assert_eq!(plain("${never closed"), "${never closed");
        assert_eq!(plain("a${never ${B:-c}"), "a${never ${B:-c}");
        assert!(expand("${never ${B}").open && !expand("${never").open);
    }

    #[test]
    fn unclosed_references_are_read_in_one_pass() {
        let text = "${".repeat(1 << 20);
        assert_eq!(expand(&text).text, text);
    }

    #[test]
    fn only_a_name_names_a_variable() {
        let route = |text| variable_name(text, 3, "services.a.environment").1;
        assert_eq!(route("API_KEY2"), "services.a.environment.API_KEY2");
        for text in ["sk-abc123", "", "1A", "a b", "q+/x"] {
            assert_eq!(route(text), "services.a.environment[3]");
        }
    }
}
