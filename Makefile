# Everything here works on a fresh clone with any python3 from 3.11 on; what is missing is installed first.
.DEFAULT_GOAL := help
PYTHON ?= python3
# The lock files name everything, so nothing is resolved: --no-deps.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
# A pyenv shim or a system Python alike; the environments are named by what they are made of, so that a changed
# lock file makes them anew.
HERE := $(abspath .)
BIN := $(HERE)/.venv/bin
READY := .venv/ready .venvs/ministack/ready .venvs/sam/ready
SOURCES := layers/core layers/imaging layers/aws client functions local scripts tests bench

.PHONY: help run up down test check format bench soak install lock clean
help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: install ## the embedded stack with a sample picture going through it, until Ctrl-C
	@$(BIN)/python -m local run

up: install ## the embedded stack in the background
	@$(BIN)/python -m local up

down: ## end the embedded stack
	@if test -x $(BIN)/python; then $(BIN)/python -m local down; else echo "no stack was up"; fi

test: install ## every test
	@$(MAKE) --silent --no-print-directory .venvs/checkov/ready || echo "the security scanner can't be installed here; its test is skipped"
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

soak: install ## the long variants of the tests
	@$(BIN)/python -m pytest -m soak

check: .venv/ready ## format, lint, types, template, in seconds
	@$(BIN)/ruff format --check --quiet $(SOURCES) || (echo "run: make format"; exit 1)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy $(SOURCES)
	@$(BIN)/cfn-lint template.yaml

format: .venv/ready ## format the code
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet --fix $(SOURCES)

bench: install .venvs/runtime/ready ## the benchmarks, as a table; also written to bench/results.json
	@$(BIN)/python -m bench

lock: ## write the lock files anew from the .in files (needs uv)
	@for each in requirements/dev requirements/sam requirements/ministack requirements/runtime requirements/checkov layers/aws/requirements layers/deps/requirements layers/imaging/requirements; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --no-emit-package numpy $$each.in -o $$each.lock || exit 1; done

install: ## all that the other commands need
	@$(MAKE) --silent --no-print-directory -j3 $(READY)

clean: down ## remove everything that was installed or built
	rm -rf .venv .venvs .local .cache

.python-is-good:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is not installed; any version from 3.11 on will do"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); 3.11 or newer is needed. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
.PHONY: .python-is-good

.venv/ready: requirements/dev.lock layers/imaging/requirements.lock layers/core/pyproject.toml layers/imaging/pyproject.toml client/pyproject.toml | .python-is-good
	@echo "installing Leasehold and its tools into .venv ..."
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) -r requirements/dev.lock -r layers/imaging/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e layers/core -e layers/imaging -e client
	@touch $@

.venvs/%/ready: requirements/%.lock | .python-is-good
	@echo "installing $* into .venvs/$* ..."
	@rm -rf .venvs/$* && $(PYTHON) -m venv .venvs/$*
	@.venvs/$*/bin/python $(PIP_INSTALL) -r $<
	@touch $@
