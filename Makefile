# `make help` lists what there is. Every target sets .venv up by itself the first time; none asks anything.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help setup demo test check fix lock lock-check standard-tests container-test bench soak clean

BIN := .venv/bin
READY := .venv/.ready
# PyAirbyte would look connectors up on the network, and report usage.
export AIRBYTE_OFFLINE_MODE := 1
export DO_NOT_TRACK := 1

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

setup: $(READY) ## fill .venv (Python 3.11 or 3.12) with the locked dependencies and this checkout

$(READY): requirements/build.txt requirements/dev.txt pyproject.toml gong_emulator/pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

demo: $(READY) ## emulator -> source-gong -> DuckDB, twice, with a table of what moved
	@$(BIN)/python -m demo

test: $(READY) ## all tests but the soak ones
	@$(BIN)/pytest -n auto unit_tests integration_tests

check: $(READY) ## lint, format, types, generated docs, locks, metadata: what CI checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m scripts.docs --check
	@scripts/lock.sh --check
	@$(BIN)/python -m scripts.metadata

fix: $(READY) ## apply what lint and format can mend by themselves, and write the generated docs
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m scripts.docs

lock: $(READY) ## compile requirements/ anew with the newest versions that pyproject.toml allows
	@scripts/lock.sh

lock-check: $(READY) ## do the locks still satisfy pyproject.toml?
	@scripts/lock.sh --check

standard-tests: $(READY) ## the CDK's own connector tests, against the emulator
	@$(BIN)/python -m scripts.standard_tests

container-test: $(READY) ## build the image and run it as a platform does, against the emulator outside it
	@$(BIN)/python -m scripts.container_test

bench: $(READY) ## requests, pace, CPU and memory beside references, as a table and in .cache/bench.json
	@$(BIN)/python -m bench --json .cache/bench.json

soak: $(READY) ## the long tests
	@$(BIN)/pytest -m soak --timeout 3600 unit_tests integration_tests

clean: ## remove .venv and what tools left behind; secrets/ and databases stay
	@rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	@find . -name __pycache__ -prune -exec rm -rf {} +
