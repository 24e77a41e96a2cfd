//! The text engine: what a prompt, skill or memory says, as spans. It knows nothing of findings.

pub mod personal;
