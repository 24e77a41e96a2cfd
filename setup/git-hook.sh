#!/bin/sh
# Written by `hermes-lint init`: stops a commit that adds an error. Remove this file to switch it off in this clone.
case $0 in
*.legacy)
  # A hook framework was installed later and runs this first: its own entry does the same once more.
  grep -qs 'id: hermes-lint\|id = "hermes-lint' .pre-commit-config.yaml .pre-commit-config.yml prek.toml && exit 0
  ;;
esac
if command -v hermes-lint >/dev/null; then
  exec hermes-lint check --hook
fi
exec hermes-lint-elsewhere check --hook
