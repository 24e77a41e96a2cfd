//! What leads to a port: command lines of tunnels, and the configuration of nginx, Caddy, ngrok and cloudflared.
//!
//! Only what stands in the file is known: a login that is set at the provider, or in an included file, is not seen.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::tree::{NodeId, Tree, Value};
use super::yaml;
use crate::facts::{Reach, Tooling, Tunnel};
use crate::span::Span;

/// Blocks around a directive that are looked at.
const DEPTH: usize = 32;

/// Something that passes requests on to a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// What does.
    pub by: String,
    /// The port it leads to.
    pub port: u16,
    /// True when that is a port of the machine that it runs on.
    pub local: bool,
    /// Who gets there.
    pub reach: Reach,
    /// True when the port is asked under its own name, or no name is needed.
    pub own_name: bool,
    /// True when somebody is asked who they are.
    pub login: bool,
    /// Where it says so.
    pub span: Span,
}

/// The forwards in the file called `name`.
#[must_use]
pub fn read(name: &str, bytes: &[u8], tooling: &Tooling) -> Vec<Forward> {
    if is_caddy(name) {
        return Blocks::read(bytes, true).caddy(tooling);
    }
    if is_yaml(name) {
        return yaml::parse(bytes).map(|tree| of_yaml(&tree, tooling)).unwrap_or_default();
    }
    Blocks::read(bytes, false).nginx(tooling)
}

/// True for names under which forwards are looked for.
#[must_use]
pub fn is_named(name: &str, folder: &str) -> bool {
    let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| !rest.is_empty());
    is_caddy(name)
        || ends(".conf")
        || ends(".nginx")
        || matches!(name, "ngrok.yml" | "ngrok.yaml")
        || folder.ends_with("sites-enabled")
        || folder.ends_with("sites-available")
}

fn is_caddy(name: &str) -> bool {
    name == "Caddyfile" || name.starts_with("Caddyfile.") || name.ends_with(".caddy")
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// What the command line `words` leads to: its place is for the caller to say.
#[must_use]
pub fn of_command(words: &[&str], tooling: &Tooling) -> Option<Forward> {
    let (at, tunnel): (usize, &Tunnel) = words.iter().enumerate().find_map(|(at, word)| {
        let name = word.rsplit('/').next().unwrap_or_default();
        let name = name.split([':', '@']).next().unwrap_or_default();
        let rest = words.get(at + 1..).unwrap_or_default();
        let fits = |tunnel: &&Tunnel| {
            tunnel.program == name && rest.iter().any(|word| is_option(word, &tunnel.verbs))
        };
        Some((at, tooling.tunnels.iter().find(fits)?))
    })?;
    let rest = words.get(at + 1..).unwrap_or_default();
    let values = rest.iter().map(|word| word.split_once('=').map_or(*word, |(_, value)| value));
    // `--host-header=localhost:9119` names a port, too, and leads nowhere.
    let of_host = |at: usize| {
        let own = rest.get(at).is_some_and(|word| is_option(word, &tunnel.host));
        let before = at.checked_sub(1).and_then(|at| rest.get(at));
        own || before.is_some_and(|word| !word.contains('=') && is_option(word, &tunnel.host))
    };
    let (port, local) =
        values.enumerate().filter(|(at, _)| !of_host(*at)).find_map(|(_, value)| target(value))?;
    let any = |options: &[String]| rest.iter().any(|word| is_option(word, options));
    Some(Forward {
        by: tunnel.name.clone(),
        port,
        local,
        reach: tunnel.reach,
        own_name: any(&tunnel.raw) || any(&tunnel.host),
        login: any(&tunnel.login),
        span: Span::default(),
    })
}

/// True for one of `options`, with a value or without.
fn is_option(word: &str, options: &[String]) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    options.iter().any(|option| option == name)
}

/// The port that `9119`, `localhost:9119` or `http://127.0.0.1:9119/x` means, and whether it is this machine's.
fn target(text: &str) -> Option<(u16, bool)> {
    let text = text.trim_matches(['"', '\'']);
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let address = rest.split(['/', '?']).next()?;
    let (host, port) = address.rsplit_once(':').unwrap_or(("", address));
    Some((port.parse().ok()?, is_local(host)))
}

fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.is_empty()
        || host.starts_with("127.")
        || host == "::1"
        || host.eq_ignore_ascii_case("localhost")
}

