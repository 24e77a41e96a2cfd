#!/usr/bin/env bash
# Builds the binary when it is in neither the PATH nor the cache, and checks: what action.yml runs.
set -euo pipefail

binary=$(command -v hermes-lint || true)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)
if [ -z "$binary" ] || [ "$("$binary" --version)" != "hermes-lint $version" ]; then
  binary=$HERMES_LINT_ROOT/bin/hermes-lint
  if [ ! -x "$binary" ]; then
    command -v cargo >/dev/null || {
      echo "::error::there is no hermes-lint $version on this runner, and no Rust toolchain to build it with"
      exit 2
    }
    echo "::group::building hermes-lint $version, once for this runner image"
    # Outside of the checkout, whose toolchain file and cargo settings are not for this.
    (cd "$GITHUB_ACTION_PATH" && cargo install --quiet --locked --path . --root "$HERMES_LINT_ROOT")
    echo "::endgroup::"
  fi
fi

# The lines of $1 without blanks around them; no shell reads what stands in them.
lines() { printf '%s\n' "$1" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d'; }

arguments=(check --format github)
[ -z "$INPUT_SARIF" ] || arguments+=(--format "sarif=$INPUT_SARIF")
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || arguments+=(--format "markdown=$GITHUB_STEP_SUMMARY")
[ -z "$INPUT_FAIL_ON" ] || arguments+=(--fail-on "$INPUT_FAIL_ON")
if [ "$INPUT_CHANGES" = true ] && [ -n "${GITHUB_BASE_REF:-}" ]; then
  base=refs/remotes/origin/$GITHUB_BASE_REF
  if git merge-base "$base" HEAD >/dev/null 2>&1; then
    arguments+=(--since "$base")
  else
    echo "::warning::the branch that is merged into is not in this clone, so all there is is reported: set fetch-depth: 0 at actions/checkout"
  fi
fi
while IFS= read -r line; do arguments+=("$line"); done < <(lines "$INPUT_ARGUMENTS")
arguments+=(--)
while IFS= read -r line; do arguments+=("$line"); done < <(lines "$INPUT_PATHS")

[ -z "$INPUT_SARIF" ] || echo "sarif=$INPUT_SARIF" >>"$GITHUB_OUTPUT"
exec "$binary" "${arguments[@]}"
