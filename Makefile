# Everything a newcomer needs; `make help` lists it. PYTHON= picks the interpreter, VENV= the environment.
PYTHON ?= python3
VENV ?= .venv
STUDY ?= halo_case_study
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help report verify test lab lint lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|'

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $(STAMP)

report: $(STAMP)  ## Run the default study and print the path of its report (STUDY= picks another)
	$(BIN)/python run_all.py --study $(STUDY)

verify: $(STAMP)  ## Repeat the run of a study elsewhere and compare every byte (STUDY= picks another)
	$(BIN)/python run_all.py --study $(STUDY) --verify

test: $(STAMP)  ## Run all tests
	$(BIN)/python -m pytest

lab: $(STAMP)  ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=. notebooks

lint: $(STAMP)  ## Check style, types and docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'src/mmm/*.py')

lock: $(STAMP)  ## Remake requirements.txt from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --upgrade --quiet \
	  --no-header --no-emit-index-url --no-emit-find-links --annotation-style line \
	  pyproject.toml -o requirements.txt
	@echo "-e ." >> requirements.txt

clean:  ## Remove generated outputs and caches (never data/)
	rm -rf outputs .pytest_cache .mypy_cache .ruff_cache .hypothesis build src/*.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
