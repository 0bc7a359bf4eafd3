# Needs Python 3.11 or newer, make and a package index. Everything else goes into .venv.
.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# The first Python that is new enough; `make PYTHON=/path/to/python3.12 demo` chooses another one.
CANDIDATES := python3 python3.11 python3.12 python3.13 python3.14
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,$(CANDIDATES),$(shell $(name) -c "$(NEW_ENOUGH)" 2>/dev/null && echo $(name))))
COG := COLUMNS=80 $(BIN)/cog -I docs -I .
GENERATED := README.md $(wildcard docs/*.md)
TRANSCRIPTS := $(shell grep -l '^$$ costctl ' README.md docs/*.md 2>/dev/null)
CODE := costctl tests benchmarks docs examples

.PHONY: help setup demo test check lint type fmt docs docs-check bench coverage test-faults clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## Create .venv with costctl and its development tools

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer found; name one: make PYTHON=/path/to/python3.11 setup" >&2; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { \
		echo "make: $(PYTHON) cannot create environments; on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version), once ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . --group dev
	@touch $@

demo: $(STAMP) ## A month of sample logs: where the money goes, what a plan would save, whether the budget holds
	@BIN=$(BIN) examples/demo.sh

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest -n auto

check: lint type docs-check test ## All that must hold: lint, types, generated docs, tests

lint: $(STAMP) ## Formatting, lint rules, import contracts
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/lint-imports

type: $(STAMP) ## Strict types
	@$(BIN)/mypy -p costctl

fmt: $(STAMP) ## Format, and fix what can be fixed
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix-only --quiet $(CODE)

docs: $(STAMP) ## Write the generated parts of the docs
	@$(COG) -r $(GENERATED)
	@$(BIN)/python -m tests.docs.transcripts $(TRANSCRIPTS)

docs-check: $(STAMP) ## The generated parts of the docs say what the code says
	@$(COG) --check $(GENERATED)

coverage: $(STAMP) ## Tests with branch coverage
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term-missing:skip-covered

bench: $(STAMP) ## Measure speed and memory as ratios (several minutes, several GB in bench/)
	@$(BIN)/python -m benchmarks

test-faults: $(STAMP) ## Kill the ingest at random moments, over and over
	@$(BIN)/python -m pytest -m faults --override-ini="addopts=--import-mode=importlib -q"

clean: ## Remove what setup, demo and bench made
	rm -rf $(VENV) demo bench
