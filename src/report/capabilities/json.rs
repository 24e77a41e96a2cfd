//! The tables as one JSON object.

use serde_json::{Value, json};

use super::{Channel, Home, Source};

pub(super) fn json_of(homes: &[Home]) -> Value {
    let homes: Vec<Value> = homes
        .iter()
        .map(|home| {
            json!({
                "home": home.folder,
                "config": home.config,
                "releases": { "from": home.from, "to": home.to },
                "notes": home.notes,
                "channels": home.channels.iter().map(json_of_channel).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "version": 1, "homes": homes })
}

fn json_of_channel(channel: &Channel) -> Value {
    let who = &channel.who;
    let count = channel.count();
    let tools: Vec<Value> = channel
        .tools
        .iter()
        .map(|tool| {
            let gates: Vec<Value> = tool
                .gates
                .iter()
                .map(|gate| {
                    json!({
                        "from": gate.from,
                        "to": gate.to,
                        "gate": gate.gate,
                        "covers": gate.what,
                        "because": gate.because.as_ref().map(json_of_source),
                    })
                })
                .collect();
            json!({
                "name": tool.name,
                "toolset": tool.toolset,
                "mcp_server": tool.server,
                "tier": tool.tier,
                "tier_by": tool.tier_by,
                "gate": tool.worst().map_or("unknown", |gate| gate.gate),
                "gates": gates,
            })
        })
        .collect();
    json!({
        "kind": channel.kind,
        "id": channel.id,
        "name": channel.name,
        "on": channel.on.as_ref().map(json_of_source),
        "toolsets": json_of_source(&channel.toolsets),
        "who": {
            "whom": who.whom,
            "people": who.people,
            "chats": who.chats,
            "bots": who.bots,
            "admins": who.admins,
            "address": who.address,
            "because": who.because.iter().map(json_of_source).collect::<Vec<_>>(),
        },
        "tools": tools,
        "summary": { "ungated": count.open, "model": count.smart, "unknown": count.unknown },
    })
}

fn json_of_source(source: &Source) -> Value {
    json!({
        "setting": source.setting,
        "path": source.path,
        "line": source.line,
        "value": source.value,
    })
}
