//! File names that Hermes, or whatever starts it, reads: looked at even where git ignores them.
//!
//! Names alone, no content: the walk must decide before it opens a file. What a file really is, the
//! document stage decides.

/// Names that stand for themselves, wherever they are.
const EXACT: &[&str] = &[
    ".env",
    ".op.env",
    ".envrc",
    "auth.json",
    "gateway.json",
    "jobs.json",
    "SOUL.md",
    "SKILL.md",
    "MEMORY.md",
    "USER.md",
    "AGENTS.md",
    "CLAUDE.md",
    "HERMES.md",
    ".hermes.md",
    ".cursorrules",
    "webhook_subscriptions.json",
    "shell-hooks-allowlist.json",
    ".anthropic_oauth.json",
    "google_oauth.json",
    "slack_tokens.json",
    "honcho.json",
    "mem0.json",
    "HOOK.yaml",
    ".pre-commit-config.yaml",
    "Dockerfile",
    "Containerfile",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    ".hermes-lint.toml",
    "lock.json",
];

/// True for a name that Hermes, or what starts it, reads.
#[must_use]
pub fn hermes_named(name: &str) -> bool {
    EXACT.contains(&name)
        || name.starts_with(".env.")
        || name.ends_with(".env")
        || is_config_name(name)
        || is_unit_name(name)
        || name.starts_with("docker-compose.")
        || name.starts_with("compose.")
        || name.starts_with("Dockerfile.")
}

/// True for a name that is worth reading to know the deployment of a named file.
#[must_use]
pub fn context_worthy(name: &str) -> bool {
    hermes_named(name)
        || matches!(name, "renovate.json" | "renovate.json5" | "dependabot.yml" | "dependabot.yaml")
        || matches!(name, "lefthook.yml" | "lefthook.yaml" | "prek.toml" | ".gitleaks.toml")
}

/// `config.yaml`, its copies and templates, `hermes.yaml`, `cli-config.yaml`, `values*.yaml` are decided by
/// content; this only asks whether the name could hold a Hermes config at all.
fn is_config_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (lower.contains("config") || lower.contains("hermes"))
        && (lower.contains(".yaml") || lower.contains(".yml"))
}

fn is_unit_name(name: &str) -> bool {
    [".service", ".timer"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_hermes_reads() {
        for name in [".env", ".env.prod", "config.yaml", "config.yaml.bak.2026", "hermes.service"] {
            assert!(hermes_named(name), "{name}");
        }
        for name in ["main.rs", "package.json", "values.txt", "environment.ts"] {
            assert!(!hermes_named(name), "{name}");
        }
    }
}
