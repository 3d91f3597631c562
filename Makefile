# Needs Python 3.11 or newer and make; everything else is set up here.
# On Windows run it from Git Bash, as the recipes need a POSIX shell.
VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := $(VENV)/Scripts
else
PYTHON ?= python3
BIN := $(VENV)/bin
endif
INSTALLED := $(VENV)/installed
# Test files run side by side, each as a whole, so that what a file sets up is set up once; all that
# drive a browser run in one process. The quick tests keep two cores busy with two processes; of all
# tests, some wait for browsers and servers.
QUICK_WORKERS := $(or $(WORKERS),2)
ALL_WORKERS := $(or $(WORKERS),3)
# Compiled modules are kept, also where the environment says otherwise: every worker and every
# process that a test starts would compile them again.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
# From 3.12 on Python itself counts covered lines, at little cost; before, it takes minutes.
COVERAGE_CORE := $(shell $(PYTHON) -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
COVERAGE ?= $(shell $(PYTHON) -c 'import sys; print("--cov --cov-report=term:skip-covered" if sys.version_info >= (3, 12) else "")')

.PHONY: app check lint types test coverage quick-tests all-tests screenshots plots clean

app: $(INSTALLED)
	$(BIN)/overread app

# Before a commit: all but the tests that train, start servers or drive a browser.
# mypy uses one core, so it runs beside the tests; lint, which takes a second, comes before them.
check: $(INSTALLED)
	$(MAKE) --no-print-directory --jobs=2 types quick-tests

quick-tests: lint
	$(PYTEST) -n $(QUICK_WORKERS) -q -m "not slow and not browser and not ray and not s3"

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint --deny-warnings app

types: $(INSTALLED)
	$(BIN)/mypy

test: $(INSTALLED)
	$(MAKE) --no-print-directory --jobs=2 types all-tests

all-tests: lint
	COVERAGE_CORE=$(COVERAGE_CORE) $(PYTEST) -n $(ALL_WORKERS) $(COVERAGE)

coverage:
	$(MAKE) --no-print-directory test COVERAGE='--cov --cov-report=term:skip-covered'

screenshots: $(INSTALLED)
	$(BIN)/python -m tools.screenshots

plots: $(INSTALLED)
	$(BIN)/python -m tools.study_plots

# The stamp is newer than what it was made from, so the second call starts at once. Python compiles
# what it imports; pip would compile all 20,000 modules of the packages, for more than a minute.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Overread needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