/// True for a name that the port takes for its own, as the text of a setting.
fn is_own_name(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let host = value.rsplit_once(':').map_or(value, |(host, _)| host);
    (is_local(host) && !value.is_empty())
        || value == "rewrite"
        || value == "$proxy_host"
        || value.starts_with("{upstream_host")
        || value.starts_with("{http.reverse_proxy.upstream.host")
}

fn of_yaml(tree: &Tree, tooling: &Tooling) -> Vec<Forward> {
    let mut found = Vec::new();
    let scalar = |id: NodeId| match tree.value(id) {
        Value::Int(number) => Some(number.to_string()),
        Value::Str(text) => Some(text.to_string()),
        _ => None,
    };
    let login = |id: NodeId| {
        let says = |entry: &super::tree::Entry| {
            tree.str(entry.key).is_some_and(|key| tooling.logins.iter().any(|word| word == key))
        };
        tree.entries(id).iter().any(says)
    };
    let named = |id: Option<NodeId>| id.and_then(scalar).is_some_and(|name| is_own_name(&name));
    let mut add = |by: &str, at: NodeId, own_name: bool, login: bool| {
        let Some((port, local)) = scalar(at).as_deref().and_then(target) else { return };
        let (by, span, reach) = (by.to_owned(), tree.span(at), Reach::Everybody);
        found.push(Forward { by, port, local, reach, own_name, login, span });
    };
    for &rule in tree.at("ingress").map(|id| tree.items(id)).unwrap_or_default() {
        let Some(service) = tree.get(rule, "service") else { continue };
        if tree.str(service).is_some_and(|text| text.starts_with("http_status")) {
            continue;
        }
        let own = |id: NodeId| tree.get(id, "originRequest");
        let settings = [own(rule), tree.at("originRequest")];
        let host = settings.iter().flatten().find_map(|id| tree.get(*id, "httpHostHeader"));
        let login = settings.iter().flatten().any(|id| login(*id));
        add("a Cloudflare tunnel", service, named(host), login);
    }
    for entry in tree.at("tunnels").map(|id| tree.entries(id)).unwrap_or_default() {
        let Some(address) = tree.get(entry.value, "addr") else { continue };
        // Bytes are passed on as they are: whoever sends them chooses the name.
        let raw = tree.get(entry.value, "proto").is_some_and(|id| tree.str(id) == Some("tcp"));
        let host = tree.get(entry.value, "host_header");
        add("ngrok", address, raw || named(host), login(entry.value));
    }
    for &endpoint in tree.at("endpoints").map(|id| tree.items(id)).unwrap_or_default() {
        let Some(address) = tree.get(endpoint, "upstream").and_then(|id| tree.get(id, "url"))
        else {
            continue;
        };
        add("ngrok", address, false, login(endpoint));
    }
    found
}

/// A word of a configuration, with its place.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    span: Span,
}

/// A block in braces, with what stands before it and the statements in it.
#[derive(Debug, Default)]
struct Block {
    parent: usize,
    head: Vec<Word>,
    statements: Vec<Vec<Word>>,
}

/// The blocks of nginx's and Caddy's configuration; the first is the file.
#[derive(Debug)]
struct Blocks(Vec<Block>);

impl Blocks {
    /// Reads `bytes`; `lines`: a line is a statement, as Caddy has it, instead of what ends with `;`.
    fn read(bytes: &[u8], lines: bool) -> Self {
        let text = String::from_utf8_lossy(bytes);
        // Places would be wrong in a text that had to be mended.
        let text = if text.len() == bytes.len() { text } else { "".into() };
        let mut blocks = vec![Block::default()];
        let (mut at, mut words): (usize, Vec<Word>) = (0, Vec::new());
        let mut line_start = 0;
        for line in text.split_inclusive('\n') {
            let mut rest = line;
            loop {
                let trimmed = rest.trim_start();
                let start = line_start + line.len() - trimmed.len();
                let Some(first) = trimmed.chars().next().filter(|first| *first != '#') else {
                    break;
                };
                let quoted = matches!(first, '"' | '\'' | '`');
                let length = if quoted {
                    let inner = trimmed.get(1..).unwrap_or_default();
                    inner.find(first).map_or(trimmed.len(), |end| end + 2)
                } else if matches!(first, ';' | '}') || (first == '{' && is_brace(trimmed)) {
                    1
                } else {
                    let ends =
                        |c: char| c.is_whitespace() || (!lines && matches!(c, ';' | '{' | '}'));
                    trimmed.find(ends).unwrap_or(trimmed.len()).max(1)
                };
                let word = trimmed.get(..length).unwrap_or(trimmed);
                rest = trimmed.get(length..).unwrap_or_default();
                match word {
                    ";" if !lines => end(&mut blocks, at, &mut words),
                    "{" => {
                        blocks.push(Block {
                            parent: at,
                            head: std::mem::take(&mut words),
                            statements: Vec::new(),
                        });
                        at = blocks.len() - 1;
                    }
                    "}" => {
                        end(&mut blocks, at, &mut words);
                        at = blocks.get(at).map_or(0, |block| block.parent);
                    }
                    text => words.push(Word {
                        text: text.trim_matches(['"', '\'', '`']).to_owned(),
                        span: Span::new(start, start + word.len()),
                    }),
                }
            }
            line_start += line.len();
            if lines {
                end(&mut blocks, at, &mut words);
            }
        }
        end(&mut blocks, at, &mut words);
        Self(blocks)
    }

