//! Audit logs end to end: logs written here by other means than the verifier's, and what becomes of them when somebody
//! lays hands on them.

mod hostile;
mod mutations;
mod profiles;
mod writers;
