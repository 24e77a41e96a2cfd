//! The key that signs checkpoints: made here, kept in a file that only its owner reads.
//!
//! A signature over a log says something as long as who writes the log can't make one. So a key file that others can
//! read, the agent's user above all, is refused and not merely frowned at.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::{Zeroize, Zeroizing};

use super::note::{self, ED25519, Verifier};

/// What the file of a private key begins with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// More than any key file holds.
const LONGEST: u64 = 4096;

/// A private key and the name it signs under. Wiped when dropped, never shown.
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl Signer {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// When the name can't be one, or the system has no random numbers.
    pub fn generate(name: &str) -> Result<Self, String> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)
            .map_err(|error| format!("the system gives no random numbers: {error}"))?;
        Self::from_seed(name, &seed)
            .ok_or_else(|| "a key's name is not empty and has no space and no '+'".to_owned())
    }

    /// The key of a seed; `None` when the name can't be one.
    pub(super) fn from_seed(name: &str, seed: &[u8; 32]) -> Option<Self> {
        let key = SigningKey::from_bytes(seed);
        let verifier = Verifier::new(name, key.verifying_key())?;
        Some(Self { key, verifier })
    }

    /// The public half, to be handed out.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The note that says `text`, signed.
    ///
    /// # Errors
    /// When the text can't be that of a note: no newline at its end, or a control character in it.
    pub fn sign(&self, text: &str) -> Result<String, String> {
        if !note::is_text(text) {
            return Err("a text to sign ends in a newline and has no control characters".to_owned());
        }
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = note::line(self.verifier.name(), self.verifier.id(), &signature);
        Ok(format!("{text}\n{line}"))
    }

    /// Reads `PRIVATE+KEY+name+hex id+base64(0x01 and the seed)`.
    ///
    /// # Errors
    /// Says what about the text is wrong, and nothing of what is in it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(PRIVATE).ok_or("it does not begin with PRIVATE+KEY+")?;
        let (name, rest) = rest.split_once('+').ok_or("no '+' after the name")?;
        let (id, encoded) = rest.split_once('+').ok_or("no '+' after the id")?;
        let bytes =
            Zeroizing::new(BASE64.decode(encoded.as_bytes()).map_err(|_| "the key is not base64")?);
        let (&kind, bytes) = bytes.split_first().ok_or("the key is empty")?;
        if kind != ED25519 {
            return Err("the key is of another kind than Ed25519");
        }
        let seed: &[u8; 32] = bytes.try_into().map_err(|_| "the key is not 32 bytes long")?;
        let signer = Self::from_seed(name, seed).ok_or("the name is empty or holds a space")?;
        if HEXLOWER.encode(&signer.verifier.id()) == id {
            Ok(signer)
        } else {
            Err("the id is not that of the key")
        }
    }

    /// Writes the key to a new file that only its owner can read.
    ///
    /// # Errors
    /// When there is a file already, or it can't be written.
    pub fn create(&self, path: &Path) -> std::io::Result<()> {
        let mut bytes = Zeroizing::new([ED25519; 33]);
        let mut seed = Zeroizing::new(self.key.to_bytes());
        for (to, from) in bytes.iter_mut().skip(1).zip(seed.iter()) {
            *to = *from;
        }
        seed.zeroize();
        let encoded = Zeroizing::new(BASE64.encode(&*bytes));
        let head =
            format!("{PRIVATE}{}+{}+", self.verifier.name(), HEXLOWER.encode(&self.verifier.id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let written = (|| {
            file.write_all(head.as_bytes())?;
            file.write_all(encoded.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        })();
        if written.is_err() {
            // Half a key is none; the error is what matters.
            let _ = std::fs::remove_file(path);
        }
        written
    }

    /// Reads a key file, if nobody else can: a regular file, no link, of this user or root, not open to group or
    /// others, and not to the user number `agent`.
    ///
    /// # Errors
    /// Says what about the file is not as it has to be.
    pub fn open(path: &Path, agent: Option<u32>) -> Result<Self, String> {
        let shown = path.display();
        let mut file = open_file(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no key file {shown}"),
            _ if path.is_symlink() => {
                format!("the key file {shown} is a symbolic link: name the file itself")
            }
            _ => format!("can't open the key file {shown}: {error}"),
        })?;
        let metadata = file
            .metadata()
            .map_err(|error| format!("can't look at the key file {shown}: {error}"))?;
        if !metadata.is_file() {
            return Err(format!("the key {shown} is not a regular file"));
        }
        guarded(&metadata, agent).map_err(|why| format!("the key file {shown} {why}"))?;
        let mut text = Zeroizing::new(String::new());
        // All at once: a buffer that grows would leave copies behind.
        text.reserve_exact(usize::try_from(LONGEST).unwrap_or_default());
        Read::by_ref(&mut file)
            .take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|error| format!("can't read the key file {shown}: {error}"))?;
        Self::parse(text.trim_end_matches(['\n', '\r']))
            .map_err(|why| format!("{shown} is no key file: {why}"))
    }
}

