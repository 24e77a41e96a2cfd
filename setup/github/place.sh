#!/usr/bin/env bash
# Says where action.yml finds the binary of its own version: on the PATH, or in a folder that is cached.
set -euo pipefail

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)
found=$(hermes-lint --version 2>/dev/null || true)
# Two commits can have one version: what is built is told apart by its sources.
sources=$(cd "$GITHUB_ACTION_PATH" && find Cargo.lock build.rs src rules -type f -print0 | LC_ALL=C sort -z |
  xargs -0 cat | git hash-object --stdin)
{
  [ "$found" = "hermes-lint $version" ] && echo "installed=true" || echo "installed=false"
  echo "folder=${RUNNER_TOOL_CACHE:-$HOME/.cache}/hermes-lint/$sources"
  echo "key=hermes-lint-${RUNNER_OS:-unknown}-${RUNNER_ARCH:-unknown}-$sources"
} >>"$GITHUB_OUTPUT"
