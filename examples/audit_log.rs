//! Writes a chained log of the given size, for measurements: `audit_log FILE BYTES RECORD_BYTES [jcs]`.
//!
//! With `jcs`, the members stand in another order and with blanks, as writers of other formats leave them.

use std::fs::File;
use std::io::{BufWriter, Write};

use hermes_lint::audit::record::{Chain, Map};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(bytes), Some(record)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: audit_log FILE BYTES RECORD_BYTES [jcs]".into());
    };
    let (bytes, record): (u64, usize) = (bytes.parse()?, record.parse()?);
    let jcs = arguments.next().as_deref() == Some("jcs");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut chain = Chain::genesis("bench.example");
    let mut written = 0;
    let mut number = 0_u64;
    // What surrounds the text in a record of this shape.
    let filler = "The quick brown fox jumps over the lazy dog, and it is logged. ";
    let text = filler.repeat(record / filler.len() + 1);
    let text = &text[..record.saturating_sub(440)];
    while written < bytes {
        let args = Map::new().with("command", "ls -la /srv/data | head -5").with("timeout", "30.5");
        let event = Map::new()
            .with("in", Map::new().with("args", args).with("text", text).with("bytes", number))
            .with("out", Map::new().with("ms", 12).with("status", "ok"))
            .with("ref", Map::new().with("call", format!("call_{number}")))
            .with("what", Map::new().with("kind", "tool.result").with("name", "terminal"))
            .with("who", Map::new().with("agent", "hermes").with("session", "session-0001"));
        let line = chain.seal(event, "2026-11-21T19:40:00.000000Z");
        let line = line.trim_end();
        if jcs {
            // The hash first: no line is canonical as it stands.
            let (body, hash) = line.split_at(line.len() - 82);
            writeln!(out, "{{{}, {}}}", &hash[1..hash.len() - 1], &body[1..])?;
        } else {
            writeln!(out, "{line}")?;
        }
        written += line.len() as u64 + 1;
        number += 1;
    }
    out.flush()?;
    Ok(())
}
