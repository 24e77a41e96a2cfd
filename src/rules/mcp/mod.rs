//! MCP servers: what they are started from, how they are reached, and what they reach.

pub mod broad_scope;
pub mod disabled_key;
pub mod filesystem_reach;
pub mod plain_http;
pub mod risky_argument;
pub mod sampling_unlimited;
pub mod shell_wrapper;
pub mod superuser_url;
pub mod unpinned_server;
