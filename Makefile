# Both `make demo` and `make test` set up what they need, from a bare Python >= 3.11.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# Nothing depends on the timezone of the machine: these run under two more, far apart.
OF_TIME := rulesets $(addprefix tests/test_,$(addsuffix .py,working_calendar conformance forks calendars deadlines versions law case decision scenarios reports yundewu nanjing))
# These take several times as long where every line is traced, and say little about lines.
UNTRACED := tests/test_policy_tests.py tests/test_notebooks.py

.PHONY: demo test check soak bench bench-simulation engines clean

demo: $(VENV)/.demo
	@$(BIN)/python examples/demo.py

test: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/coverage run -m pytest $(addprefix --ignore=,$(UNTRACED))
	@$(BIN)/coverage report --fail-under=90
	@$(BIN)/python -m pytest --quiet $(UNTRACED)
	@for zone in America/New_York Pacific/Kiritimati; do TZ=$$zone $(BIN)/python -m pytest --quiet $(OF_TIME) || exit 1; done

soak: $(VENV)/.test
	@$(BIN)/python benchmarks/soak.py

bench: $(VENV)/.test
	@$(BIN)/python benchmarks/run.py

bench-simulation: $(VENV)/.test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check zen-engine rule-engine business-rules duckdb OpenFisca-Core
	@$(BIN)/python benchmarks/simulation.py

# Heavy and opt-in: Spark (needs Java), Ray and Dask, each compared with one process.
engines: .venv-engines/.ready
	@.venv-engines/bin/python -m pytest --quiet -p no:cacheprovider examples/other_engines

.venv-engines/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it, or give PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv .venv-engines
	@.venv-engines/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[simulation]' pytest pandas pyspark 'ray[data]' dask
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it, or give PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	@echo "Setting up in $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'durable-rules>=2.0.28; python_version < "3.13"' >$(VENV)/durable.log 2>&1 \
		&& $(BIN)/python -c 'import durable.engine' 2>/dev/null \
		|| echo "durable-rules is left out: it needs a C compiler and Python < 3.13 (the native engine is used; see $(VENV)/durable.log)"
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test --group check
	@touch $@

clean:
	rm -rf $(VENV) .venv-engines .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage dist
