//! Several reports as one: the hosts, who passes which item, and which findings they share.
//!
//! Everything in a merged report was written by other machines and is shown as what a scanned file says is: escaped
//! for the format at hand. Verdicts are a matrix while its columns can be looked over, and counts beyond that.

mod human;
mod json;

use std::io::{self, BufWriter, Write};

use super::{Format, Style, plural};
use crate::checklist::Status;
use crate::fleet::{Fleet, Host, Joined, Severities};

/// Most hosts that have a column of their own.
pub(super) const COLUMNS: usize = 20;

/// Hosts that are named at a finding; the others are counted.
pub(super) const NAMED: usize = 8;

/// Writes `fleet` to `out`, buffered and flushed.
///
/// # Errors
///
/// Whatever `out` fails with; a format in which a fleet has no form ([`Format::FLEET`] lists the others).
pub fn write(fleet: &Fleet, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Human => human::write(fleet, style, &mut out)?,
        Format::Json => json::write(fleet, &mut out)?,
        Format::Markdown => super::markdown::fleet(fleet, &mut out)?,
        Format::Html => super::html::fleet(fleet, &mut out)?,
        _ => {
            let error = format!("a merged report has no form in {format}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
    }
    out.flush()
}

/// `2 errors, 1 warning on 3 hosts; 4 files skipped on 1 of them`.
pub(super) fn sentence(fleet: &Fleet) -> String {
    let Severities { errors, warnings, infos } = fleet.severities();
    let found: Vec<String> = [(errors, "error"), (warnings, "warning"), (infos, "info")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| plural(count, noun))
        .collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let mut said = format!("{found} on {}", plural(fleet.hosts.len(), "host"));
    let skips = fleet.hosts.iter().map(Host::skips).fold(0, usize::saturating_add);
    if skips > 0 {
        let hosts = fleet.hosts.iter().filter(|host| host.skips() > 0).count();
        said += &format!("; {} skipped on {hosts} of them", plural(skips, "file"));
    }
    let mut rules: Vec<&str> = fleet.hosts.iter().map(|host| host.rules.as_str()).collect();
    rules.retain(|rules| !rules.is_empty());
    rules.sort_unstable();
    rules.dedup();
    // Then a host without a finding may never have been asked.
    if rules.len() > 1 {
        said += &format!("; {} different rule sets", rules.len());
    }
    said
}

/// The sign of a verdict where there is room for one character.
pub(super) const fn sign(status: Option<Status>) -> char {
    match status {
        Some(Status::Pass) => '✔',
        Some(Status::Fail) => '×',
        Some(Status::Manual) => '☞',
        Some(Status::NotApplicable) => '–',
        Some(Status::Unknown) => '?',
        None => ' ',
    }
}

/// Where a finding is, a few hosts by name: each with its first place and how many more it has.
pub(super) fn places<'f>(fleet: &'f Fleet, joined: &'f Joined) -> Vec<(&'f str, String)> {
    let by_host = joined.places.chunk_by(|a, b| a.host == b.host);
    by_host
        .take(NAMED)
        .filter_map(|places| {
            let first = places.first()?;
            let name = fleet.hosts.get(first.host)?.name.as_str();
            let line = first.line.map(|line| format!(":{line}")).unwrap_or_default();
            let more = match places.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Some((name, format!("{}{line}{more}", first.path)))
        })
        .collect()
}
