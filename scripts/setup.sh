#!/usr/bin/env bash
# Fills .venv with exactly what requirements/dev.txt pins, and with this checkout itself. `make setup` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

python=
for candidate in "${PYTHON:-}" python3.11 python3.12 python3; do
  if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "setup: needs Python 3.11 or 3.12; name yours with PYTHON=/path/to/python3 make setup" >&2
  exit 1
fi

echo "setup: filling .venv, once; usually well under a minute" >&2
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/build.txt

# uv installs in seconds what takes pip minutes; what it cannot reach, pip still may.
. scripts/uv-env.sh
if ! .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/dev.txt; then
  echo "setup: trying the same with pip" >&2
  .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
fi

# Editable, without the network: dependencies and build backend are there already.
.venv/bin/uv pip install --quiet --offline --python .venv/bin/python --no-deps --no-build-isolation -e . -e ./gong_emulator
