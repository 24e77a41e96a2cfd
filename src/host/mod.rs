//! What this machine says of files, accounts and processes; it only reads.
//!
//! Everything that depends on the system is in `platform` below. Where a fact can't be had (Windows, no
//! permission, a filesystem without it) the answer is `None`, never a guess, so that a check can say
//! "unknown".

pub mod account;
pub mod file;
pub mod listener;
pub mod machine;
pub mod process;
pub mod sudoers;

/// The user this program runs as; `None` where users have no number.
#[must_use]
pub fn current_uid() -> Option<u32> {
    platform::effective_uid()
}

#[cfg(unix)]
mod platform {
    use std::io;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    use std::path::Path;

    use super::file::{FileFacts, FileKind};

    #[expect(clippy::unnecessary_wraps, reason = "other systems have no number")]
    pub(super) fn effective_uid() -> Option<u32> {
        Some(rustix::process::geteuid().as_raw())
    }

    pub(super) fn facts(path: &Path) -> io::Result<FileFacts> {
        let metadata = std::fs::symlink_metadata(path)?;
        let file_type = metadata.file_type();
        let kind = if file_type.is_file() {
            FileKind::File
        } else if file_type.is_dir() {
            FileKind::Directory
        } else if file_type.is_symlink() {
            FileKind::Symlink
        } else if file_type.is_socket() {
            FileKind::Socket
        } else if file_type.is_fifo() {
            FileKind::Fifo
        } else {
            FileKind::Device
        };
        Ok(FileFacts {
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            kind,
            links: metadata.nlink(),
        })
    }

    /// The access ACL as the kernel stores it, empty when there is none.
    #[cfg(target_os = "linux")]
    pub(super) fn access_acl(path: &Path) -> Option<Vec<u8>> {
        use rustix::io::Errno;

        // The kernel's limit for the value of an extended attribute.
        let mut value = vec![0; 64 << 10];
        match rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut value[..]) {
            Ok(len) => {
                value.truncate(len);
                Some(value)
            }
            Err(Errno::NODATA | Errno::NOTSUP) => Some(Vec::new()),
            Err(_) => None,
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn access_acl(_path: &Path) -> Option<Vec<u8>> {
        None
    }

    #[cfg(target_os = "linux")]
    pub(super) fn append_only(path: &Path) -> Option<bool> {
        use rustix::fs::{AtFlags, IFlags, Mode, OFlags, StatxAttributes, StatxFlags};

        // Opening a device or a pipe may do something; a file or a folder is only looked at.
        if !matches!(facts(path).ok()?.kind, FileKind::File | FileKind::Directory) {
            return None;
        }
        // What may not be read can be asked for all the same; a filesystem that can't tell says so.
        let at = AtFlags::SYMLINK_NOFOLLOW;
        if let Ok(found) = rustix::fs::statx(rustix::fs::CWD, path, at, StatxFlags::empty()) {
            let known = found.stx_attributes_mask.contains(StatxAttributes::APPEND);
            let flags = StatxAttributes::APPEND | StatxAttributes::IMMUTABLE;
            return known.then(|| found.stx_attributes.intersects(flags));
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty()).ok()?;
        let flags = rustix::fs::ioctl_getflags(&file).ok()?;
        Some(flags.intersects(IFlags::APPEND | IFlags::IMMUTABLE))
    }

    #[cfg(target_os = "macos")]
    pub(super) fn append_only(path: &Path) -> Option<bool> {
        use std::os::macos::fs::MetadataExt as _;

        // UF_IMMUTABLE, UF_APPEND, SF_IMMUTABLE and SF_APPEND of sys/stat.h.
        const FLAGS: u32 = 0x0002 | 0x0004 | 0x0002_0000 | 0x0004_0000;
        Some(std::fs::symlink_metadata(path).ok()?.st_flags() & FLAGS != 0)
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    pub(super) fn append_only(_path: &Path) -> Option<bool> {
        None
    }
}

#[cfg(not(unix))]
mod platform {
    use std::io;
    use std::path::Path;

    use super::file::FileFacts;

    pub(super) const fn effective_uid() -> Option<u32> {
        None
    }

    pub(super) fn facts(_path: &Path) -> io::Result<FileFacts> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn access_acl(_path: &Path) -> Option<Vec<u8>> {
        None
    }

    pub(super) const fn append_only(_path: &Path) -> Option<bool> {
        None
    }
}
