# Voltaro: everything a developer or operator types. `make help` lists it.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help up start stop reset info demo test soak lint format bench bench-full fuzz certificates supabase psql lock runtime dev

PYTHON_BIN := .venv/bin/python
ONLY ?=
PYTEST_ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

up: runtime ## Install, start everything and stay in the foreground (Ctrl-C stops it)
	@exec $(PYTHON_BIN) -m db up

start: runtime ## The same, detached; returns when everything answers
	@$(PYTHON_BIN) -m db start

stop: runtime ## Stop what `make up` or `make start` runs
	@$(PYTHON_BIN) -m db stop

reset: runtime ## Stop and forget all data
	@$(PYTHON_BIN) -m db reset

info: runtime ## Print the running stack as JSON
	@$(PYTHON_BIN) -m db info

demo: runtime ## Run one whole charging session and show what the platform made of it
	@$(PYTHON_BIN) -m tests.demo

test: dev ## Run every check and every test
	@status=0; \
	$(PYTHON_BIN) -m tests.support.checks || status=1; \
	$(PYTHON_BIN) -m pytest $(PYTEST_ARGS) || status=1; \
	exit $$status

soak: dev ## Run the chaos tests at a large size (an hour)
	@VOLTARO_SOAK=1 $(PYTHON_BIN) -m pytest -n0 tests/chaos tests/quirks/test_any_charger.py $(PYTEST_ARGS)

lint: dev ## Run the static checks only
	@$(PYTHON_BIN) -m tests.support.checks

format: dev ## Format the Python sources
	@$(PYTHON_BIN) -m ruff format .
	@$(PYTHON_BIN) -m ruff check --fix .

bench: dev ## Measure (make bench ONLY=bridge narrows it); prints JSON lines
	@$(PYTHON_BIN) -m tests.bench $(if $(ONLY),--only $(ONLY))

bench-full: dev ## The long measurements: a million sessions (half an hour)
	@$(PYTHON_BIN) -m tests.bench --full $(if $(ONLY),--only $(ONLY))

fuzz: dev ## Fuzz what strangers send first (make fuzz SECONDS=600; 60 without)
	@$(PYTHON_BIN) -m tests.fuzz $(or $(SECONDS),60)

certificates: runtime ## Make certificates for TLS (make certificates NAMES="ocpp.example.com 192.0.2.7")
	@$(PYTHON_BIN) -m db certificates $(NAMES)

supabase: runtime ## Generate supabase/migrations from db/
	@$(PYTHON_BIN) -m db supabase

psql: runtime ## Open psql on the stack's database as its owner
	@exec $(PYTHON_BIN) -m db psql

lock: ## Refresh requirements*.txt and package-lock.json (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" \
		--output-file requirements.txt requirements.in
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" \
		--constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in
	npm install --package-lock-only

runtime:
	@./bootstrap.sh runtime

dev:
	@./bootstrap.sh dev
