# MHEP in two commands: `make run` and `make test`. Needs Python 3.11 or later and make, nothing else.

.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
CODE := mhep accounts audit providers funders participants outcomes payments investment performance tests bench manage.py

# What is installed is noted in a file named after the lock's checksum, so an unchanged lock costs nothing.
mark = $(VENV)/.installed-$(1)-$(firstword $(shell cksum < requirements/$(1).lock))
RUN_MARK := $(call mark,run)
DEV_MARK := $(call mark,dev)
# The developer's lock holds all of the other one.
INSTALLED := $(if $(wildcard $(DEV_MARK)),$(DEV_MARK),$(RUN_MARK))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(INSTALLED) ## Make the virtual environment and the styles (quick when nothing changed)
	@$(BIN)/python -m mhep.stylesheets

.PHONY: setup-dev
setup-dev: $(DEV_MARK)
	@$(BIN)/python -m mhep.stylesheets

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and there is none on the PATH."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed. Name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making a virtual environment with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python cannot make virtual environments here. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.installed-%: | $(VENV)/bin/python
	@echo "Installing requirements/$(firstword $(subst -, ,$*)).lock (a minute the first time) ..."
	@rm -f $(VENV)/.installed-*
	@$(BIN)/python -m pip install --quiet --quiet --require-hashes --no-deps --only-binary :all: --no-compile \
		--requirement requirements/$(firstword $(subst -, ,$*)).lock
	@touch $@

.PHONY: run
run: setup ## Start everything with demo data and print the address (PORT=8000; Ctrl-C stops it)
	@exec $(BIN)/python -m mhep.run

.PHONY: test
test: setup-dev ## Run all tests that this machine can run; ARGS="-k word" for some (STRICT=1: leave nothing out)
	@exec $(BIN)/python -m tests $(ARGS)

.PHONY: fmt
fmt: setup-dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --select I .

.PHONY: lint
lint: setup-dev ## Check format and habits
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

.PHONY: types
types: setup-dev ## Check the types
	@$(BIN)/mypy $(wildcard $(CODE))

.PHONY: imports
imports: setup-dev ## Check which part imports which
	@$(BIN)/lint-imports

.PHONY: migrations
migrations: setup-dev ## Check that the migrations match the models, forwards and backwards
	@$(BIN)/python -m tests.migrations

.PHONY: deploy-check
deploy-check: setup-dev ## Check the production settings
	@DJANGO_SETTINGS_MODULE=mhep.settings.prod ALLOWED_HOSTS=mhep.example DATABASE_URL=postgres:///mhep \
		CELERY_BROKER_URL=redis:// FIELD_KEYS=none BLIND_INDEX_KEY=none ADDRESS_KEYS=none \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

.PHONY: quality
quality: lint imports types migrations deploy-check ## Run every check that is not a test

.PHONY: ci
ci: export STRICT = 1
ci: quality test ## What continuous integration runs: every check, and every test with nothing left out

.PHONY: journey
journey: setup-dev ## Drive a running demo in Chromium and take the screenshots: make journey NAME=month-close
	@exec $(BIN)/python -m tests.journeys $(NAME)

.PHONY: bench
bench: setup-dev ## Measure beside the baselines: make bench NAME="month M" (bench/README.md)
	@exec $(BIN)/python -m bench $(NAME)

.PHONY: lock
lock: setup-dev ## Resolve the requirements anew from pyproject.toml
	@for name in base run dev; do \
		case $$name in \
			base) extras="" ;; \
			run) extras="--extra embedded --constraint requirements/base.lock" ;; \
			dev) extras="--extra embedded --extra einvoice --extra dev --constraint requirements/run.lock" ;; \
		esac; \
		$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
			$$extras --output-file requirements/$$name.lock pyproject.toml || exit 1; \
	done

.PHONY: reset-db
reset-db: $(INSTALLED) ## Delete the private database and all that is in it
	@$(BIN)/python -m mhep.local_postgres reset
