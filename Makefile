# `make` lists what there is. Each target first makes .venv, which takes a moment once and
# nothing afterwards. A machine needs git, make and Python 3.11 or newer; no Java, no Docker.

SHELL := /bin/sh
BIN := .venv/bin

# The first Python that is new enough; PYTHON=... names another one.
PYTHON := $(or $(PYTHON),$(shell \
	for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done))

# Whoever keeps nothing compiled would compile all of it for every process that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help ready demo up test test-long check format lint types bench bench-quick faults faults-quick fuzz \
	soak simulate sabotage mutants generate lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: ready ## play the sample film from greenlight to release, and show the answers
	$(BIN)/reel demo

up: ready ## start everything on this machine, with its data in .reel
	$(BIN)/reel up

# Two files of tests at a time, each on servers of its own.
test: ready ## run the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: ready ## all that a change must pass: format, lint, types, imports, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-long: ready ## run the tests that take long, or start servers of their own
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --timeout 900 -m long

format: ready ## lay the code out
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: ready ## look for mistakes and for imports that flow the wrong way
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: ready ## prove the types
	$(BIN)/mypy

bench: ready ## measure every figure beside its peers; takes up to an hour
	$(BIN)/python -m bench

bench-quick: ready ## the same figures, small; fails where one fell by half
	$(BIN)/python -m bench --quick

# REEL_KILLS, REEL_SEED and REEL_ROUND as docs/reliability.md has them.
faults: ready ## a thousand kills and every other fault, with audits all the while; takes an hour or more
	REEL_FAULTS=full REEL_FAULTS_JSON=$(or $(REEL_FAULTS_JSON),faults.json) \
		$(BIN)/python -m pytest --timeout 3600 -m faults tests/faults

faults-quick: ready ## kill, freeze and wipe servers while work is under way
	$(BIN)/python -m pytest --timeout 900 -m faults tests/faults

# SEEDS=20000 runs more of them, FIRST=300 others than the tests have run.
simulate: ready ## run committer, relay and consumers by thousands of seeds, all of their bad luck drawn
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),5000) --first $(or $(FIRST),0)

# SOAK_MINUTES=3 is shorter; SOAK_OUT names the file of figures.
soak: ready ## half an hour of load: do memory, descriptors, connections and lag stay flat?
	$(BIN)/python -m tests.faults.soak

fuzz: ready ## ask every operation of the API what its description allows, and what it does not
	$(BIN)/python -m pytest --timeout 600 -m fuzz

sabotage: ready ## break each promise in a copy, and see that a test notices
	$(BIN)/python -m tests.sabotage

# ONLY=projections/budget_status tries the rules under that folder alone, ONLY=--again what escaped.
mutants: ready ## change rules one small place at a time, and see that a test notices
	$(BIN)/python -m tests.mutants $(ONLY)

generate: ready ## write again the papers that follow from the rooms: compose, topics, events
	$(BIN)/python -m runtime.papers

# UPGRADE=--upgrade takes the newest versions that pyproject.toml allows.
lock: ready ## write requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
		--generate-hashes --no-header $(UPGRADE) --output-file requirements.lock pyproject.toml

clean: ## remove .venv and every cache; .reel, which holds data, stays
	rm -rf .venv *.egg-info build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready:
	@test -n "$(PYTHON)" || { \
		echo "Reel needs Python 3.11 or newer, and finds none; PYTHON=/its/path names it." >&2; \
		exit 1; }
	@$(PYTHON) scripts/bootstrap.py
