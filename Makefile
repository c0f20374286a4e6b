# Everything this project needs, one command each; `make` alone lists them.

UV := deploy/local/uv.sh
BIN := .venv/bin
NPM := deploy/local/node.sh --prefix web

export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format lint types layers quick rules services web pages \
	servers faults fuzz bench e2e screenshots chaos schemas dashboards monitoring lock clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/locked ## Create the environment, as the lock file says

.venv/locked: uv.lock pyproject.toml
	@$(UV) sync --locked
	@touch $@

demo: setup web ## Play an hour of invented alerts in two minutes (DAY=1: a whole day)
	@$(BIN)/d115 demo $(if $(DAY),--day)

up: setup web ## Start Kafka, Postgres and the services under one address, until Ctrl-C
	@$(BIN)/d115 up

test: format lint types layers pages rules services servers fuzz ## Check everything, on real Kafka and Postgres

check: format lint types layers pages quick ## Check what needs no servers, in two minutes

format: setup ## Check how the code is laid out
	@$(BIN)/ruff format --check

lint: setup ## Check the code for known faults
	@$(BIN)/ruff check

types: setup ## Check the types
	@$(BIN)/mypy

layers: setup ## Check who may import whom
	@$(BIN)/lint-imports

quick: setup ## Test the rules, the services with fakes, and the house rules
	@$(BIN)/pytest tests/incident tests/services tests/test_tidy.py -q

rules: setup ## Test the rules and the contracts; every branch of incident/ must be reached
	@$(BIN)/pytest tests/incident tests/contract -q --cov=incident --cov-branch --cov-report= --cov-fail-under=100

services: setup ## Test the services with fakes, and the house rules
	@$(BIN)/pytest tests/services tests/loadtests tests/monitoring tests/test_tidy.py -q

servers: setup ## Test what needs Kafka and Postgres
	@$(BIN)/pytest tests/integration tests/acceptance -q -n 3 --dist loadfile -m "not campaign"

faults: setup ## Test what takes long: faults, replicas, brokers, a backup, dashboards, drills, planted faults
	@$(BIN)/pytest tests/integration tests/acceptance -q -n 2 --dist loadfile -m campaign

fuzz: setup ## Try bad input by the thousand (FUZZ_EXAMPLES=10: ten times as much)
	@$(BIN)/pytest tests/fuzz -q -n 2 --dist loadgroup

bench: setup ## Measure the load it carries (SCENARIO=push: that one alone); about 15 minutes
	@$(BIN)/python -m loadtests $(SCENARIO)

e2e: setup web ## Try the pages in Debian's Chromium, over the real services (tests/e2e)
	@$(BIN)/pytest tests/e2e -q

screenshots: setup web ## Make the pictures of the docs anew, in Debian's Chromium
	@$(BIN)/pytest tests/e2e/shots.py -q

chaos: setup ## Break everything under load and check that nothing is lost (SECONDS=300 SEED=1)
	@$(BIN)/python -m loadtests.chaos --seconds $(or $(SECONDS),300) $(if $(SEED),--seed $(SEED))

web/node_modules/.package-lock.json: web/package-lock.json web/package.json
	@$(NPM) ci --silent --no-fund --no-audit
	@touch $@

web: web/node_modules/.package-lock.json ## Build the pages: console, station, team, park
	@$(NPM) run --silent build

pages: setup web/node_modules/.package-lock.json ## Check the pages: types as the services have them, layout, tests
	@$(NPM) run --silent api && $(NPM) run --silent check

schemas: setup ## Write the schema files anew from the code
	@$(BIN)/python -m schemas.generate

dashboards: setup ## Write Grafana's dashboards anew from their description
	@$(BIN)/python -m deploy.grafana.generate

monitoring: setup ## Start Prometheus with our alarms beside `make up`, until Ctrl-C
	@$(BIN)/python -m deploy.prometheus

lock: ## Resolve the dependencies anew
	@$(UV) lock

clean: ## Remove what was built and the data of `make demo` and `make up`; keep the environment
	@test ! -x $(BIN)/python || $(BIN)/python -m services.cli.clean; rm -rf .d115 .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