    /// Whether somebody is asked who they are: by number, for each block of a site and those around it, whichever of
    /// its parts says so. A part that asks nobody is missed so, and no part that asks is blamed.
    fn logins(&self, tooling: &Tooling) -> Vec<bool> {
        let asks = |words: &[Word]| {
            let word = |at: usize| words.get(at).map(|word| word.text.as_str()).unwrap_or_default();
            word(1) != "off" && tooling.logins.iter().any(|login| login == word(0))
        };
        let mut logins = vec![false; self.0.len()];
        for (at, block) in self.0.iter().enumerate() {
            if !asks(&block.head) && !block.statements.iter().any(|words| asks(words)) {
                continue;
            }
            let mut at = at;
            for _ in 0..DEPTH {
                if let Some(login) = logins.get_mut(at) {
                    *login = true;
                }
                let Some(block) = self.0.get(at).filter(|block| at != 0 && block.parent != 0)
                else {
                    break;
                };
                if is(&block.head, "server") {
                    break;
                }
                at = block.parent;
            }
        }
        logins
    }

    fn any_login(&self, at: usize, logins: &[bool]) -> bool {
        let mut at = at;
        for _ in 0..DEPTH {
            if logins.get(at) == Some(&true) {
                return true;
            }
            match self.0.get(at) {
                Some(block) if at != 0 => at = block.parent,
                _ => return false,
            }
        }
        false
    }

    /// What nginx hands on to a block from the nearest one around it that says anything of it.
    fn served(&self) -> Vec<Served> {
        let mut all = Vec::with_capacity(self.0.len());
        for (at, block) in self.0.iter().enumerate() {
            // A block comes after the one that it stands in.
            let above: Served =
                if at == 0 { None } else { all.get(block.parent).copied() }.unwrap_or_default();
            let of =
                |name: &'static str| block.statements.iter().filter(move |words| is(words, name));
            let private = |words: &Vec<Word>| {
                let address = words.get(1).map(|word| word.text.as_str()).unwrap_or_default();
                let host = address.rsplit_once(':').map_or("", |(host, _)| host);
                address.starts_with("unix:") || (!host.is_empty() && is_local(host))
            };
            // Headers are taken over from outside only where a block sets none of its own.
            let host = of("proxy_set_header").find_map(|words| {
                let name = words.get(1).filter(|name| name.text.eq_ignore_ascii_case("host"))?;
                Some((name, join(words.get(2..).unwrap_or_default())))
            });
            let own_name = match host {
                Some((_, value)) => is_own_name(&value),
                None if of("proxy_set_header").next().is_some() => true,
                None => above.own_name,
            };
            let private = match of("listen").next() {
                Some(_) => of("listen").all(private),
                None => above.private,
            };
            all.push(Served { private, own_name });
        }
        all
    }

    fn nginx(&self, tooling: &Tooling) -> Vec<Forward> {
        let (logins, served) = (self.logins(tooling), self.served());
        let mut found = Vec::new();
        for (at, (block, served)) in self.0.iter().zip(&served).enumerate() {
            for statement in block.statements.iter().filter(|words| is(words, "proxy_pass")) {
                let Some(to) = statement.get(1).filter(|_| !served.private) else { continue };
                let Some((port, local)) = target(&to.text) else { continue };
                found.push(Forward {
                    by: "nginx".to_owned(),
                    port,
                    local,
                    reach: Reach::Proxy,
                    own_name: served.own_name,
                    login: self.any_login(at, &logins),
                    span: to.span,
                });
            }
        }
        found
    }

