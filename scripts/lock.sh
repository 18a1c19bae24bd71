#!/usr/bin/env bash
# Compiles requirements/: dev.txt holds everything, the other two are parts of it at the same versions.
# With --check nothing is written: fails when the pins no longer are what pyproject.toml asks for.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/uv-env.sh
locks=$(mktemp -d)
trap 'rm -rf "$locks"' EXIT
if [ "${1:-}" = --check ]; then
  cp requirements/*.txt "$locks" # uv keeps the pins that it finds in its output file
fi

compile() {
  local name=$1
  shift
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
    --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --output-file "$locks/$name" "$@"
}
compile dev.txt pyproject.toml gong_emulator/pyproject.toml --group dev --group demo
compile runtime.txt pyproject.toml --constraint "$locks/dev.txt"
compile build.txt --group build --constraint "$locks/dev.txt"

if [ "${1:-}" != --check ]; then
  cp "$locks"/*.txt requirements
  exit
fi
# Names, versions and markers only: a project may add files, and so hashes, to a release that is out already.
pins() { sed -n 's/^\([a-zA-Z0-9].*[^ \\]\) *\\\{0,1\}$/\1/p' "$1"; }
for lock in requirements/*.txt; do
  if ! diff -u --label "$lock" --label 'pyproject.toml asks for' <(pins "$lock") <(pins "$locks/${lock##*/}"); then
    echo "$lock does not match pyproject.toml any more: run make lock" >&2
    exit 1
  fi
done
