# Needs Python 3.11 or newer and make; everything else is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# Test files run side by side, each as a whole, so that what a file sets up is set up once.
WORKERS ?= 2

.PHONY: app test screenshots plots clean

app: $(INSTALLED)
	$(BIN)/overread app

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

screenshots: $(INSTALLED)
	$(BIN)/python -m tools.screenshots

plots: $(INSTALLED)
	$(BIN)/python -m tools.study_plots

# The stamp is newer than what it was made from, so the second call starts at once.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Overread needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
