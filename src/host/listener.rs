//! Listening TCP sockets, by the tables of `/proc/net`.
//!
//! The tables name the account of each socket, so that whose port it is can be told without root; which
//! process it is can't, and is not asked.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The state of a socket that waits for connections.
const LISTEN: &str = "0A";

/// One socket that waits for connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The address it is bound to.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// The account it belongs to.
    pub uid: u32,
}

impl Listener {
    /// True when other machines reach it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.address {
            IpAddr::V4(address) => !address.is_loopback(),
            IpAddr::V6(address) => {
                !address.is_loopback()
                    && !address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback())
            }
        }
    }
}

/// The listening sockets in `table`, the text of `/proc/net/tcp` or `/proc/net/tcp6`.
#[must_use]
pub fn read(table: &str) -> Vec<Listener> {
    table.lines().skip(1).filter_map(line).collect()
}

fn line(line: &str) -> Option<Listener> {
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    // Queues, timer and retransmissions stand between the state and the account.
    let uid = fields.nth(3)?.parse().ok()?;
    Some(Listener {
        address: self::address(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        uid,
    })
}

/// Words of 32 bits, each in the order of the machine's bytes, which are taken to be the usual ones.
fn address(text: &str) -> Option<IpAddr> {
    let mut bytes = Vec::with_capacity(16);
    for word in text.as_bytes().chunks(8) {
        let word = u32::from_str_radix(str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_le_bytes());
    }
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) if text.len() == 8 => Some(IpAddr::V4(Ipv4Addr::from(four))),
        _ => Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    #[test]
    fn tables_are_read() {
        let four = format!(
            "{HEAD}   0: 0100007F:21C2 00000000:0000 0A 00000000:00000000 00:00000000 00000000   990        0 1 1 0 100 0 0 10 0\n   1: 00000000:239F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2\n   2: 0100007F:239F 0100007F:0001 01 00000000:00000000 00:00000000 00000000     0        0 3\n"
        );
        let found: Vec<_> = read(&four)
            .iter()
            .map(|l| (l.address.to_string(), l.port, l.uid, l.is_open()))
            .collect();
        assert_eq!(
            found,
            [("127.0.0.1".into(), 8642, 990, false), ("0.0.0.0".into(), 9119, 0, true)]
        );
        let six = format!(
            "{HEAD}   0: 00000000000000000000000001000000:239F 0:0 0A 0:0 00:0 0 7 0 1\n   1: 00000000000000000000000000000000:239F 0:0 0A 0:0 00:0 0 7 0 1\n   2: 0000000000000000FFFF00000100007F:239F 0:0 0A 0:0 00:0 0 7 0 1\n"
        );
        let found: Vec<_> =
            read(&six).iter().map(|l| (l.address.to_string(), l.is_open())).collect();
        assert_eq!(
            found,
            [("::1".into(), false), ("::".into(), true), ("::ffff:127.0.0.1".into(), false)]
        );
    }

    proptest! {
        #[test]
        fn any_table_is_read(table in "[0-9A-F: \n]{0,300}") {
            assert!(read(&table).len() <= table.lines().count());
        }
    }
}
