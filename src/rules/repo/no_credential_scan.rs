//! `repo/no-credential-scan`: nothing looks for credentials before code lands.

use crate::deployment::Deployment;
use crate::document::EvidenceFile;
use crate::facts::Range;
use crate::finding::{Confidence, Location, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// Where the usual hook framework is configured.
const HOOKS: &str = ".pre-commit-config.yaml";

/// A repository with a deployment runs no credential scanner.
pub struct NoCredentialScan;

impl DeploymentRule for NoCredentialScan {
    const META: RuleMeta = RuleMeta {
        id: "repo/no-credential-scan",
        summary: "no credential scanner runs before code lands",
        severity: Severity::Info,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        checklist: &["pre-commit-scanning", "no-secrets-in-vcs"],
        cwe: &[1127],
        since: "0.1.0",
        page: page!("repo/no-credential-scan"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let tooling = deployment.knowledge.facts().tooling();
        // A folder that is deployed as a repository of its own brings its hooks along.
        let elsewhere = deployment
            .evidence(EvidenceFile::Checks)
            .any(|document| tooling.scanner(document.text.bytes()).is_some());
        if elsewhere {
            return;
        }
        for repository in &deployment.git.repositories {
            if repository.checks.iter().any(|check| tooling.scanner(&check.bytes).is_some()) {
                continue;
            }
            let exists = repository.checks.iter().any(|check| check.path == HOOKS);
            findings.add(
                Self::META
                    .at_location(Location::file(repository.path(HOOKS), HOOKS))
                    .message("neither a hook nor a CI step of this repository looks for credentials before they land")
                    .help(format!(
                        "{} `{HOOKS}`:\nrepos:\n  - repo: local\n    hooks:\n      - id: hermes-lint\n        name: hermes-lint\n        entry: hermes-lint check\n        language: system\n        require_serial: true",
                        if exists { "add to" } else { "write" }
                    ))
                    .anchor("scanner"),
            );
        }
    }
}
