# Every target sets up what it needs: `make demo` and `make test` work in a fresh clone.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Processes of `make test`, each with a Postgres and a Kafka of its own: one more than
# two cores, for the time in which a test waits; 0: this one alone
WORKERS ?= 3
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 20

# the tests start many processes: each would compile all that it imports
unexport PYTHONDONTWRITEBYTECODE
unexport WORKERS

.PHONY: help setup demo live test soak coverage lint format bench lock docs clean

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with every dependency, hash-checked, and .venv/bin/bullion

$(READY): requirements.lock pyproject.toml .ci/environment
	@PYTHON="$(PYTHON)" sh .ci/environment

demo: setup ## Load three simulated exchanges and a chain into a local Postgres and print the gold tables
	@$(BIN)/bullion demo

live: setup ## The demo's job on the exchanges' public endpoints, in a warehouse of its own
	@BULLION_DATA_DIR="$${BULLION_DATA_DIR:-.bullion}/live" $(BIN)/bullion demo --live

test: setup ## Run every test; what chance decides, a handful of times
	@$(PYTEST)

soak: setup ## Run every test, with all kills, histories and moments: for a night
	@BULLION_SOAK=1 $(PYTEST) --timeout 7200

coverage: setup ## Run every test, and tell which lines of the code none of them ran
	@$(PYTEST) --cov --cov-report term --cov-report html:.bullion/coverage

lint: setup ## ruff, mypy, import boundaries, sqlfluff, dbt parse
	@$(MAKE) --no-print-directory -j 2 lint-python lint-sql

.PHONY: lint-python lint-sql
lint-python: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lint-sql: setup
	@$(BIN)/sqlfluff lint --processes 2 dbt sql
	@PGHOST=none PGPASSWORD=none $(BIN)/dbt --quiet --warn-error parse --no-partial-parse --project-dir dbt --profiles-dir dbt

format: setup ## Let ruff and sqlfluff rewrite what they can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 2 dbt sql

bench: setup ## Measure the budgets and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench

lock: ## Resolve pyproject.toml again into requirements.lock (wants uv)
	@uv pip compile --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 \
		--extra dev --extra stream --custom-compile-command "make lock" pyproject.toml -o requirements.lock

docs: setup ## Build the dbt lineage site of the running warehouse
	@$(BIN)/bullion docs

clean: ## Stop the local services and delete their data and the environment
	@if [ -x $(BIN)/bullion ]; then $(BIN)/bullion down --delete; fi
	@rm -rf .venv .bullion .coverage* dbt/target dbt/logs
