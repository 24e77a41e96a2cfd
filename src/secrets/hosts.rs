//! Tells the addresses that documentation uses from those that a password opens.
//!
//! Names reserved for examples (RFC 2606, RFC 6761) are never reported, whatever the password. This
//! machine's own name is in half of all tutorials and in real deployments too, so there a password that is no
//! word still counts.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::assignment::looks_generated;
use super::wording::Wording;

/// Reserved second-level names; what ends in `.name` belongs to them.
const DOMAINS: [&[u8]; 3] = [b"example.com", b"example.org", b"example.net"];
/// Reserved top-level names. Not `.example`: reports and anonymised configs keep real passwords beside it.
const ENDINGS: [&[u8]; 2] = [b"test", b"invalid"];
/// The longest host name of the DNS.
const LONGEST_HOST: usize = 253;
/// How far into a value its address may begin: a scheme and a driver.
const LONGEST_SCHEME: usize = 40;

/// True when `after`, the bytes behind `password`, is `@` and a host that documentation uses.
pub(super) fn is_example(password: &[u8], after: &[u8]) -> bool {
    let Some(host) = host(after) else { return false };
    is_reserved_name(host) || is_this_machine(host) && !is_chosen(password) && !is_mixed(password)
}

/// True for a password that is no word and no word with a counter: someone has set it.
fn is_chosen(password: &[u8]) -> bool {
    let wording = Wording::of(password);
    let mixed = password.len() >= 6
        && password.iter().any(u8::is_ascii_digit)
        && wording.runs > 0
        && !wording.is_wordy();
    looks_generated(password) || wording.is_gibberish() || mixed
}

/// True when `after` is `@` and a host whose name is reserved for examples.
pub(super) fn is_reserved(after: &[u8]) -> bool {
    host(after).is_some_and(is_reserved_name)
}

/// The host in `@host:port/path`.
fn host(after: &[u8]) -> Option<&[u8]> {
    let Some((b'@', rest)) = after.split_first() else { return None };
    let inside = |b: &&u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(b);
    let length = rest.iter().take(LONGEST_HOST + 8).take_while(inside).count();
    let (host, tail) = rest.split_at_checked(length).unwrap_or_default();
    // More userinfo follows: the host is further on.
    (tail.first() != Some(&b'@')).then(|| without_port(host))
}

/// Eight characters or more, small and capital letters and a digit that does not merely end a word: what is in
/// tutorials has none of it.
fn is_mixed(password: &[u8]) -> bool {
    let word = password.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |end| end + 1);
    let word = password.get(..word).unwrap_or_default();
    password.len() >= 8
        && word.iter().any(u8::is_ascii_digit)
        && password.iter().any(u8::is_ascii_uppercase)
        && password.iter().any(u8::is_ascii_lowercase)
}

fn is_this_machine(host: &[u8]) -> bool {
    host.eq_ignore_ascii_case(b"localhost") || host == b"127.0.0.1" || host == b"[::1]"
}

fn is_reserved_name(host: &[u8]) -> bool {
    let ends = |name: &[u8]| {
        host.len().checked_sub(name.len()).is_some_and(|from| {
            let (before, end) = host.split_at_checked(from).unwrap_or_default();
            end.eq_ignore_ascii_case(name) && matches!(before.last(), None | Some(b'.'))
        })
    };
    if DOMAINS.iter().any(|name| ends(name)) {
        return true;
    }
    // A bare `test` is a container's name.
    host.contains(&b'.') && ENDINGS.iter().any(|name| ends(name))
}

/// True when `value` is an address with userinfo whose host documentation uses.
pub(super) fn is_example_address(value: &[u8]) -> bool {
    let Some(at) = value.windows(3).take(LONGEST_SCHEME).position(|w| w == b"://") else {
        return false;
    };
    let rest = value.get(at + 3..).unwrap_or_default();
    let stop = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = rest.get(..stop).unwrap_or_default();
    let Some(end) = authority.iter().rposition(|&b| b == b'@') else { return false };
    let (userinfo, after) = authority.split_at_checked(end).unwrap_or_default();
    let password = userinfo.iter().position(|&b| b == b':').map_or(0, |colon| colon + 1);
    is_example(userinfo.get(password..).unwrap_or_default(), after)
}

/// The host before `:8080`, a trailing dot set aside.
fn without_port(host: &[u8]) -> &[u8] {
    let end = if host.starts_with(b"[") {
        host.iter().position(|&b| b == b']').map(|at| at + 1)
    } else {
        host.iter().position(|&b| b == b':')
    };
    let host = host.get(..end.unwrap_or(host.len())).unwrap_or_default();
    host.strip_suffix(b".").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names() {
        for after in [
            "@example.com",
            "@git.Example.org:443/x",
            "@example.net.",
            "@db.service.test:5432/x",
            "@mail.invalid",
        ] {
            assert!(is_example(b"q7m2b9x4kt1wz", after.as_bytes()), "{after}");
        }
        for after in [
            "",
            "example.com",
            "@",
            "@notexample.com",
            "@example.com.evil.io",
            "@test",
            "@test:5432",
            "@latest",
            "@git.internal",
            "@example.com@db.internal/",
        ] {
            assert!(!is_example(b"q7m2b9x4kt1wz", after.as_bytes()), "{after}");
        }
    }

    #[test]
    fn this_machine_opens_for_generated_passwords() {
        for host in ["@localhost:5432/db", "@127.0.0.1/", "@[::1]:6379"] {
            assert!(is_example(b"hunter2", host.as_bytes()), "{host}");
            assert!(!is_example(b"q7m2b9x4kt1wz", host.as_bytes()), "{host}");
        }
        assert!(!is_example(b"hunter2", b"@localhost.corp"));
        for chosen in ["qzvkpwx", "qzk481", "zxq4wkvbp"] {
            assert!(!is_example(chosen.as_bytes(), b"@localhost:5432/db"), "{chosen}");
        }
        for word in ["postgres", "admin123", "my-pass", "root"] {
            assert!(is_example(word.as_bytes(), b"@localhost:5432/db"), "{word}");
        }
    }
}
