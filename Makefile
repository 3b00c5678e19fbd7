# Two commands matter: `make run` and `make test`. Both need python3, pip and make, nothing else.
PYTHON ?= python3
ARGS ?=
WORKERS ?= 2
HOST ?= http://localhost:8000
BIN := .venv/bin
export PYTHON
# The tests start dozens of processes: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run dev test check static versions audit bench campaign load screenshots docs lock catalogues vendor assets clean environment

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '%s\n' '' \
	  'Variables, as in `make run PORT=9000`:' \
	  '  PYTHON        the Python to use, 3.11 or later (python3)' \
	  '  PORT          where the server listens (8000)' \
	  '  DATA_DIR      the folder of its data (./var)' \
	  '  DEMO          0 starts empty, without demonstration data (1)' \
	  '  DATABASE_URL  PostgreSQL instead of SQLite in DATA_DIR' \
	  '  REDIS_URL     Redis instead of memory' \
	  '  WORKERS       how many processes share the tests (0: one after the other)' \
	  '  HOST          what is put under load (http://localhost:8000)' \
	  '  ARGS          passed on to pytest, as in `make test ARGS="-k overlap"`'

run: ## start Aliquot with demo data on http://localhost:8000
	@.ci/environment server
	@exec $(BIN)/python server/main.py

dev: ## the same, with reload of code, templates and tasks
	@.ci/environment server
	@exec $(BIN)/python server/main.py --reload

test: static ## everything: checks, then all tests on SQLite, PostgreSQL and Redis
	$(BIN)/python -m tests.support.unsteady tests -n $(WORKERS) --dist worksteal $(ARGS)

check: static audit ## style, types, catalogues, import contracts, known faults, architecture, migrations
	$(BIN)/pytest -q $(wildcard tests/architecture tests/core/test_migrations.py) $(ARGS)

static: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python .ci/catalogues --check
	.ci/vendor --check
	cd server && PYTHONPATH=. ../$(BIN)/lint-imports --no-logo --config ../.importlinter --cache-dir ../.import_linter_cache

versions: environment ## the tests again on PostgreSQL 18 and Redis 6.2, from packages
	ALIQUOT_TEST_SERVERS=packages $(BIN)/pytest tests $(ARGS)

audit: environment ## known faults of the locked packages; says so where it cannot ask (REQUIRE=1: fails)
	$(BIN)/python .ci/audit $(if $(REQUIRE),--require)

bench: environment ## print how fast things are; asserts nothing
	$(BIN)/pytest tests -m bench -s -q $(ARGS)

campaign: environment ## the seeded random campaigns at full length
	ALIQUOT_TEST_CAMPAIGN=full $(BIN)/pytest tests -m campaign --timeout=3600 $(ARGS)

load: environment ## many people at once on a deployment (HOST=http://…, ARGS="-u 100 -t 60s --p95 150")
	$(BIN)/locust -f tests/apis_load_test.py --headless --only-summary --host $(HOST) $(or $(ARGS),-u 20 -r 10 -t 30s)

screenshots: environment ## photographs of every page in ./screenshots (ARGS="today calendar" chooses)
	$(BIN)/python tests/browser/screenshots.py $(ARGS)

docs: environment ## write anew the pages of server/docs that are made from the code
	$(BIN)/python server/docs/generate.py

lock: environment ## resolve the requirements anew (UPGRADE=1: to the newest versions)
	.ci/lock $(if $(UPGRADE),--upgrade)

catalogues: environment ## bring the texts to be translated up to date with the code
	$(BIN)/python .ci/catalogues

vendor: ## fetch the front-end libraries and icons of the manifest anew (needs npm)
	.ci/vendor $(ARGS)

assets: environment ## build the static files; run, dev and test do so by themselves
	server/aliquot assets

clean: ## remove the environment, caches and compiled files; never data
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	rm -rf server/static/built
	find server tests -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@.ci/environment dev
