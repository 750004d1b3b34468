# Two commands on a bare machine: make demo, make test. Everything lives in .venv/.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ALL    := $(VENV)/.all
# What the project has of Python; a scratch file beside these is its owner's.
LINTED := src tests benchmarks docs

.PHONY: help all demo test test-all check bench docs lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      node up, samples sent over DICOM, month audited, page and CSV written"
	@echo "make test      the default test suite (about four minutes on two cores)"
	@echo "make test-all  also the slow tests and those that need other programs"
	@echo "make check     ruff, mypy --strict, import-linter"
	@echo "make bench     the benchmarks, side by side with pydicom"
	@echo "make docs      the documents as a site, in docs/_build/html"
	@echo "make all       installs what only the documents and the slow tests need"
	@echo "make lock      resolve constraints.txt and constraints-all.txt anew"

# Makes .venv with everything pinned in constraints.txt, or says in one sentence what is missing.
$(READY): constraints.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "alara needs Python 3.11 or newer, and '$(PYTHON)' was not found: install it, or run 'make PYTHON=/path/to/python3 ...'."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "alara needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>/dev/null || echo 'no Python that runs'): run 'make PYTHON=python3.12 ...' with a newer one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments: install its venv package (Debian: apt-get install python3-venv)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies into $(VENV)/ ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)
	@$(BIN)/alara demo

test: $(READY)
	@$(BIN)/python -m pytest -n 2 -m "not slow and not peer"

test-all: $(READY)
	@$(BIN)/python -m pytest -n 2

check: $(READY)
	@$(BIN)/ruff check $(LINTED)
	@$(BIN)/ruff format --check $(LINTED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/python -m benchmarks

# What only CI and the documents need: a browser's driver, Sphinx, Spark.
$(ALL): $(READY) constraints-all.txt
	@echo "Installing what the documents and all tests need into $(VENV)/ ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints-all.txt
	@touch $(ALL)

all: $(ALL)

docs: $(ALL)
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		pyproject.toml --group dev --group build --output-file constraints.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		pyproject.toml --extra cluster --group browser --group docs --constraints constraints.txt \
		--output-file constraints-all.txt

clean:
	rm -rf $(VENV) demo docs/_build docs/reference/generated
