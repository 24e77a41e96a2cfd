//! MCP servers: what they are started from, how they are reached, and what they reach.

pub mod disabled_key;
pub mod filesystem_reach;
pub mod plain_http;
pub mod unpinned_server;

use crate::deployment::{Home, Setting};
use crate::document::Place;

/// A server that is on.
struct Server<'d> {
    name: &'d str,
    setting: Setting<'d>,
    /// The program, without its folder.
    command: String,
    /// Its arguments with their places.
    args: Vec<(String, Place<'d>)>,
}

/// The servers that are on.
fn servers<'d>(home: &Home<'d>) -> Vec<Server<'d>> {
    let Some(all) = home.setting("mcp_servers") else { return Vec::new() };
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
            Server { name, setting, command, args }
        })
        .collect()
}
