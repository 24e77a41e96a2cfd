//! Tools around a deployment, by the words that name them: credential scanners, log forwarders, updaters.
//!
//! Words are looked for in the text as it is: a hook says `gitleaks` in a repository's address, an id or a
//! command line, and all three count. That a comment could name one, too, is accepted.

use serde::Deserialize;

/// The file `tooling.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tooling {
    /// Credential scanners, lower case.
    pub scanners: Vec<String>,
    /// What sends logs to another machine, lower case.
    pub forwarders: Vec<String>,
    /// What moves versions forward, lower case.
    pub updaters: Vec<String>,
    /// Containers that stand beside Hermes and run something else, by a word of their image, lower case.
    pub neighbours: Vec<String>,
    /// Programs that lead others to a port of the machine.
    pub tunnels: Vec<Tunnel>,
    /// Words of proxies after which somebody is asked who they are.
    pub logins: Vec<String>,
    /// Lines of a unit that take something away from commands and break nothing that an agent does.
    pub sandbox: Vec<String>,
}

/// A program that leads others to a port, by its command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    /// As people call it.
    pub name: String,
    /// Name of the program, and of its image.
    pub program: String,
    /// Words of which one must stand behind it.
    pub verbs: Vec<String>,
    /// Words with which it passes bytes: nothing checks a name then.
    #[serde(default)]
    pub raw: Vec<String>,
    /// Who gets there.
    pub reach: Reach,
    /// Options that set the name under which the port is asked.
    pub host: Vec<String>,
    /// Options after which somebody is asked who they are.
    pub login: Vec<String>,
}

/// Who gets to a port through a tunnel or a proxy.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Whoever knows the address.
    Everybody,
    /// The machines of one network.
    Tailnet,
    /// Whoever reaches the proxy; where that stands is not known.
    Proxy,
}

impl Tooling {
    /// The word in `text` that names a credential scanner.
    #[must_use]
    pub fn scanner(&self, text: &[u8]) -> Option<&str> {
        named(&self.scanners, text)
    }

    /// The word in `text` that names a log forwarder.
    #[must_use]
    pub fn forwarder(&self, text: &[u8]) -> Option<&str> {
        named(&self.forwarders, text)
    }

    /// The word in `text` that names an updater.
    #[must_use]
    pub fn updater(&self, text: &[u8]) -> Option<&str> {
        named(&self.updaters, text)
    }

    /// True for the image of a program that only stands beside Hermes.
    #[must_use]
    pub fn is_neighbour(&self, image: &str) -> bool {
        named(&self.neighbours, image.as_bytes()).is_some()
    }
}

fn named<'w>(words: &'w [String], text: &[u8]) -> Option<&'w str> {
    let text = text.to_ascii_lowercase();
    let says = |word: &&String| memchr::memmem::find(&text, word.as_bytes()).is_some();
    words.iter().find(says).map(String::as_str)
}
