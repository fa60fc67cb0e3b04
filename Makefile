# Two commands do everything on a machine with Python 3.11 (or newer) and make:
#   make demo    installs, runs the example study and says where its report is
#   make test    installs, checks style and types, runs the tests
# Others: lint, test-all, readme (tables of README.md from the demo), bench (ten minutes; and its table), lock, clean.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)
BIN := .venv/bin
# wheels only, each with its hash: nothing is built here but exocosm itself
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCKED := --require-hashes --only-binary :all:
PACKAGE := --no-deps --no-build-isolation --editable .
JOBS ?= 2

STUDY := examples/doxorubicin_carriers.yaml
RESULT := results/doxorubicin_carriers

.PHONY: demo readme test test-all lint bench lock clean

demo: .venv/installed
	$(BIN)/exocosm run $(STUDY) -o $(RESULT) --overwrite
	@test -f $(RESULT)/report.html || { echo "no report was written to $(RESULT)" >&2; exit 1; }
	@echo "The report: $(CURDIR)/$(RESULT)/report.html (open it in a browser)"

readme: demo
	$(BIN)/python docs/refresh_readme.py $(RESULT)

test: lint
	$(BIN)/python -m pytest --slow sample -n $(JOBS)

test-all: lint
	$(BIN)/python -m pytest --slow all -n $(JOBS)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python benchmarks/run.py  # idle threads of BLAS burn the CPU time of others

# The stamps are renewed only when a lock or pyproject.toml has changed.
.venv/installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing the packages of requirements.lock (a few minutes the first time)"
	$(INSTALL) $(LOCKED) -r requirements.lock
	$(INSTALL) $(PACKAGE)
	@touch $@

.venv/installed-dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "installing the packages of requirements-dev.lock (a few minutes the first time)"
	$(INSTALL) $(LOCKED) -r requirements-dev.lock
	$(INSTALL) $(PACKAGE)
	@touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "exocosm needs Python 3.11 or newer; none was found." \
		"Install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make virtual environments;" \
		"on Debian and Ubuntu install the package python3-venv." >&2; exit 1; }

# Locks hold for every platform and every Python from 3.11 on; the core lock follows the development lock.
COMPILE := $(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --quiet --upgrade

lock: | .venv/bin/python
	@test -x $(BIN)/uv || $(INSTALL) uv
	$(COMPILE) --group dev -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
