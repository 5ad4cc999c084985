# Everything a newcomer needs; `make help` lists it. PYTHON= picks the interpreter, VENV= the environment.
PYTHON ?= python3
VENV ?= .venv
STUDY ?= halo_case_study
HOST ?= 127.0.0.1
PORT ?= 8000
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
STAMP := $(VENV)/.installed
REPORT = outputs/$(STUDY)/report.html
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
SANDBOX = $(if $(filter 0,$(shell id -u)),--no-sandbox)
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help report pdf readme-figures docs-report serve verify test test-thorough coverage lab lint bench lock lock-check clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|'

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages: two or three minutes, once."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)

report: $(STAMP)  ## Run the default study and print the path of its report (STUDY= picks another)
	$(BIN)/python run_all.py --study $(STUDY)

serve: $(STAMP)  ## Serve the model of a study that has been run (STUDY=, HOST=, PORT=)
	$(BIN)/python -m mmm serve --study $(STUDY) --host $(HOST) --port $(PORT)

verify: $(STAMP)  ## Repeat the run of a study elsewhere and compare every byte (STUDY= picks another)
	$(BIN)/python run_all.py --study $(STUDY) --verify

pdf:  ## Print the report to outputs/STUDY/report.pdf (needs Chromium; CHROMIUM= names it)
	@test -n "$(CHROMIUM)" || { echo "No Chromium on the PATH: install it, or set CHROMIUM=."; exit 1; }
	@test -f "$(REPORT)" || { echo "$(REPORT) is missing: run make report first."; exit 1; }
	"$(CHROMIUM)" --headless --disable-gpu $(SANDBOX) --no-pdf-header-footer \
	  --print-to-pdf="$(REPORT:.html=.pdf)" "file://$(abspath $(REPORT))"

readme-figures: $(STAMP)  ## Remake the README's images from the default study's report (needs Chromium)
	$(BIN)/python docs/render.py "$(CHROMIUM)"

docs-report: $(STAMP)  ## Copy the default study's report to docs/report; commit it by itself
	$(BIN)/python run_all.py
	@mkdir -p docs/report
	cp outputs/halo_case_study/report.html docs/report/halo_case_study.html

test: $(STAMP)  ## Run the tests: everything that guards behavior, in minutes
	$(BIN)/python -m pytest

test-thorough: $(STAMP)  ## Run what takes longer: every study, kills at every moment, many examples
	$(BIN)/python -m pytest -m thorough

coverage: $(STAMP)  ## Run all tests and list the lines and branches that none of them reaches
	$(BIN)/python -m pytest -m "" --cov --cov-report=term

lab: $(STAMP)  ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks $(AS_ROOT)

lint: $(STAMP)  ## Check style, types and docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'src/mmm/*.py')
	$(BIN)/deptry src
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows

bench: $(STAMP)  ## Run the benchmarks that are not stored and write RESULTS.md (hours; FORCE=1 runs all)
	$(BIN)/python benchmarks/suite.py

lock: $(STAMP)  ## Remake requirements.txt from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --upgrade --quiet \
	  --no-header --no-emit-index-url --no-emit-find-links --annotation-style line \
	  pyproject.toml -o requirements.txt
	@echo "-e ." >> requirements.txt

lock-check: $(STAMP)  ## See that the lock installs from wheels on Linux, macOS and Windows
	@for platform in x86_64-unknown-linux-gnu aarch64-apple-darwin x86_64-pc-windows-msvc; do \
	  for python in 3.11 3.13; do \
	    echo "$$platform, Python $$python"; \
	    grep -v '^-e' requirements.txt | $(BIN)/uv pip install --dry-run --quiet --target build/none \
	      --python-platform $$platform --python-version $$python --only-binary :all: -r - || exit 1; \
	  done; \
	done

clean:  ## Remove generated outputs and caches (never data/)
	rm -rf outputs .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* mutants build src/*.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
