#!/usr/bin/env bash
# Kills a sealer at random moments, 1,000 times by default: tests/audit/kill.sh [TIMES]
set -euo pipefail
cd "$(dirname "$0")/../.."
SEAL_KILLS=${1:-1000} cargo test --profile quick --test audit_seal no_kill_loses_or_doubles_a_line -- --nocapture
