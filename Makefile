# `make factory`: text in, model out. `make test`, `make check`: the suite and the static checks.
PYTHON ?= python3.11
PIP_ARGS ?=
CARD ?= configs/laptop.md
BIN := .venv/bin
# Everything temporary stays in this checkout's state folder: flytekit makes a folder per import.
export TMPDIR ?= $(CURDIR)/.factory/tmp

.PHONY: help factory test check prove setup
help: ## what there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: .venv/.ready ## make .venv from the lock

.venv/.ready: requirements/laptop.txt pyproject.toml
	@mkdir -p $(TMPDIR)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else print(f"Python {v[0]}.{v[1]}: 3.11 is what the lock is for (3.12 is unproved); set PYTHON=python3.11") or int(v != (3, 12)))'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/laptop.txt $(PIP_ARGS)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

factory: setup ## set up, then the whole line on CARD (configs/laptop.md)
	$(BIN)/pyflyte run workflows/factory.py factory --card $(CARD)

test: setup ## every test that needs no extra service
	$(BIN)/pytest -m "not services and not gpu and not slow"

check: setup ## ruff, pyright, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
