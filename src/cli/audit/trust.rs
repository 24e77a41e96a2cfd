//! Whom the caller trusts: options that every command reading logs shares, and what they name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use crate::audit::anchor::{Anchor, Placed, State, StateError, Trouble, checkpoints};
use crate::audit::chain::Chain;
use crate::audit::keyring::Keyring;
use crate::audit::note::{Ring, Verifier};
use crate::audit::profile::Profile;
use crate::audit::verify::{Request, Require, pin};
use crate::cli::error::Failure;
use crate::cli::output;

use super::named::{profile_of, unreadable};

/// Whom the caller trusts, and what the log is.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// How the log makes its chain: a shipped profile, or a TOML file; default: by the first record
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// What the last verified run knew: compared with, and renewed after a clean run
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Signed checkpoints (C2SP) of the log
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// A public key to trust: a verification key (`name+id+key`), or a file with one, PEM, JWK, hex or base64
    #[arg(long, value_name = "KEY|FILE")]
    public_key: Vec<String>,

    /// A file with the secret of a keyed chain, of MACs, or of a head file; `NAME=FILE` for one of several
    #[arg(long, value_name = "FILE")]
    key_file: Vec<String>,

    /// The log's name: its first record has to be bound to it
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,

    /// Worker threads; default: one a core
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

/// What those options name, read.
pub struct Trusted {
    /// The profile that was named.
    pub own: Option<Profile>,
    /// The state of the last run, if there is one.
    pub state: Option<State>,
    /// How many threads.
    pub threads: usize,
    keys: Keyring,
    anchors: Placed<Anchor>,
    troubles: Placed<Trouble>,
    origin: Option<String>,
    checkpoint_path: Option<String>,
    state_path: Option<PathBuf>,
}

/// What a command asks for beside.
#[derive(Default)]
pub struct Policy<'p> {
    /// What has to be there.
    pub require: &'p [Require],
    /// Whether what is merely odd about the transport fails.
    pub strict: bool,
    /// A silence longer than this, in microseconds, is worth a word.
    pub max_gap: Option<i64>,
}

/// A span of time in microseconds.
pub fn duration(text: &str) -> Result<i64, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time such as 15m, 2h or 90s".to_owned())?;
    i64::try_from(span.as_micros()).map_err(|_| "too long".to_owned())
}

impl Trust {
    /// Reads all that is named.
    ///
    /// # Errors
    /// What can't be read, and what is no such thing.
    pub fn read(&self) -> Result<Trusted, Failure> {
        let own = self.profile.as_deref().map(profile_of).transpose()?;
        let (keys, ring) = self.keys()?;
        let (anchors, troubles) = match &self.checkpoint {
            Some(path) => checkpoints(path, &ring).map_err(|error| unreadable(path, &error))?,
            None => Default::default(),
        };
        Ok(Trusted {
            own,
            state: self.state.as_deref().map(read_state).transpose()?.flatten(),
            threads: match self.threads {
                0 => std::thread::available_parallelism().map_or(1, usize::from),
                some => some,
            },
            keys,
            anchors,
            troubles,
            origin: self.origin.clone(),
            checkpoint_path: self.checkpoint.as_ref().map(|path| path.display().to_string()),
            state_path: self.state.clone(),
        })
    }

    /// The keys of the caller: for records, and for checkpoints.
    fn keys(&self) -> Result<(Keyring, Ring), Failure> {
        let mut keys = Keyring::default();
        let mut ring = Ring::default();
        for given in &self.key_file {
            let (name, path) = named(given);
            let content =
                std::fs::read(path).map_err(|error| unreadable(Path::new(path), &error))?;
            if content.trim_ascii().is_empty() {
                return Err(Failure::new(format!("the key file {path} is empty")));
            }
            keys.add_secret(name, &content);
        }
        for given in &self.public_key {
            let (name, text) = match Verifier::parse(given) {
                Ok(_) => (None, given.clone()),
                Err(_) => {
                    let (name, path) = named(given);
                    match std::fs::read_to_string(path) {
                        Ok(text) => (name, text),
                        // A key itself, and no file.
                        Err(_) if Keyring::default().add_public(None, path) => {
                            (name, path.to_owned())
                        }
                        Err(error) => return Err(unreadable(Path::new(path), &error)),
                    }
                }
            };
            let mut any = false;
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                if let Ok(verifier) = Verifier::parse(line) {
                    any = true;
                    ring.add(verifier).map_err(|error| Failure::new(error.to_owned()))?;
                    keys.add_public(name.clone(), line);
                }
            }
            if !any && !keys.add_public(name, &text) {
                return Err(Failure::new("the public key is in no form that is known").help(
                    "give `name+id+key` as `audit checkpoint --generate` prints it, PEM, JWK, or 32 bytes in hex or base64",
                ));
            }
        }
        Ok((keys, ring))
    }
}

impl Trusted {
    /// The verification that is asked for.
    pub fn request<'t>(
        &'t self,
        policy: &Policy<'t>,
        now: i64,
        read: &'t AtomicU64,
    ) -> Request<'t> {
        Request {
            keys: &self.keys,
            origin: self.origin.as_deref(),
            checkpoints: &self.anchors,
            troubles: &self.troubles,
            checkpoint_path: self.checkpoint_path.as_deref(),
            state: self.state.as_ref(),
            require: policy.require,
            strict: policy.strict,
            max_gap: policy.max_gap,
            threads: self.threads,
            now,
            read,
        }
    }

    /// Keeps what this run knows of chains that are all intact, each with its key and the names that stand in it.
    ///
    /// # Errors
    /// When the state can't be written.
    pub fn renew<'c>(
        &self,
        chains: impl Iterator<Item = (&'c str, &'c Chain, BTreeMap<String, BTreeSet<String>>)>,
        now: i64,
        quiet: bool,
    ) -> Result<(), Failure> {
        let Some(path) = &self.state_path else { return Ok(()) };
        let mut new = self.state.clone().unwrap_or_default();
        new.version = 1;
        for (key, chain, mut seen) in chains {
            let mut pin = pin(chain, now);
            match new.logs.remove(key) {
                Some(known) => {
                    for (what, names) in known.seen {
                        seen.entry(what).or_default().extend(names);
                    }
                }
                None if !quiet => output::note(&format!(
                    "`{key}` is verified here for the first time: from now on it has to extend its {} records",
                    chain.records
                )),
                None => {}
            }
            let listed = seen.into_iter().map(|(what, names)| (what, names.into_iter().collect()));
            pin.seen = listed.collect();
            new.logs.insert(key.to_owned(), pin);
        }
        new.write(path).map_err(|error| {
            Failure::new(format!("can't write the state to {}: {error}", path.display()))
                .help("give --state a path in a folder that you may write")
        })
    }
}

/// `NAME=FILE`, or a file alone.
fn named(given: &str) -> (Option<String>, &str) {
    match given.split_once('=') {
        Some((name, path)) if !Path::new(given).exists() && !name.contains(['/', '\\']) => {
            (Some(name.to_owned()), path)
        }
        _ => (None, given),
    }
}

fn read_state(path: &Path) -> Result<Option<State>, Failure> {
    State::read(path).map_err(|error| match error {
        StateError::Io(error) => unreadable(path, &error),
        StateError::Malformed(what) => Failure::new(format!(
            "{} is no state of an earlier run: {what}",
            path.display()
        ))
        .help("if it is lost for good, name a new file and compare the next run with a checkpoint"),
        StateError::Open => {
            Failure::new(format!("others than its owner may write {}", path.display()))
                .help("it says what is trusted: chmod 600 it, and keep it out of the agent's reach")
        }
    })
}
