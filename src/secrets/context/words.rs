//! The literals that wake the reader, and what each of them announces.
//!
//! A short word such as `key` is entered with the signs that may follow it at the end of a name, so that
//! `key->`, `keyboard` and `monkeys` wake nobody.

/// What a literal announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakes {
    /// A name, or a part of one, whose word is this many bytes long.
    Name(usize),
    /// An address with `user:password@` in it.
    Address,
    /// An authentication scheme, with a credential behind it.
    Scheme,
    /// A command that takes credentials as arguments.
    Command,
    /// A call whose last argument is a password.
    Call,
    /// `IDENTIFIED BY 'x'`.
    Identified,
    /// A message that shows a password on a line below.
    Shown,
}

macro_rules! table {
    ($($literal:literal => $wakes:expr,)*) => {
        /// What wakes the reader: lower case, to be matched in any case.
        pub const WORDS: &[&str] = &[$($literal,)*];
        /// What each of [`WORDS`] announces.
        pub(super) const WAKES: &[Wakes] = &[$($wakes,)*];
    };
}

use Wakes::{Address, Call, Command, Identified, Name, Scheme, Shown};

table! {
    "password" => Name(8),
    "passwd" => Name(6),
    "passphrase" => Name(10),
    "passcode" => Name(8),
    "storepass" => Name(9),
    "keypass" => Name(7),
    "passwort" => Name(8),
    "secret" => Name(6),
    "token" => Name(5),
    "apikey" => Name(6),
    "api_key" => Name(7),
    "api-key" => Name(7),
    "_key" => Name(4),
    "credential" => Name(10),
    "authorization" => Name(13),
    "pwd=" => Name(3),
    "pwd:" => Name(3),
    "pwd\"" => Name(3),
    "pwd'" => Name(3),
    "pwd =" => Name(3),
    "pwd\\" => Name(3),
    "pwd :" => Name(3),
    "pwd>" => Name(3),
    "pwd(" => Name(3),
    "pass=" => Name(4),
    "pass:" => Name(4),
    "pass\"" => Name(4),
    "pass'" => Name(4),
    "pass =" => Name(4),
    "pass\\" => Name(4),
    "pass :" => Name(4),
    "pass>" => Name(4),
    "pass(" => Name(4),
    "key=" => Name(3),
    "key:" => Name(3),
    "key\"" => Name(3),
    "key'" => Name(3),
    "key =" => Name(3),
    "key\\" => Name(3),
    "key :" => Name(3),
    "key>" => Name(3),
    "auth=" => Name(4),
    "auth:" => Name(4),
    "auth\"" => Name(4),
    "auth'" => Name(4),
    "auth =" => Name(4),
    "auth\\" => Name(4),
    "auth :" => Name(4),
    "auth>" => Name(4),
    "salt=" => Name(4),
    "salt:" => Name(4),
    "salt\"" => Name(4),
    "salt'" => Name(4),
    "salt =" => Name(4),
    "salt\\" => Name(4),
    "salt :" => Name(4),
    "salt>" => Name(4),
    "nonce=" => Name(5),
    "nonce:" => Name(5),
    "nonce\"" => Name(5),
    "nonce'" => Name(5),
    "nonce =" => Name(5),
    "nonce\\" => Name(5),
    "nonce :" => Name(5),
    "cookie=" => Name(6),
    "cookie:" => Name(6),
    "cookie\"" => Name(6),
    "cookie'" => Name(6),
    "cookie =" => Name(6),
    "cookie\\" => Name(6),
    "jwt=" => Name(3),
    "jwt:" => Name(3),
    "jwt\"" => Name(3),
    "jwt'" => Name(3),
    "jwt =" => Name(3),
    "api\"" => Name(3),
    "api=" => Name(3),
    "api =" => Name(3),
    "creds" => Name(5),
    "://" => Address,
    "bearer " => Scheme,
    "basic " => Scheme,
    "digest " => Scheme,
    "ntlm " => Scheme,
    "curl " => Command,
    "wget " => Command,
    "sshpass" => Command,
    "mysql" => Command,
    "psexec" => Command,
    "net user" => Command,
    "net use" => Command,
    "htpasswd" => Command,
    "docker login" => Command,
    "podman login" => Command,
    "smbclient" => Command,
    "rpcclient" => Command,
    "winexe" => Command,
    "xfreerdp" => Command,
    "to-securestring" => Command,
    "mosquitto_" => Command,
    "rabbitmqctl add_user" => Command,
    "rabbitmqctl change_password" => Command,
    "wpa_passphrase" => Command,
    "chpasswd" => Command,
    "networkcredential(" => Call,
    "directoryentry(" => Call,
    "basicauth(" => Call,
    "basic_auth(" => Call,
    "passwordauthentication(" => Call,
    "identified by" => Identified,
    "password to proceed" => Shown,
}

/// Pieces of [`WORDS`] in the spellings that occur, few enough to be looked for in all text with packed
/// comparisons. A word that holds none of them (`key=`, `auth:`) names what is generated, and is read where a
/// long run of token characters is its value.
pub const MARKS: &[&str] = &[
    "pass",
    "Pass",
    "PASS",
    "ecret",
    "ECRET",
    "oken",
    "OKEN",
    "cred",
    "Cred",
    "CRED",
    "_key",
    "_KEY",
    "pi-key",
    "piKey",
    "pikey",
    "uthoriz",
    "UTHORIZ",
    "asic ",
    "earer ",
    "dentified by",
    "DENTIFIED BY",
    "curl ",
    "wget ",
    "mysql",
    "psexec",
    "PsExec",
    "psExec",
    "PSEXEC",
    "docker login",
    "net user",
    "podman login",
    "NET USE",
    "smbclient",
    "rpcclient",
    "winexe",
    "xfreerdp",
    "To-SecureString",
    "mosquitto_",
    "rabbitmqctl",
    "asicAuth",
    "asic_auth",
    "irectoryEntry",
    "pwd=",
    "Pwd=",
    "PWD=",
    "pwd:",
    "PWD:",
    "pwd ",
    "PWD ",
    "pwd\"",
    "pwd'",
    "://",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_pieces_of_words() {
        for mark in MARKS {
            let piece = mark.to_ascii_lowercase();
            assert!(WORDS.iter().any(|word| word.contains(&piece)), "{mark}");
        }
        // What is woken by a run only: words for what is generated.
        let short =
            ["key", "auth", "salt", "nonce", "cookie", "jwt", "api", "pwd", "digest ", "ntlm "];
        for word in WORDS {
            let marked = MARKS.iter().any(|mark| word.contains(&mark.to_ascii_lowercase()));
            assert!(marked || short.iter().any(|start| word.starts_with(start)), "{word}");
        }
    }

    #[test]
    fn literals_are_lower_case_and_met_once() {
        for (i, word) in WORDS.iter().enumerate() {
            assert!(!word.bytes().any(|b| b.is_ascii_uppercase()), "{word}");
            assert!(word.len() >= 4 || *word == "://", "{word}");
            assert!(!WORDS[..i].contains(word), "{word}");
        }
    }
}