    fn caddy(&self, tooling: &Tooling) -> Vec<Forward> {
        let (logins, private) = (self.logins(tooling), self.private_sites());
        let mut found = Vec::new();
        let open = self
            .0
            .iter()
            .enumerate()
            .skip(1)
            .map(|(at, block)| (block.parent, &block.head, Some(at)));
        let plain =
            self.0.iter().enumerate().flat_map(|(at, block)| {
                block.statements.iter().map(move |words| (at, words, None))
            });
        for (at, words, own) in open.chain(plain) {
            if !is(words, "reverse_proxy") || private.get(at) == Some(&true) {
                continue;
            }
            let to = words.iter().skip(1).find_map(|word| {
                let address = !word.text.starts_with(['/', '@', '*']);
                let (port, local) = target(&word.text).filter(|_| address)?;
                Some((word, port, local))
            });
            let Some((word, port, local)) = to else { continue };
            let block = own.and_then(|own| self.0.get(own));
            let own_name = block.into_iter().flat_map(|block| &block.statements).any(|words| {
                is(words, "header_up")
                    && words.get(1).is_some_and(|name| name.text.eq_ignore_ascii_case("host"))
                    && words.get(2).is_some_and(|value| is_own_name(&value.text))
            });
            found.push(Forward {
                by: "Caddy".to_owned(),
                port,
                local,
                reach: Reach::Proxy,
                own_name,
                login: self.any_login(at, &logins),
                span: word.span,
            });
        }
        found.sort_by_key(|forward| forward.span.start);
        found
    }

    /// True, by number, for the blocks of a site that this machine alone reaches, by its address or `bind`.
    fn private_sites(&self) -> Vec<bool> {
        let local = |text: &str| {
            let text = text.trim_end_matches(',');
            let text = text.split_once("://").map_or(text, |(_, rest)| rest);
            let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
            !host.is_empty() && is_local(host)
        };
        let mut all: Vec<bool> = Vec::with_capacity(self.0.len());
        for (at, block) in self.0.iter().enumerate() {
            let above = at != 0 && all.get(block.parent) == Some(&true);
            let bound = block.statements.iter().any(|words| {
                is(words, "bind") && words.get(1).is_some_and(|word| local(&word.text))
            });
            let site = block.parent == 0 && !block.head.is_empty();
            all.push(above || bound || (site && block.head.iter().all(|word| local(&word.text))));
        }
        all
    }
}

/// What holds in a block of nginx's configuration.
#[derive(Clone, Copy, Debug)]
struct Served {
    /// This machine alone reaches it.
    private: bool,
    /// The target is asked under its own name.
    own_name: bool,
}

impl Default for Served {
    fn default() -> Self {
        Self { private: false, own_name: true }
    }
}

