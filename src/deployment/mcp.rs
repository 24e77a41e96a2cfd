//! The MCP servers of a home, read once for all that ask of them.

use super::setting::Setting;
use crate::document::Place;

/// A server that is on.
#[derive(Clone, Debug)]
pub struct McpServer<'d> {
    /// Its name.
    pub name: &'d str,
    /// All that is said of it.
    pub setting: Setting<'d>,
    /// The program, without its folder.
    pub command: String,
    /// Its arguments with their places.
    pub args: Vec<(String, Place<'d>)>,
}

impl<'d> McpServer<'d> {
    /// The program as written, the arguments and the address: what names the package.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        let whole = |key: &str| self.setting.child(key).and_then(|setting| setting.str());
        let head = whole("command").into_iter().chain(whole("url"));
        head.chain(self.args.iter().map(|(arg, _)| arg.as_str())).collect()
    }

    /// What names the server's package, image or host: the first argument that is no option, or the address.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        let url = self.setting.child("url").and_then(|url| url.str());
        if let Some(url) = url {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let host = rest.split(['/', '?', '#']).next()?;
            return host.rsplit('@').next();
        }
        let runs =
            ["npx", "bunx", "uvx", "pipx", "pnpm", "yarn", "bun", "uv", "npm", "docker", "podman"];
        if !runs.contains(&self.command.as_str()) {
            return Some(self.command.as_str()).filter(|command| !command.is_empty());
        }
        let verbs = ["run", "exec", "dlx", "x", "tool"];
        let mut words = self.args.iter().map(|(arg, _)| arg.as_str());
        words.find(|word| !word.starts_with('-') && !verbs.contains(word))
    }

    /// The arguments without their places.
    #[must_use]
    pub fn arg_words(&self) -> Vec<&str> {
        self.args.iter().map(|(arg, _)| arg.as_str()).collect()
    }

    /// The pairs under `key` (`env`, `headers`) that are text, numbers or booleans.
    #[must_use]
    pub fn pairs(&self, key: &str) -> Vec<(&'d str, String, Setting<'d>)> {
        let Some(map) = self.setting.child(key) else { return Vec::new() };
        let pairs = map.children().into_iter();
        pairs.filter_map(|(name, value)| Some((name, value.python_str()?, value))).collect()
    }

    /// Where the program stands.
    #[must_use]
    pub fn command_place(&self) -> Place<'d> {
        self.setting.child("command").map_or_else(|| self.setting.key_place(), |it| it.place())
    }

    /// Whether the operator named the tools that are wanted, or those that are not.
    #[must_use]
    pub fn picks_tools(&self) -> bool {
        let tools = self.setting.child("tools");
        ["include", "exclude"].iter().any(|key| {
            tools.as_ref().and_then(|tools| tools.child(key)).is_some_and(|list| !list.is_empty())
        })
    }
}

/// The servers that are on, of what stands under `mcp_servers`.
pub(super) fn servers(all: Option<Setting<'_>>) -> Vec<McpServer<'_>> {
    let Some(all) = all else { return Vec::new() };
    all.children()
        .into_iter()
        .filter(|(_, server)| {
            server.child("enabled").and_then(|enabled| enabled.bool()) != Some(false)
        })
        .map(|(name, setting)| {
            let command = setting.child("command");
            let command = command.and_then(|command| command.str().map(str::to_owned));
            let command = command.unwrap_or_default();
            let command = command.rsplit('/').next().unwrap_or_default().trim().to_owned();
            let args = setting.child("args").map(|args| args.items()).unwrap_or_default();
            McpServer { name, setting, command, args }
        })
        .collect()
}