#[cfg(unix)]
fn open_file(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};

    // Not blocking, since a pipe of that name would be waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(File::from(open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_file(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// Says what about owner and mode lets somebody else read the key.
#[cfg(unix)]
fn guarded(metadata: &std::fs::Metadata, agent: Option<u32>) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;

    let own = rustix::process::geteuid().as_raw();
    let (uid, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if let Some(agent) = agent {
        if agent == 0 {
            return Err("can be read by root, as which the agent runs: \
                        sign on another machine, or run the agent as a user of its own"
                .to_owned());
        }
        if agent == uid || agent == own {
            return Err(format!(
                "can be read by the agent's user (number {agent}): keep it with a user of its own, \
                 and sign as that one"
            ));
        }
    }
    if uid != own && uid != 0 {
        return Err(format!("belongs to user number {uid}, who can read it: chown it to yours"));
    }
    // The group's bits are also the mask of an access list: with none of them set, no entry of one lets anybody in.
    if mode & 0o077 != 0 {
        return Err(format!("has mode {mode:04o}, others can read or change it: chmod 600"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn guarded(_: &std::fs::Metadata, _: Option<u32>) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_key_is_written_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let signer = Signer::generate("audit.example/one").unwrap();
        signer.create(&path).unwrap();
        let metadata = std::fs::metadata(&path).unwrap();
        assert_eq!(metadata.mode() & 0o7777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("PRIVATE+KEY+audit.example/one+") && text.ends_with('\n'));
        let again = Signer::open(&path, Some(metadata.uid() + 1)).unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        assert_eq!(again.sign("a\n"), signer.sign("a\n"));
        // Nothing is written over.
        assert!(Signer::generate("b").unwrap().create(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        // Nor shown.
        let secret = text.trim_end().splitn(5, '+').last().unwrap();
        assert!(!format!("{again:?}").contains(secret));
        assert_ne!(
            Signer::generate("a").unwrap().verifier(),
            Signer::generate("a").unwrap().verifier()
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let signer = Signer::generate("a").unwrap();
        signer.create(&path).unwrap();
        let own = std::fs::metadata(&path).unwrap().uid();
        let why = |path: &Path, agent| Signer::open(path, agent).unwrap_err();
        assert!(why(&path, Some(0)).contains("root"));
        if own != 0 {
            assert!(why(&path, Some(own)).contains("the agent's user"));
        }
        for mode in [0o640, 0o604, 0o660, 0o620] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(why(&path, None).contains(&format!("mode {mode:04o}")));
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert!(Signer::open(&path, None).is_ok());
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(why(&link, None).contains("symbolic link"), "{}", why(&link, None));
        assert!(why(folder.path(), None).contains("not a regular file"));
        assert!(why(&folder.path().join("none"), None).starts_with("there is no key file"));
    }

    #[test]
    fn a_broken_key_file_says_nothing_of_its_content() {
        let signer = Signer::generate("a").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        signer.create(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.trim_end();
        let secret = text.splitn(5, '+').last().unwrap();
        assert!(Signer::parse(text).is_ok());
        for end in 0..text.len() {
            let why = Signer::parse(&text[..end]).unwrap_err();
            assert!(!why.contains(secret));
        }
        let other = text.replacen("+a+", "+b+", 1);
        assert_eq!(Signer::parse(&other).unwrap_err(), "the id is not that of the key");
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
            assert!(Signer::generate(name).is_err(), "{name:?}");
        }
        for text in ["a", "a\tb\n", "a\r\n"] {
            assert!(signer.sign(text).is_err());
        }
    }
}
