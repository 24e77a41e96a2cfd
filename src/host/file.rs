//! Modes, owners, ACLs and flags of a file.
//!
//! Links are never followed: a link is what was asked for, and its target may be anyone's.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use super::account::Accounts;
use super::platform;

/// What the file system says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Permission bits with set-user-ID, set-group-ID and sticky (`0o7777`).
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// What it is.
    pub kind: FileKind,
    /// Number of names.
    pub links: u64,
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link, itself.
    Symlink,
    /// A socket.
    Socket,
    /// A named pipe.
    Fifo,
    /// A block or character device.
    Device,
}

/// The facts of `path`.
///
/// # Errors
/// Those of `lstat`; [`io::ErrorKind::Unsupported`] on systems without POSIX modes.
pub fn file(path: &Path) -> io::Result<FileFacts> {
    platform::facts(path)
}

fn accounts() -> Option<&'static Accounts> {
    static ACCOUNTS: OnceLock<Option<Accounts>> = OnceLock::new();
    ACCOUNTS.get_or_init(Accounts::of_this_machine).as_ref()
}

/// The name of `uid` in this machine's `/etc/passwd`, read once.
#[must_use]
pub fn owner_name(uid: u32) -> Option<String> {
    Some(accounts()?.by_uid(uid)?.name.clone())
}

/// The name of `gid` in this machine's `/etc/group`, read once.
#[must_use]
pub fn group_name(gid: u32) -> Option<String> {
    accounts()?.group_name(gid).map(str::to_owned)
}

/// True when an access ACL lets anyone in besides the owner and the owning group: a named user, a named
/// group or others. `None` where ACLs can't be read.
#[must_use]
pub fn posix_acl_widens(path: &Path) -> Option<bool> {
    let acl = platform::access_acl(path)?;
    if acl.is_empty() { Some(false) } else { acl_widens(&acl) }
}

/// True when `path` may only grow, or not change at all. `None` where that can't be known.
#[must_use]
pub fn append_only(path: &Path) -> Option<bool> {
    platform::append_only(path)
}

/// Decodes `system.posix_acl_access` (linux/posix_acl_xattr.h): a version and entries of tag, permissions
/// and id, little-endian. `None` when it is not that.
fn acl_widens(acl: &[u8]) -> Option<bool> {
    const VERSION: u32 = 2;
    const USER: u16 = 0x02;
    const GROUP: u16 = 0x08;
    const MASK: u16 = 0x10;
    const OTHER: u16 = 0x20;

    let (version, entries) = acl.split_first_chunk::<4>()?;
    let (entries, rest) = entries.as_chunks::<8>();
    if u32::from_le_bytes(*version) != VERSION || !rest.is_empty() {
        return None;
    }
    let entries = || {
        entries.iter().map(|&[tag0, tag1, perm0, perm1, ..]| {
            (u16::from_le_bytes([tag0, tag1]), u16::from_le_bytes([perm0, perm1]) & 0o7)
        })
    };
    // The mask bounds what named entries grant.
    let mask = entries().find(|&(tag, _)| tag == MASK).map_or(0o7, |(_, permissions)| permissions);
    Some(entries().any(|(tag, permissions)| match tag {
        USER | GROUP => permissions & mask != 0,
        OTHER => permissions != 0,
        _ => false,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NO_ID: u32 = u32::MAX;

    fn acl(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(permissions.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    /// `u::rw- u:1000:r-- g::--- m::<mask> o::<other>`
    fn named_user(mask: u16, other: u16) -> Vec<u8> {
        acl(&[
            (1, 6, NO_ID),
            (2, 4, 1000),
            (4, 0, NO_ID),
            (0x10, mask, NO_ID),
            (0x20, other, NO_ID),
        ])
    }

    #[test]
    fn acl_entries() {
        assert_eq!(acl_widens(&named_user(4, 0)), Some(true));
        assert_eq!(acl_widens(&named_user(2, 0)), Some(false));
        assert_eq!(acl_widens(&named_user(0, 4)), Some(true));
        let minimal = acl(&[(1, 6, NO_ID), (4, 4, NO_ID), (0x20, 0, NO_ID)]);
        assert_eq!(acl_widens(&minimal), Some(false));
        let group =
            acl(&[(1, 6, NO_ID), (4, 0, NO_ID), (8, 4, 27), (0x10, 7, NO_ID), (0x20, 0, NO_ID)]);
        assert_eq!(acl_widens(&group), Some(true));
        assert_eq!(acl_widens(&minimal[..minimal.len() - 1]), None);
        assert_eq!(acl_widens(&[3, 0, 0, 0]), None);
        assert_eq!(acl_widens(b""), None);
    }

    proptest! {
        #[test]
        fn any_acl_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            acl_widens(&bytes);
            let longer = [&2_u32.to_le_bytes(), &bytes[..]].concat();
            prop_assert_eq!(acl_widens(&longer).is_some(), bytes.len() % 8 == 0);
        }
    }

    #[cfg(unix)]
    #[test]
    fn modes_owners_and_links() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "x").unwrap();
        for mode in [0o600, 0o640, 0o4755] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(file(&path).unwrap().mode, mode);
        }
        std::fs::hard_link(&path, folder.path().join("g")).unwrap();
        let facts = file(&path).unwrap();
        assert_eq!((facts.kind, facts.links), (FileKind::File, 2));
        assert_eq!(Some(facts.uid), crate::host::current_uid());

        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_eq!(file(&link).unwrap().kind, FileKind::Symlink);
        assert_ne!(append_only(&link), Some(true));
        assert_eq!(file(folder.path()).unwrap().kind, FileKind::Directory);
        let missing = file(&folder.path().join("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert_eq!(posix_acl_widens(&folder.path().join("missing")), None);
        assert_eq!(append_only(&folder.path().join("missing")), None);
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("s")).unwrap();
        assert_eq!(file(&folder.path().join("s")).unwrap().kind, FileKind::Socket);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn attributes_of_a_real_file() {
        use rustix::fs::{IFlags, XattrFlags};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "x").unwrap();
        assert_ne!(posix_acl_widens(&path), Some(true));
        assert_ne!(append_only(&path), Some(true));
        let name = "system.posix_acl_access";
        // Not every filesystem keeps ACLs, and only root may set flags.
        if rustix::fs::setxattr(&path, name, &named_user(4, 0), XattrFlags::empty()).is_ok() {
            assert_eq!(posix_acl_widens(&path), Some(true));
            rustix::fs::setxattr(&path, name, &named_user(0, 0), XattrFlags::empty()).unwrap();
            assert_eq!(posix_acl_widens(&path), Some(false));
        }
        let open = std::fs::File::open(&path).unwrap();
        if let Ok(flags) = rustix::fs::ioctl_getflags(&open)
            && rustix::fs::ioctl_setflags(&open, flags | IFlags::APPEND).is_ok()
        {
            let found = append_only(&path);
            rustix::fs::ioctl_setflags(&open, flags).unwrap();
            assert_eq!((found, append_only(&path)), (Some(true), Some(false)));
        }
    }
}