/// True for a brace that opens a block, not a placeholder as `{upstream_hostport}`.
fn is_brace(text: &str) -> bool {
    text.get(1..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn end(blocks: &mut [Block], at: usize, words: &mut Vec<Word>) {
    let words = std::mem::take(words);
    if let Some(block) = blocks.get_mut(at).filter(|_| !words.is_empty()) {
        block.statements.push(words);
    }
}

fn is(words: &[Word], name: &str) -> bool {
    words.first().is_some_and(|word| word.text == name)
}

fn join(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tooling() -> Tooling {
        serde_json::from_str(crate::data::file("hermes/tooling").unwrap()).unwrap()
    }

    /// Port, local, under its own name, login.
    fn of(name: &str, text: &str) -> Vec<(u16, bool, bool, bool)> {
        let found = read(name, text.as_bytes(), &tooling());
        found.iter().map(|f| (f.port, f.local, f.own_name, f.login)).collect()
    }

    #[test]
    fn nginx_asks_under_the_targets_name_unless_told_otherwise() {
        let site = |inner: &str| {
            format!("server {{\n listen 443 ssl; # x\n location / {{ {inner} }}\n}}\n")
        };
        let pass = "proxy_pass http://127.0.0.1:9119;";
        assert_eq!(of("a.conf", &site(pass)), [(9119, true, true, false)]);
        let host = format!("{pass} proxy_set_header Host $host;");
        assert_eq!(of("a.conf", &site(&host)), [(9119, true, false, false)]);
        let login = format!("auth_basic \"who\"; {pass}");
        assert_eq!(of("a.conf", &site(&login)), [(9119, true, true, true)]);
        let off = format!("auth_basic off; {pass}");
        assert_eq!(of("a.conf", &site(&off)), [(9119, true, true, false)]);
        assert_eq!(of("a.conf", &site(pass).replace("443", "127.0.0.1:80")), []);
        let outer = format!("http {{ proxy_set_header Host $host; {} }}", site(pass));
        assert_eq!(of("a.conf", &outer), [(9119, true, false, false)]);
        let others = format!("http {{ {} server {{ auth_basic x; }} }}", site(pass));
        assert_eq!(of("a.conf", &others), [(9119, true, true, false)]);
        assert_eq!(of("a.conf", &site("proxy_pass http://hermes;")), []);
    }

    #[test]
    fn caddy_passes_the_name_on() {
        let proxy = "hermes.example.com {\n  reverse_proxy localhost:9119\n}\n";
        assert_eq!(of("Caddyfile", proxy), [(9119, true, false, false)]);
        let named = "h.example.com {\n reverse_proxy /x localhost:9119 {\n  header_up Host {upstream_hostport}\n }\n}\n";
        assert_eq!(of("Caddyfile", named), [(9119, true, true, false)]);
        let login = "h.example.com {\n basic_auth {\n  ann abc\n }\n reverse_proxy :9119\n}\n";
        assert_eq!(of("Caddyfile", login), [(9119, true, false, true)]);
        assert_eq!(
            of("Caddyfile", &proxy.replace("hermes.example.com", "http://localhost:80")),
            []
        );
    }

    #[test]
    fn tunnels_are_read() {
        let cloud = "tunnel: t\ningress:\n  - hostname: h.example.com\n    service: http://localhost:9119\n    originRequest: {httpHostHeader: localhost}\n  - service: http_status:404\n";
        assert_eq!(of("config.yml", cloud), [(9119, true, true, false)]);
        let access = cloud.replace("localhost}", "localhost, access: {required: true}}");
        assert_eq!(of("config.yml", &access), [(9119, true, true, true)]);
        let ngrok = "version: 2\ntunnels:\n  a: {proto: http, addr: 9119, host_header: rewrite}\n  b: {proto: http, addr: 8642}\n  c: {proto: tcp, addr: 9119, oauth: {provider: google}}\n";
        assert_eq!(
            of("ngrok.yml", ngrok),
            [(9119, true, true, false), (8642, true, false, false), (9119, true, true, true)]
        );
    }

    #[test]
    fn command_lines_are_read() {
        let of = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            of_command(&words, &tooling()).map(|f| (f.port, f.local, f.own_name, f.login))
        };
        assert_eq!(of("/usr/bin/ngrok http 9119"), Some((9119, true, false, false)));
        assert_eq!(
            of("ngrok http --host-header=localhost:1 9119"),
            Some((9119, true, true, false))
        );
        assert_eq!(
            of("ngrok http --host-header rewrite 9119 --oauth=google"),
            Some((9119, true, true, true))
        );
        assert_eq!(of("ngrok tcp 9119"), Some((9119, true, true, false)));
        assert_eq!(
            of("cloudflared tunnel --url http://hermes:9119"),
            Some((9119, false, false, false))
        );
        assert_eq!(of("tailscale funnel --bg 8642"), Some((8642, true, false, false)));
        assert_eq!(of("cloudflared tunnel run"), None);
        assert_eq!(of("echo ngrok"), None);
    }

    #[test]
    fn work_grows_with_length_only() {
        for (name, line) in [
            (
                "a.conf",
                "proxy_pass http://127.0.0.1:9119; listen 80; proxy_set_header Host $host;\n",
            ),
            ("Caddyfile", "reverse_proxy localhost:9119\nbind 0.0.0.0\n"),
        ] {
            let started = std::time::Instant::now();
            let text = format!("server {{\n{}}}\n", line.repeat(40_000));
            assert_eq!(read(name, text.as_bytes(), &tooling()).len(), 40_000);
            let open = format!("{}{line}", "server {\n".repeat(100_000));
            assert_eq!(read(name, open.as_bytes(), &tooling()).len(), 1);
            // Squared, this is minutes.
            assert!(started.elapsed().as_secs() < 10, "{name}: {:?}", started.elapsed());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(server|location|proxy_pass|reverse_proxy|http://127.0.0.1:9119|listen| |\\{|\\}|;|\n|\"|#|é){0,60}") {
            for name in ["a.conf", "Caddyfile", "ngrok.yml"] {
                for forward in read(name, text.as_bytes(), &tooling()) {
                    prop_assert!(text.get(forward.span.start..forward.span.end).is_some());
                }
            }
        }
    }
}
