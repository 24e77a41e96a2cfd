//! Rules about environment variables and dotenv files.

pub mod comment_value;
pub mod control_variable;
pub mod duplicate_variable;
pub mod inert_variable;
pub mod loader_variable;
pub mod shared_secret;
mod stand_in;
