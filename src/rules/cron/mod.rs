//! `cron/`: scheduled jobs.

pub mod script_outside;
