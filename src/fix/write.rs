//! Replaces a file by one rename, so that whoever reads it sees the old text or the new one, never a part.
//!
//! The new text is written beside the file, flushed, given the mode, owner and extended attributes of the old one, and
//! put in its place only if the old one is still what was read. What a rename would break is refused: a link (the name
//! would stay and the file it leads to would keep the old text), a second name of the same file, an owner or an access
//! list that can't be kept. Everything is done in the folder as it was opened, so that nobody can lead a writer with
//! more rights elsewhere by swapping the folder.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a file is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not what was read any more.
    Changed,
    /// It is a symbolic link.
    Link,
    /// It has another name, which would keep the old text.
    OtherNames,
    /// It is no regular file.
    Special,
    /// Its owner can't be kept.
    Owner,
    /// Its access list or other attributes can't be kept.
    Attributes,
    /// The system refused.
    Io(io::ErrorKind),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("it was changed meanwhile"),
            Self::Link => f.write_str("it is a link: change the file that it leads to"),
            Self::OtherNames => {
                f.write_str("it has a second name (a hard link), which would keep the old text")
            }
            Self::Special => f.write_str("it is no regular file"),
            Self::Owner => {
                f.write_str("its owner could not be kept: run this as the owner, or as root")
            }
            Self::Attributes => f.write_str("its access list or attributes could not be kept"),
            Self::Io(kind) => write!(f, "the system refused: {kind}"),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// Puts `now` in the place of the file at `path`, which has to hold `before`; with `None` there must be no such file,
/// and one with `mode` is made, for the folder's owner when root makes it.
///
/// # Errors
///
/// Why the file is left as it is.
pub fn replace(path: &Path, before: Option<&[u8]>, now: &[u8], mode: u32) -> Result<(), Fault> {
    system::replace(path, before, now, mode)
}

/// Says why [`replace`] would refuse, without doing anything.
///
/// # Errors
///
/// Why the file would be left as it is.
pub fn check(path: &Path, before: Option<&[u8]>) -> Result<(), Fault> {
    system::check(path, before)
}

/// Gives the file or folder at `path`, which has to have the permission bits `from`, the bits `to`.
///
/// # Errors
///
/// Why the mode is left as it is.
pub fn chmod(path: &Path, from: u32, to: u32) -> Result<(), Fault> {
    system::chmod(path, from, to)
}

/// Removes the file at `path`, which has to hold `bytes`.
///
/// # Errors
///
/// Why it is left where it is.
pub fn remove(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    check(path, Some(bytes))?;
    Ok(std::fs::remove_file(path)?)
}

