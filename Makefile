# `make factory`: text in, model out. `make test`, `make check`: the suite and the static checks.
PYTHON ?= python3.11
PIP_ARGS ?=
CARD ?= configs/laptop.md
BIN := .venv/bin
# Everything temporary stays in this checkout's state folder: flytekit makes a folder per import.
export TMPDIR ?= $(CURDIR)/.factory/tmp

BENCH := --peer-python .venv-datatrove/bin/python

.PHONY: help factory test faults check prove bench-data pictures setup lock lock-resolved images-pin bases-pin services test-services
help: ## what there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: .venv/.ready ## make .venv from the lock

.venv/.ready: requirements/laptop.txt pyproject.toml
	@mkdir -p $(TMPDIR)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else print(f"Python {v[0]}.{v[1]}: 3.11 is what the lock is for (3.12 is unproved); set PYTHON=python3.11") or int(v != (3, 12)))'
	$(PYTHON) -m venv .venv
	@echo "installing the lock into .venv: a few minutes, about 2.5 GB"
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/laptop.txt $(PIP_ARGS)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

factory: setup ## set up, then the whole line on CARD (configs/laptop.md)
	$(BIN)/pyflyte run workflows/factory.py factory --card $(CARD)

test: setup ## every test that needs no extra service
	$(BIN)/pytest -n 2 --dist loadfile -m "not services and not gpu and not slow and not faults"

faults: setup ## the whole fault matrix: kill -9 from ingest to RL, live tables, memory on ten times the data
	$(BIN)/pytest -n 2 --dist loadfile -m faults

prove: setup ## the full-size proofs on CARD: cache, determinism, kill and resume, replay, then what RL teaches
	FACTORY_TEST_CARD=$(CARD) $(BIN)/pytest --durations=0 tests/integration/test_line.py
	$(BIN)/python tests/prove/learning.py --card $(CARD)

bench-data: setup .venv-datatrove/.ready .venv-streaming/.ready ## the data engine and the blender against their peers: hours; then README's table
	$(BIN)/python benchmarks/data_filters.py $(BENCH)
	$(BIN)/python benchmarks/data_dedup.py $(BENCH)
	$(BIN)/python benchmarks/data_chain.py $(BENCH)
	PYTHONPATH=. $(BIN)/python benchmarks/data_planted.py
	$(BIN)/python benchmarks/data_packing.py
	$(BIN)/python benchmarks/data_stream.py --peer-python .venv-streaming/bin/python
	$(BIN)/python benchmarks/table.py --write

.venv-%/.ready: requirements/bench-%.txt
	@mkdir -p $(TMPDIR)
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/pip install --quiet --disable-pip-version-check -r requirements/bench-$*.txt $(PIP_ARGS)
	@touch $@

pictures: setup ## draw README's pictures again from the newest run on CARD; run `make factory` first
	cp .factory/decks/line.svg docs/line.svg
	$(BIN)/python docs/record.py docs/trace.svg 'factory trace stdlib:ipaddress.py::_count_righthand_zero_bits'
	@printf -- '---\nextends: %s\nname: higher-lr\nrl: {optimizer: {lr: 0.0005}}\n---\n' $(CURDIR)/$(CARD) > .factory/tmp/higher-lr.md
	$(BIN)/python docs/record.py docs/change.svg 'cat .factory/tmp/higher-lr.md' 'pyflyte run workflows/factory.py factory --card .factory/tmp/higher-lr.md'

check: setup ## ruff, pyright, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache

services: .venv-services/.ready ## make .venv-services: the S3 server of the service tests

.venv-services/.ready: requirements/services.txt
	@mkdir -p $(TMPDIR)
	$(PYTHON) -m venv .venv-services
	.venv-services/bin/pip install --quiet --disable-pip-version-check -r requirements/services.txt $(PIP_ARGS)
	@touch $@

test-services: setup services ## the line on PostgreSQL and S3, started by the test (Debian's postgresql installed)
	$(BIN)/pytest -m services

lock: setup ## write the locks again from what is installed
	$(BIN)/python requirements/lock.py laptop data train

lock-resolved: setup ## ask pip for the versions of what is not installed here: vLLM, the S3 server
	$(BIN)/python requirements/lock.py --resolve inference services

images-pin: ## write the digests of our images, where the registry can be reached
	$(PYTHON) dockerfiles/pin.py

bases-pin: ## write the digests of the Dockerfiles' bases
	$(PYTHON) dockerfiles/pin.py --bases
