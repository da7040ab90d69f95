# Both `make demo` and `make test` set up what they need, from a bare Python >= 3.11.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix --constraint ,$(CONSTRAINTS))
# Nothing depends on the timezone of the machine: these run under two more, far apart.
OF_TIME := rulesets $(addprefix tests/test_,$(addsuffix .py,working_calendar conformance forks calendars deadlines versions law case decision scenarios reports yundewu nanjing))
# These compare readings over drawn cases: they take several times as long where every line is
# traced, and say little about lines.
UNTRACED := $(addprefix tests/test_,$(addsuffix .py,policy_tests notebooks exploration engines simulation settlement batches \
	stored_decisions edges_in_use edges_drawn late_by_readers bounds properties hostile columns one_instant why_not counts_drawn \
	history_drawn tables_columns terms_in_use right_money caps limits_from_facts units amounts ids other_rules))
# The same examples every time, two at a time.
PYTEST := HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal
# Two workers, each with a clock of its own, and both do everything.
PYTEST_OF_TIME := HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest --quiet --dist each \
	--tx popen//env:TZ=America/New_York --tx popen//env:TZ=Pacific/Kiritimati

.PHONY: demo test test-shared test-types test-newest test-lowest lock soak bench bench-simulation bench-language test-deep engines clean

demo: $(VENV)/.demo
	@$(BIN)/python examples/demo.py

test: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(PYTEST) --cov --cov-report= $(addprefix --ignore=,$(UNTRACED))
	@$(BIN)/coverage report --fail-under=90
	@$(PYTEST) $(UNTRACED)
	@$(PYTEST_OF_TIME) $(OF_TIME)

# Only what reads ../shared, the maintainers' folder of sources and raw data beside a checkout.
test-shared: $(VENV)/.test
	@HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest --quiet -m shared

# A second type checker, on the package and on a user's program.
test-types: $(VENV)/.test
	@$(INSTALL) --group pyright
	@$(BIN)/basedpyright
	@cd "$$(mktemp -d)" && echo 'from complaint_rules import Polciy' > user.py \
		&& "$(abspath $(BIN))/basedpyright" --pythonpath "$(abspath $(BIN))/python" user.py | grep --quiet '"Polciy" is unknown'

# Opt-in: drawn examples by the thousand, other ones each time (hours).
test-deep: $(VENV)/.test
	@HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal

# Opt-in: the newest and the lowest versions that pyproject.toml admits, each in a place of its own.
test-newest:
	@$(MAKE) --no-print-directory test VENV=.venv-newest CONSTRAINTS=

test-lowest: .venv-lowest/bin/uv
	@.venv-lowest/bin/uv pip compile pyproject.toml --quiet --resolution lowest-direct \
		--python .venv-lowest/bin/python --all-extras --group test --no-header --no-annotate --no-emit-index-url \
		--output-file .venv-lowest/lowest.txt
	@.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --requirement .venv-lowest/lowest.txt --editable .
	@HYPOTHESIS_PROFILE=ci .venv-lowest/bin/python -m pytest --quiet --numprocesses 2 --ignore=tests/test_notebooks.py

.venv-lowest/bin/uv:
	@$(PYTHON) -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv

# The versions that `make demo` and `make test` install, looked up again.
lock: $(VENV)/.test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo '# Versions that `make demo` and `make test` install. Made by `make lock`; not edited by hand.' > constraints.new
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --all-extras --group test --group check --group pyright \
		--no-header --no-annotate --no-emit-index-url --upgrade >> constraints.new
	@mv constraints.new $(CONSTRAINTS)

soak: $(VENV)/.test
	@$(BIN)/python benchmarks/soak.py

bench: $(VENV)/.test
	@$(BIN)/python benchmarks/run.py

# What the mechanisms of the language cost.
bench-language: $(VENV)/.test
	@$(BIN)/python benchmarks/language.py

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

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	@echo "Setting up in $(VENV) ..."
	@$(INSTALL) --editable '.[cli]'
	@$(INSTALL) 'durable-rules>=2.0.28; python_version < "3.13"' >$(VENV)/durable.log 2>&1 \
		&& $(BIN)/python -c 'import durable.engine' 2>/dev/null \
		|| echo "durable-rules is left out: it needs a C compiler and Python < 3.13 (the native engine is used; see $(VENV)/durable.log)"
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	@$(INSTALL) --group test --group check
	@touch $@

clean:
	rm -rf $(VENV) .venv-engines .venv-newest .venv-lowest .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage dist