/// A name that no other file has: nothing else may be able to foresee it.
fn temporary_name() -> Result<String, Fault> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| Fault::Io(io::ErrorKind::Other))?;
    Ok(format!(".hermes-lint-{}.tmp", data_encoding::HEXLOWER.encode(&random)))
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use rustix::fs::{
        AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid, fchmod, fchown, fstat, fsync, openat,
        renameat, statat, unlinkat,
    };
    use rustix::io::Errno;

    use super::{Fault, temporary_name};

    impl From<Errno> for Fault {
        fn from(errno: Errno) -> Self {
            Self::Io(std::io::Error::from(errno).kind())
        }
    }

    /// A folder as it was opened, and the name of the file in it.
    struct Place<'p> {
        folder: OwnedFd,
        name: &'p [u8],
    }

    impl<'p> Place<'p> {
        fn of(path: &'p Path) -> Result<Self, Fault> {
            let name = path.file_name().ok_or(Fault::Special)?.as_bytes();
            let folder = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            Ok(Self { folder: openat(CWD, folder, flags, Mode::empty())?, name })
        }

        /// The file as it is, when it holds `before` and may be replaced.
        fn known(&self, before: &[u8]) -> Result<(File, Stat), Fault> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = match openat(&self.folder, self.name, flags, Mode::empty()) {
                Err(Errno::LOOP) => return Err(Fault::Link),
                Err(Errno::NOENT) => return Err(Fault::Changed),
                other => File::from(other?),
            };
            let facts = fstat(&file)?;
            if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
                return Err(Fault::Special);
            }
            if facts.st_nlink > 1 {
                return Err(Fault::OtherNames);
            }
            let mut bytes = Vec::with_capacity(before.len() + 1);
            (&file).take(before.len() as u64 + 1).read_to_end(&mut bytes)?;
            if bytes == before { Ok((file, facts)) } else { Err(Fault::Changed) }
        }

        fn is_absent(&self) -> Result<(), Fault> {
            match statat(&self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => Ok(()),
                Err(errno) => Err(errno.into()),
                Ok(_) => Err(Fault::Changed),
            }
        }
    }

    /// A file that goes when nobody has given it a name that stays.
    struct Temporary<'p> {
        place: &'p Place<'p>,
        name: String,
        file: File,
        kept: bool,
    }

    impl<'p> Temporary<'p> {
        fn new(place: &'p Place<'p>) -> Result<Self, Fault> {
            let name = temporary_name()?;
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = openat(&place.folder, &name, flags, Mode::RUSR | Mode::WUSR)?;
            Ok(Self { place, name, file: File::from(file), kept: false })
        }
    }

    impl Drop for Temporary<'_> {
        fn drop(&mut self) {
            if !self.kept {
                // Nothing is left to do about it when this fails.
                let _ = unlinkat(&self.place.folder, &self.name, AtFlags::empty());
            }
        }
    }

    pub(super) fn check(path: &Path, before: Option<&[u8]>) -> Result<(), Fault> {
        let place = Place::of(path)?;
        match before {
            Some(before) => place.known(before).map(drop),
            None => place.is_absent(),
        }
    }

    pub(super) fn replace(
        path: &Path,
        before: Option<&[u8]>,
        now: &[u8],
        mode: u32,
    ) -> Result<(), Fault> {
        let place = Place::of(path)?;
        let old = before.map(|before| place.known(before)).transpose()?;
        if old.is_none() {
            place.is_absent()?;
        }
        let mut temporary = Temporary::new(&place)?;
        temporary.file.write_all(now)?;
        let made = fstat(&temporary.file)?;
        match &old {
            Some((file, facts)) => {
                own(&temporary.file, &made, facts.st_uid, facts.st_gid)?;
                attributes::copy(file, &temporary.file)?;
                fchmod(&temporary.file, Mode::from_raw_mode(facts.st_mode & 0o7777))?;
            }
            None => {
                let folder = fstat(&place.folder)?;
                if rustix::process::geteuid().is_root() {
                    own(&temporary.file, &made, folder.st_uid, folder.st_gid)?;
                }
                fchmod(&temporary.file, Mode::from_raw_mode(narrow(mode)))?;
            }
        }
        fsync(&temporary.file)?;
        match &old {
            Some((_, facts)) => {
                let still = statat(&place.folder, place.name, AtFlags::SYMLINK_NOFOLLOW)?;
                let sign = |of: &Stat| {
                    (
                        of.st_dev,
                        of.st_ino,
                        of.st_size,
                        of.st_mtime,
                        of.st_mtime_nsec,
                        of.st_ctime,
                        of.st_ctime_nsec,
                    )
                };
                if sign(&still) != sign(facts) {
                    return Err(Fault::Changed);
                }
                renameat(&place.folder, &temporary.name, &place.folder, place.name)?;
            }
            None => appear(&place, &temporary.name)?,
        }
        temporary.kept = true;
        // A crash after this shows the new file. Some file systems can't flush a folder, and need not.
        let _ = fsync(&place.folder);
        Ok(())
    }

    fn narrow(mode: u32) -> rustix::fs::RawMode {
        // As wide as the type of the system's modes, which differs.
        rustix::fs::RawMode::try_from(mode & 0o7777).unwrap_or(0o600)
    }

    /// Gives a new file its name, unless another has it by now.
    fn appear(place: &Place<'_>, temporary: &str) -> Result<(), Fault> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{RenameFlags, renameat_with};
            let flags = RenameFlags::NOREPLACE;
            match renameat_with(&place.folder, temporary, &place.folder, place.name, flags) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => return Err(Fault::Changed),
                // Not every file system knows the flag.
                Err(Errno::INVAL | Errno::NOSYS) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        place.is_absent()?;
        Ok(renameat(&place.folder, temporary, &place.folder, place.name)?)
    }

    fn own(file: &File, made: &Stat, uid: u32, gid: u32) -> Result<(), Fault> {
        if (made.st_uid, made.st_gid) == (uid, gid) {
            return Ok(());
        }
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        fchown(file, Some(uid), Some(gid)).map_err(|_| Fault::Owner)
    }

    pub(super) fn chmod(path: &Path, from: u32, to: u32) -> Result<(), Fault> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(CWD, path, flags, Mode::empty()) {
            Err(Errno::LOOP) => return Err(Fault::Link),
            Err(Errno::NOENT) => return Err(Fault::Changed),
            other => other?,
        };
        let facts = fstat(&file)?;
        let kind = FileType::from_raw_mode(facts.st_mode);
        if !matches!(kind, FileType::RegularFile | FileType::Directory) {
            return Err(Fault::Special);
        }
        // Bits above the permissions (set-user-ID, sticky) stay as they are.
        let mode = facts.st_mode & 0o7777;
        let (from, to) = (narrow(from & 0o777), narrow(to & 0o777));
        if mode & 0o777 != from {
            return Err(Fault::Changed);
        }
        Ok(fchmod(&file, Mode::from_raw_mode((mode & 0o7000) | to))?)
    }

    #[cfg(target_os = "linux")]
    mod attributes {
        use std::fs::File;

        use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
        use rustix::io::Errno;

        use super::Fault;

        /// The kernel's limit for a list of names, and for a value.
        const MOST: usize = 64 << 10;

        /// Gives `to` the access list and other attributes of `from`.
        pub(in super::super) fn copy(from: &File, to: &File) -> Result<(), Fault> {
            let mut names = vec![0_u8; MOST];
            let length = match flistxattr(from, &mut names[..]) {
                Ok(length) => length,
                Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(()),
                Err(_) => return Err(Fault::Attributes),
            };
            let names = names.get(..length).unwrap_or_default();
            for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
                let value = value(from, name).ok_or(Fault::Attributes)?;
                let set = fsetxattr(to, name, &value, XattrFlags::empty());
                // A label that the system has given the new file by itself is as good.
                if set.is_err() && self::value(to, name) != Some(value) {
                    return Err(Fault::Attributes);
                }
            }
            Ok(())
        }

        fn value(file: &File, name: &[u8]) -> Option<Vec<u8>> {
            let mut value = vec![0; MOST];
            let length = fgetxattr(file, name, &mut value[..]).ok()?;
            value.truncate(length);
            Some(value)
        }
    }

    #[cfg(not(target_os = "linux"))]
    mod attributes {
        use std::fs::File;

        use super::Fault;

        #[expect(clippy::unnecessary_wraps, reason = "fails where attributes can be read")]
        pub(in super::super) const fn copy(_: &File, _: &File) -> Result<(), Fault> {
            Ok(())
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::path::Path;

    use super::{Fault, temporary_name};

    pub(super) fn check(path: &Path, before: Option<&[u8]>) -> Result<(), Fault> {
        match (std::fs::symlink_metadata(path), before) {
            (Ok(facts), _) if facts.is_symlink() => Err(Fault::Link),
            (Ok(facts), _) if !facts.is_file() => Err(Fault::Special),
            (Ok(_), Some(before)) if std::fs::read(path)? == before => Ok(()),
            (Ok(_), _) => Err(Fault::Changed),
            (Err(error), None) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            (Err(error), _) => Err(error.into()),
        }
    }

    pub(super) fn replace(
        path: &Path,
        before: Option<&[u8]>,
        now: &[u8],
        _: u32,
    ) -> Result<(), Fault> {
        check(path, before)?;
        let temporary = path.with_file_name(temporary_name()?);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .and_then(|mut file| {
                file.write_all(now)?;
                file.sync_all()
            })
            .map_err(Fault::from)
            .and_then(|()| check(path, before))
            .and_then(|()| Ok(std::fs::rename(&temporary, path)?));
        if written.is_err() {
            // Nothing is left to do about it when this fails.
            let _ = std::fs::remove_file(&temporary);
        }
        written
    }

    pub(super) fn chmod(_: &Path, _: u32, _: u32) -> Result<(), Fault> {
        Err(Fault::Io(std::io::ErrorKind::Unsupported))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_file_keeps_its_mode_and_nothing_else_is_left() {
        let folder = folder();
        let path = folder.path().join("f");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, Some(b"old"), b"new", 0o600).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o640));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_changed_or_has_other_names_is_left() {
        let folder = folder();
        let path = folder.path().join("f");
        fs::write(&path, "old").unwrap();
        assert_eq!(replace(&path, Some(b"older"), b"new", 0o600), Err(Fault::Changed));
        assert_eq!(replace(&path, None, b"new", 0o600), Err(Fault::Changed));
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(replace(&link, Some(b"old"), b"new", 0o600), Err(Fault::Link));
        fs::hard_link(&path, folder.path().join("second")).unwrap();
        assert_eq!(replace(&path, Some(b"old"), b"new", 0o600), Err(Fault::OtherNames));
        assert_eq!(replace(folder.path(), Some(b""), b"new", 0o600), Err(Fault::Special));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_new_file_has_the_mode_that_was_asked_for() {
        let folder = folder();
        let path = folder.path().join("f");
        replace(&path, None, b"new", 0o600).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
        remove(&path, b"old").unwrap_err();
        remove(&path, b"new").unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn modes_change_only_from_what_they_were() {
        let folder = folder();
        let path = folder.path().join("f");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(chmod(&path, 0o755, 0o700), Err(Fault::Changed));
        chmod(&path, 0o777, 0o700).unwrap();
        assert_eq!(mode(&path), 0o1700);
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(chmod(&link, 0o700, 0o500), Err(Fault::Link));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn attributes_come_along() {
        use rustix::fs::{XattrFlags, lgetxattr, setxattr};
        let folder = folder();
        let path = folder.path().join("f");
        fs::write(&path, "old").unwrap();
        if setxattr(&path, "user.origin", b"here", XattrFlags::empty()).is_err() {
            return; // No such attributes on this file system.
        }
        replace(&path, Some(b"old"), b"new", 0o600).unwrap();
        let mut value = [0; 8];
        let length = lgetxattr(&path, "user.origin", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"here");
    }
}
