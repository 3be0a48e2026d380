# Everything here needs python3 (3.11 or newer) with venv, and make. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
SPANS ?= 1000000
MINUTES ?= 10
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Bytes are compared and times are printed: the machine's language and time zone have no say.
export PYTHONUTF8 := 1
# The tests start hundreds of processes: each would compile our code again where nothing compiled may be kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup system demo test check lint format frameworks frameworks-others crash fuzz bench bench-memory screenshots docs golden wheel lock clean bench-instrumentation bench-queries bench-size bench-long-trace bench-redaction bench-peers bench-pressure bench-settling bench-silent

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.project  ## .venv with everything from requirements.txt and relaylens itself, redone when the lock changes

demo: $(VENV)/.project  ## the example network live in collector and dashboard, until Ctrl-C
	@exec $(BIN)/relaylens demo

test: check  ## what CI runs: the same as check

check: lint system  ## lint, then every test
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

lint: $(VENV)/.project  ## ruff, mypy --strict, the import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.project  ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

frameworks: $(VENV)/.project  ## every agent framework, each in an environment of its own (.framework-envs), against a scripted model
	RELAYLENS_TEST_FRAMEWORKS=all $(BIN)/pytest tests/frameworks -n $(WORKERS) --dist loadgroup

frameworks-others: $(VENV)/.project  ## the same programs under OpenInference, OpenLLMetry, OpenTelemetry's own and the frameworks' own spans; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.frameworks.others > docs/benchmarks/frameworks-others.new
	@mv docs/benchmarks/frameworks-others.new docs/benchmarks/frameworks-others.md; cat docs/benchmarks/frameworks-others.md

crash: $(VENV)/.project system  ## kill -9 (KILLS=200), lost power (IMAGES=300 TORN=50), damage (DAMAGES=200): nothing acknowledged is lost or doubled
	$(BIN)/pytest -m crash -s tests/collector

fuzz: $(VENV)/.project  ## FUZZ=1000000 hostile inputs of every kind, drawn by DRIVER= seed, hypothesis or atheris; each answer is held against the store
	$(BIN)/python -m tests.collector.fuzz --driver $(or $(DRIVER),seed) --inputs $(or $(FUZZ),1000000)

bench: $(VENV)/.project  ## ingest speed until settled and queryable, as a share of DuckDB's own limit; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.ingest_http > docs/benchmarks/ingest.txt
	@cat docs/benchmarks/ingest.txt

bench-peers: $(VENV)/.project  ## ingest until queryable, kill -9 and the OTLP suite beside arize-phoenix and mlflow, each in an environment of its own; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.peers > docs/benchmarks/peers.txt; held=$$?; cat docs/benchmarks/peers.txt; exit $$held
	$(BIN)/python -m tests.benchmarks.peers.killed > docs/benchmarks/peers-killed.txt; held=$$?; cat docs/benchmarks/peers-killed.txt; exit $$held
	$(BIN)/python -m tests.benchmarks.peers.conformance > docs/benchmarks/peers-conformance.txt; cat docs/benchmarks/peers-conformance.txt

bench-memory: $(VENV)/.project  ## memory of a collector at 80 % of its greatest rate with four readers; MINUTES= for how long; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.memory --minutes $(MINUTES) > docs/benchmarks/memory.txt; held=$$?; cat docs/benchmarks/memory.txt; exit $$held

bench-pressure: $(VENV)/.project  ## bombs, slow senders and overload: time, memory and what is answered; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.pressure > docs/benchmarks/pressure.txt
	@cat docs/benchmarks/pressure.txt

bench-settling: $(VENV)/.project  ## what settling costs a span and a small trace, on an empty and a filled store; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.settling > docs/benchmarks/settling.txt
	@cat docs/benchmarks/settling.txt

bench-silent: $(VENV)/.project  ## silent failures: detectors, baseline and blame on labelled runs (DATA=), the fault laboratory (CAPTURES=) and the demo; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.silent $(if $(DATA),--data $(DATA)) $(if $(CAPTURES),--captures $(CAPTURES)) > docs/benchmarks/silent-failures.new
	@mv docs/benchmarks/silent-failures.new docs/benchmarks/silent-failures.md; cat docs/benchmarks/silent-failures.md

bench-instrumentation: $(VENV)/.project  ## what a call of the API costs the host, against the bare OpenTelemetry SDK; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.instrumentation > docs/benchmarks/instrumentation.txt; held=$$?; cat docs/benchmarks/instrumentation.txt; exit $$held

bench-queries: $(VENV)/.project  ## how long the screens' questions take on SPANS= spans (1,000,000); writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.queries --spans $(SPANS) > docs/benchmarks/queries-$(SPANS).txt; held=$$?; cat docs/benchmarks/queries-$(SPANS).txt; exit $$held

bench-size: $(VENV)/.project  ## bytes on disk per span, against what was sent; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.size > docs/benchmarks/size.txt; held=$$?; cat docs/benchmarks/size.txt; exit $$held

bench-long-trace: $(VENV)/.project system  ## one trace of 100,000 spans in a real browser; writes docs/benchmarks
	RELAYLENS_REQUIRE_BROWSER=1 RELAYLENS_LONG_TRACE=100000 $(BIN)/pytest tests/browser/test_long_trace.py --timeout 1800

bench-redaction: $(VENV)/.project  ## what redaction finds and misses by kind, and what privacy costs a span; writes docs/benchmarks
	@mkdir -p docs/benchmarks
	$(BIN)/python -m tests.benchmarks.redaction > docs/benchmarks/redaction.txt
	@cat docs/benchmarks/redaction.txt

screenshots: $(VENV)/.project system  ## every screen in a real browser; writes docs/images
	RELAYLENS_REQUIRE_BROWSER=1 RELAYLENS_WRITE_IMAGES=1 $(BIN)/pytest tests/browser --timeout 600

docs: $(VENV)/.project  ## write the generated pages again
	$(BIN)/python -m relaylens_dashboard.reference docs
	$(BIN)/python -m relaylens_analytics.metric_page docs/metrics.md
	$(BIN)/python -m relaylens_analytics.rule_page docs/settling.md
	$(BIN)/python -m relaylens_analytics.detector_page docs/detectors.md
	$(BIN)/python -m relaylens.frameworks.page docs/frameworks/README.md

golden: $(VENV)/.project  ## write the golden files of the formats again; look at the difference
	$(BIN)/pytest tests/dashboard --write-golden -k golden

wheel: $(VENV)/.project  ## dist/relaylens-*.whl and the sdist
	$(BIN)/python -m hatchling build -d dist

lock: $(VENV)/.project  ## resolve pyproject.toml again into requirements.txt, for every Python it supports
	$(BIN)/uv pip compile --universal --upgrade --generate-hashes --no-emit-index-url --no-header --quiet \
		--all-extras --group dev pyproject.toml -o requirements.txt

clean:  ## remove what these targets made, the demo's data included
	rm -rf $(VENV) .framework-envs .client-envs dist build demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# One stamp a step, so that a step is done again only when what it read has changed.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Relaylens needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.requirements: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.requirements
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

system:
	@.ci/system-packages
