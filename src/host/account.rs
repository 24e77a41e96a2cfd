//! Accounts and groups, by the text of `/etc/passwd` and `/etc/group`.
//!
//! Accounts that only a directory service knows (LDAP, macOS) are not seen: asking it would take a C
//! library and the network. They are unknown, not absent.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io::Read;
use std::path::Path;

/// Groups whose members can become root, by `sudo` or by what they may open.
pub const PRIVILEGED_GROUPS: [&str; 9] =
    ["sudo", "wheel", "admin", "docker", "root", "lxd", "incus-admin", "libvirt", "disk"];

/// Bytes of an account file that are read.
const MAX_FILE: u64 = 16 << 20;

/// One line of `passwd(5)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// User number.
    pub uid: u32,
    /// Number of the primary group.
    pub gid: u32,
    /// Home folder.
    pub home: String,
    /// Login shell; empty means `/bin/sh`.
    pub shell: String,
}

impl Account {
    /// True when the shell lets a person log in.
    #[must_use]
    pub fn can_log_in(&self) -> bool {
        let program = self.shell.rsplit('/').next().unwrap_or_default();
        !matches!(program, "nologin" | "false" | "true" | "sync" | "halt" | "shutdown")
    }
}

/// One line of `group(5)`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    gid: u32,
    members: Vec<String>,
}

/// The accounts of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    accounts: Vec<Account>,
    groups: Vec<Group>,
}

impl Accounts {
    /// Reads the text of a passwd and a group file. Lines that are not of their form (comments, NIS
    /// entries) are skipped.
    #[must_use]
    pub fn read(passwd: &str, group: &str) -> Self {
        let accounts = passwd.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = name(fields.next()?)?;
            let mut fields = fields.skip(1);
            let uid = fields.next()?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            let (_gecos, home) = (fields.next()?, fields.next()?);
            let shell = fields.next().unwrap_or_default();
            Some(Account { name, uid, gid, home: home.to_owned(), shell: shell.trim().to_owned() })
        });
        let groups = group.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = name(fields.next()?)?;
            let gid = fields.nth(1)?.parse().ok()?;
            let members = fields.next().unwrap_or_default().split(',').map(str::trim);
            let members = members.filter(|member| !member.is_empty()).map(str::to_owned).collect();
            Some(Group { name, gid, members })
        });
        Self { accounts: accounts.collect(), groups: groups.collect() }
    }

    /// The accounts in this machine's files; `None` where there is no `/etc/passwd` to read.
    #[must_use]
    pub fn of_this_machine() -> Option<Self> {
        if !cfg!(unix) {
            return None;
        }
        let passwd = read_file(Path::new("/etc/passwd"))?;
        let group = read_file(Path::new("/etc/group")).unwrap_or_default();
        Some(Self::read(&passwd, &group))
    }

    /// Every account, in file order.
    #[must_use]
    pub fn all(&self) -> &[Account] {
        &self.accounts
    }

    /// The first account with that number.
    #[must_use]
    pub fn by_uid(&self, uid: u32) -> Option<&Account> {
        self.accounts.iter().find(|account| account.uid == uid)
    }

    /// The account with that name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name == name)
    }

    /// The name of a group.
    #[must_use]
    pub fn group_name(&self, gid: u32) -> Option<&str> {
        self.groups.iter().find(|group| group.gid == gid).map(|group| group.name.as_str())
    }

    /// The groups of `account`, its primary one included, in file order.
    #[must_use]
    pub fn groups_of(&self, account: &Account) -> Vec<&str> {
        let belongs =
            |group: &&Group| group.gid == account.gid || group.members.contains(&account.name);
        self.groups.iter().filter(belongs).map(|group| group.name.as_str()).collect()
    }

    /// Those of [`PRIVILEGED_GROUPS`] that `account` is in.
    #[must_use]
    pub fn privileged_groups_of(&self, account: &Account) -> Vec<&str> {
        let mut groups = self.groups_of(account);
        groups.retain(|group| PRIVILEGED_GROUPS.contains(group));
        groups
    }
}

/// A name that is neither a comment nor an entry of NIS.
fn name(field: &str) -> Option<String> {
    let plain = !field.is_empty() && !field.starts_with(['#', '+', '-']);
    plain.then(|| field.to_owned())
}

fn read_file(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n# comment:x:7:7::/:/bin/sh\nbroken:x:\n\
        hermes:x:998:998:Hermes,,,:/var/lib/hermes:/usr/sbin/nologin\nann:x:1000:1000::/home/ann:\n+::::::\n";
    const GROUP: &str =
        "root:x:0:\nsudo:x:27:bob,ann\ndocker:x:999: hermes\nhermes:x:998:\nann:x:1000:\nodd\n";

    #[test]
    fn accounts_and_groups() {
        let accounts = Accounts::read(PASSWD, GROUP);
        assert_eq!(accounts.accounts.len(), 3);
        let hermes = accounts.by_uid(998).unwrap();
        assert_eq!((hermes.name.as_str(), hermes.home.as_str()), ("hermes", "/var/lib/hermes"));
        assert!(!hermes.can_log_in());
        assert_eq!(accounts.groups_of(hermes), ["docker", "hermes"]);
        assert_eq!(accounts.privileged_groups_of(hermes), ["docker"]);
        let ann = accounts.by_name("ann").unwrap();
        assert!(ann.can_log_in());
        assert_eq!(accounts.privileged_groups_of(ann), ["sudo"]);
        assert_eq!(accounts.privileged_groups_of(accounts.by_uid(0).unwrap()), ["root"]);
        assert_eq!(accounts.group_name(27), Some("sudo"));
        assert!(accounts.by_uid(7).is_none() && accounts.by_name("bob").is_none());
    }

    #[test]
    fn shells_that_log_in() {
        for (shell, expected) in
            [("/bin/zsh", true), ("", true), ("/bin/false", false), ("/sbin/nologin", false)]
        {
            let passwd = format!("a:x:1:1::/:{shell}");
            assert_eq!(Accounts::read(&passwd, "").by_uid(1).unwrap().can_log_in(), expected);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_a_root() {
        let accounts = Accounts::of_this_machine().unwrap();
        assert_eq!(accounts.by_uid(0).unwrap().name, "root");
        assert_eq!(crate::host::file::owner_name(0).as_deref(), Some("root"));
        assert_eq!(crate::host::file::group_name(0).as_deref(), Some("root"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(passwd in "(\\PC|:|\n|[0-9]){0,80}", group in "(\\PC|:|\n|,|[0-9]){0,80}") {
            let accounts = Accounts::read(&passwd, &group);
            prop_assert!(accounts.accounts.len() <= passwd.lines().count());
            for account in &accounts.accounts {
                prop_assert!(accounts.groups_of(account).len() <= accounts.groups.len());
            }
        }
    }
}
