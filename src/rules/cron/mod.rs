//! `cron/`: scheduled jobs.

pub mod all_tools;
pub mod delivers_widely;
pub mod endless;
pub mod publishes_home;
pub mod remote_base_url;
pub mod script_outside;
pub mod shared_workdir;
