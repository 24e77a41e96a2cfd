//! Profiles of any text, tried on a log of any bytes: no panic, and an error says where it is.
#![no_main]

use std::path::Path;

use hermes_lint::audit::check::Checker;
use hermes_lint::audit::keyring::Keyring;
use hermes_lint::audit::plan::Plan;
use hermes_lint::audit::profile::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The text of the profile, a NUL, and records.
    let (text, log) = match data.iter().position(|&byte| byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &b"{\"hash\":\"x\",\"prev\":null,\"seq\":1}\n"[..]),
    };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let profile = match read(text) {
        Ok(profile) => profile,
        Err(error) => {
            assert!(error.span.is_none_or(|span| span.end <= text.len()));
            return;
        }
    };
    let mut keys = Keyring::default();
    keys.add_secret(None, b"0123456789abcdef");
    // Side files are looked for in a folder that is not there.
    let plan = Plan::new(&profile, Path::new("/nonexistent/a/b"), Some("origin"), &keys);
    let mut checker = Checker::new(&plan);
    for line in log.split(|&byte| byte == b'\n') {
        let mut line = line.to_vec();
        let end = u32::try_from(line.len()).unwrap();
        let utf8 = std::str::from_utf8(&line).is_ok();
        let mut locals = Vec::new();
        let mut record = checker.record(&mut line, (0, end, 0), utf8, 0, &mut locals);
        checker.later(&line, &mut record, Some(0), Some(b"prev"), 0, &mut locals);
    }
});
