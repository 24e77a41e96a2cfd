//! The tables for people: a block a channel, as narrow as the style asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Channel, Count, Gate, Home, Source, Tool};
use crate::report::{Style, shown_name};

/// A table of no more rows than this is drawn again, and not referred to.
const FEW: usize = 3;

pub(super) fn human(home: &Home, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let width = style.width.max(80);
    let releases = range(&home.from, &home.to);
    let name = home.config.as_ref().unwrap_or(&home.folder);
    writeln!(out, "{}: Hermes {releases}", shown_name(name))?;
    if !style.quiet {
        for note in &home.notes {
            for line in wrap(&format!("note: {}", shown_name(note)), width, 2) {
                writeln!(out, "{line}")?;
            }
        }
    }
    let terminal = home.channels.iter().find(|channel| channel.kind == "command-line");
    let mut shown: Vec<(&str, Vec<Row>)> = Vec::new();
    for channel in &home.channels {
        writeln!(out)?;
        head(home, channel, width, out)?;
        let mut rows = rows(home, channel);
        let before = shown.iter().find(|(_, other)| rows.len() > FEW && *other == rows);
        if let Some((name, _)) = before {
            writeln!(out, "  the same tools and gates as {}", shown_name(name))?;
            continue;
        }
        let like = terminal.filter(|_| matches!(channel.kind, "single-query" | "dashboard"));
        if let Some(terminal) = like {
            let known = self::rows(home, terminal);
            rows.retain(|row| !known.contains(row));
            let but = if rows.is_empty() { "" } else { ", but:" };
            writeln!(out, "  as on the command line{but}")?;
        } else if channel.runs_script {
            writeln!(out, "  a script without an agent: no tool is reached")?;
        } else if rows.is_empty() {
            writeln!(out, "  no tool is reached")?;
        }
        table(&rows, width, style.verbose > 0, out)?;
        if like.is_none() {
            shown.push((&channel.name, rows));
        }
    }
    if style.quiet {
        return Ok(());
    }
    writeln!(out)?;
    for line in wrap(&summary(home), width, 2) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn head(home: &Home, channel: &Channel, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let who = &channel.who;
    let count = |number: usize, one: &str, many: &str| {
        format!("{number} {}", if number == 1 { one } else { many })
    };
    let mut whom = match who.whom {
        "everyone" => "everyone".to_owned(),
        "listed" => count(who.people.unwrap_or_default(), "person", "people"),
        "paired" => "nobody is listed: those paired by hand".to_owned(),
        "key-holder" => "whoever holds the secret".to_owned(),
        "login" => "whoever logs in".to_owned(),
        "local-account" => "whoever has an account on this machine".to_owned(),
        "upstream" => "whatever the connection delivers".to_owned(),
        "schedule" => "the schedule, with nobody to answer".to_owned(),
        "operator" => "whoever sits at the terminal".to_owned(),
        _ => "unknown".to_owned(),
    };
    if let Some(chats) = who.chats {
        whom.push_str(&format!(", all of {}", count(chats, "chat or role", "chats or roles")));
    }
    if who.bots {
        whom.push_str(", and bots");
    }
    if let Some(admins) = who.admins {
        whom.push_str(&format!(", {}", count(admins, "administrator", "administrators")));
    }
    if let Some(address) = &who.address {
        whom.push_str(&format!(", on {}", shown_name(address)));
    }
    let because: Vec<String> = who.because.iter().map(|source| short(home, source)).collect();
    if !because.is_empty() {
        whom.push_str(&format!(" ({})", because.join("; ")));
    }
    let name = shown_name(&channel.name);
    for line in wrap(&format!("{name} · who: {whom}"), width, 4) {
        writeln!(out, "{line}")?;
    }
    let mut from = format!("toolsets: {}", short(home, &channel.toolsets));
    if let Some(on) = &channel.on {
        from.push_str(&format!(" · on by {}", short(home, on)));
    }
    for line in wrap(&format!("  {from}"), width, 4) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    set: String,
    tools: Vec<String>,
    tier: Option<u8>,
    gate: &'static str,
    because: Vec<String>,
}

/// Tier, toolset and gates: what tools of one row have in common.
type Group<'t> = (std::cmp::Reverse<i16>, &'t str, &'t [Gate]);

/// The tools of a channel by toolset, tier and gate, worst first; what only reads is one row.
fn rows(home: &Home, channel: &Channel) -> Vec<Row> {
    let mut groups: BTreeMap<Group<'_>, Vec<&Tool>> = BTreeMap::new();
    let mut reading: Vec<&Tool> = Vec::new();
    for tool in &channel.tools {
        if tool.tier == Some(0) {
            reading.push(tool);
            continue;
        }
        // What nothing is known of is no better than the worst.
        let rank = tool.tier.map_or(i16::MAX, i16::from);
        groups
            .entry((std::cmp::Reverse(rank), tool.group(), tool.gates.as_slice()))
            .or_default()
            .push(tool);
    }
    let mut rows: Vec<Row> = groups
        .into_iter()
        .map(|((_, set, gates), tools)| Row {
            set: shown_name(set).into(),
            tools: tools.iter().map(|tool| shown_name(own_name(tool)).into()).collect(),
            tier: tools.first().and_then(|tool| tool.tier),
            gate: gates.iter().max_by_key(|gate| gate.lax).map_or("unknown", |gate| gate.gate),
            because: reasons(home, gates),
        })
        .collect();
    if !reading.is_empty() {
        let sets: BTreeSet<&str> = reading.iter().map(|tool| tool.group()).collect();
        let sets: Vec<String> = sets.into_iter().map(|set| shown_name(set).into()).collect();
        rows.push(Row {
            set: "read only".to_owned(),
            tools: vec![match reading.len() {
                1 => "1 tool".to_owned(),
                many => format!("{many} tools"),
            }],
            tier: Some(0),
            gate: "none",
            because: vec![sets.join(", ")],
        });
    }
    rows
}

/// Its name without that of its server, which stands beside it.
fn own_name(tool: &Tool) -> &str {
    let Some(server) = &tool.server else { return &tool.name };
    match tool.name.strip_prefix(server.as_str()).and_then(|rest| rest.strip_prefix('.')) {
        Some(own) => own,
        None => "all of this MCP server",
    }
}

fn reasons(home: &Home, gates: &[Gate]) -> Vec<String> {
    let reason = |gate: &Gate| match &gate.because {
        Some(source) => format!("{}; {}", gate.what, short(home, source)),
        None => gate.what.to_owned(),
    };
    match gates {
        [only] => vec![reason(only)],
        several => several
            .iter()
            .map(|gate| format!("{}: {}, {}", range(&gate.from, &gate.to), gate.gate, reason(gate)))
            .collect(),
    }
}

fn table(rows: &[Row], width: usize, all: bool, out: &mut dyn Write) -> io::Result<()> {
    const SET: usize = 14;
    const TOOLS: usize = 26;
    /// How many tools a row names unless all are asked for.
    const NAMED: usize = 4;
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {:SET$} {:TOOLS$} tier gate    because", "toolset", "tools")?;
    let left = 2 + SET + 1 + TOOLS + 1 + 4 + 1 + 7 + 1;
    for row in rows {
        let tier = row.tier.map_or_else(|| "?".to_owned(), |tier| tier.to_string());
        let set = wrap(&row.set, SET, 0);
        let named = match row.tools.get(..NAMED - 1) {
            Some(first) if !all && row.tools.len() > NAMED => {
                format!("{}, {} more", first.join(", "), row.tools.len() - first.len())
            }
            _ => row.tools.join(", "),
        };
        let tools = wrap(&named, TOOLS, 0);
        let because: Vec<String> = row
            .because
            .iter()
            .flat_map(|reason| wrap(reason, width.saturating_sub(left), 1))
            .collect();
        let lines = set.len().max(tools.len()).max(because.len());
        for number in 0..lines {
            let cell = |lines: &[String]| lines.get(number).cloned().unwrap_or_default();
            let (tier, gate) = if number == 0 { (tier.as_str(), row.gate) } else { ("", "") };
            let line = format!(
                "  {:SET$} {:TOOLS$} {tier:>4} {gate:7} {}",
                cell(&set),
                cell(&tools),
                cell(&because)
            );
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

fn summary(home: &Home) -> String {
    let of = |count: fn(Count) -> usize| -> (BTreeSet<&str>, Vec<String>) {
        let mut tools = BTreeSet::new();
        let mut from = Vec::new();
        for channel in &home.channels {
            let number = count(channel.count());
            if number > 0 {
                from.push(format!("{} {number}", shown_name(&channel.name)));
            }
            for tool in &channel.tools {
                let alone = Channel { tools: vec![tool.clone()], ..channel.clone() };
                if count(alone.count()) > 0 {
                    tools.insert(tool.name.as_str());
                }
            }
        }
        (tools, from)
    };
    let (open, from) = of(|count| count.open);
    let mut text = match open.len() {
        0 => "no tool of tier 2 or 3 stands without a gate".to_owned(),
        1 => format!("1 tool of tier 2 or 3 stands without a gate: {}", from.join(", ")),
        many => format!("{many} tools of tier 2 or 3 stand without a gate: {}", from.join(", ")),
    };
    let (smart, _) = of(|count| count.smart);
    if !smart.is_empty() {
        text.push_str(&format!("; a model decides on {} more", smart.len()));
    }
    let (unknown, _) = of(|count| count.unknown);
    if !unknown.is_empty() {
        text.push_str(&format!("; {} unknown", unknown.len()));
    }
    text
}

/// `approvals.mode: off, config.yaml:49`, or `approvals.mode, default`.
fn short(home: &Home, source: &Source) -> String {
    const LONGEST: usize = 24;
    let setting = shown_name(&source.setting);
    let Some(path) = &source.path else {
        let is_key = source.setting.contains(['.', '_']) && !source.setting.contains(' ');
        return format!("{setting}{}", if is_key { ", default" } else { "" });
    };
    let value = source
        .value
        .as_deref()
        .map(str::trim)
        .filter(|value| value.len() <= LONGEST && !value.contains('\n') && !value.is_empty());
    let value = value.map(|value| format!(": {}", shown_name(value))).unwrap_or_default();
    let line = source.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{setting}{value}, {}{line}", shown_name(&relative(&home.folder, path)))
}

/// `path` as seen from `folder`.
fn relative(folder: &str, path: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if let Some(rest) = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
        return rest.to_owned();
    }
    if folder == "." || folder.starts_with('/') != path.starts_with('/') {
        return path.to_owned();
    }
    let (here, there): (Vec<&str>, Vec<&str>) =
        (folder.split('/').collect(), path.split('/').collect());
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    // Nothing in common but the root: the way up says less than the path.
    if shared < 2 && path.starts_with('/') || shared == 0 {
        return path.to_owned();
    }
    let up = here.len() - shared;
    let rest: Vec<&str> = there.into_iter().skip(shared).collect();
    format!("{}{}", "../".repeat(up), rest.join("/"))
}

fn range(from: &str, to: &str) -> String {
    if from == to { from.to_owned() } else { format!("{from} to {to}") }
}

/// `text` in lines of at most `width` characters, broken at blanks, those after the first indented; a word that is
/// longer than a line is cut.
fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let width = width.max(indent + 8);
    let lead: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut lines: Vec<String> = Vec::new();
    let mut line = lead;
    let mut filled = line.chars().count();
    let mut fresh = true;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if !fresh && filled + 1 + word.len() > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            filled = indent;
            fresh = true;
        }
        while filled + usize::from(!fresh) + word.len() > width {
            let room = width.saturating_sub(filled).max(1);
            let rest = word.split_off(room.min(word.len()));
            line.extend(word);
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            filled = indent;
            word = rest;
        }
        if !fresh {
            line.push(' ');
            filled += 1;
        }
        filled += word.len();
        line.extend(word);
        fresh = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 9, 1), ["one two", " three"]);
        assert_eq!(wrap("  abcdefghijkl", 8, 0), ["  abcdef", "ghijkl"]);
        assert_eq!(wrap("", 20, 0), [""]);
        let long = "x".repeat(100);
        assert!(wrap(&long, 20, 2).iter().all(|line| line.chars().count() <= 20));
    }

    #[test]
    fn paths_are_seen_from_the_home() {
        assert_eq!(relative("a/home", "a/home/config.yaml"), "config.yaml");
        assert_eq!(relative("a/home", "a/deploy/x.service"), "../deploy/x.service");
        assert_eq!(relative(".", "deploy/x.service"), "deploy/x.service");
        assert_eq!(relative("/srv/hermes", "/etc/hermes/.env"), "/etc/hermes/.env");
        assert_eq!(relative("a/homes", "a/home/config.yaml"), "../home/config.yaml");
    }
}
