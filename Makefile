# The one door: `make serve` and `make test` do all set-up themselves.
PORT ?= 8000
HOST ?= 127.0.0.1
TARGET ?= build
PYTHON ?= python3
BIN := .venv/bin
# The files with tests run side by side, each whole in one worker; ARGS="-n 0" runs them one after the other.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: serve test lint messages check coverage build bench nightly format lock clean

serve: .venv/serve
	@$(BIN)/python hatch_build.py
	@$(BIN)/ozg-lod build --target $(TARGET)
	@$(BIN)/ozg-lod serve --target $(TARGET) --host $(HOST) --port $(PORT)

build: .venv/serve
	@$(BIN)/ozg-lod build --target $(TARGET)

test: .venv/test
	@$(BIN)/python hatch_build.py
	@$(PYTEST) $(ARGS)

# What takes too long for every change: OZG_JUDGES mutated graphs before both judges.
lint: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/messages.py check

messages: .venv/test
	$(BIN)/python tools/messages.py update

check: lint test

coverage: .venv/test
	$(BIN)/coverage erase
	$(PYTEST) --cov --cov-report= $(ARGS)
	@rm -f .coverage.* # what a killed process left half written; the rest is in .coverage by now
	$(BIN)/coverage report --fail-under=95

bench: .venv/test
	$(BIN)/python bench/matching.py
	$(BIN)/python bench/searching.py --missed --all
	$(BIN)/python bench/run.py $(ARGS)
	$(BIN)/python bench/pages.py $(filter --quick --write,$(ARGS))
	$(BIN)/python bench/growth_pages.py $(if $(NATIONAL),--target $(NATIONAL)) $(filter --write,$(ARGS))
	$(BIN)/python bench/checking.py
	$(BIN)/python bench/growth.py --quick

# Everything that takes long, most of an hour: `make check` and CI stay below twenty minutes without it.
SECONDS ?= 1800
nightly: .venv/test
	@$(BIN)/python hatch_build.py
	OZG_GENERATED=200000 OZG_JUDGES=2000 $(BIN)/python -m pytest -n 0 -q --hypothesis-profile=nightly tests/sparql/test_tokens.py \
	  tests/http/test_request_grammar.py tests/search tests/tables/test_tables.py tests/validation
	OZG_EDITS=200 OZG_KILLS=30 $(BIN)/python -m pytest -n 0 -q tests/build/test_remembering.py
	$(BIN)/python bench/growth.py $(filter --write,$(ARGS))
	OZG_MUTATIONS=5 $(BIN)/python -m pytest -n 0 -q -s tests/mutation
	$(BIN)/python bench/attacks.py $(filter --write,$(ARGS))
	$(BIN)/python bench/soak.py --seconds $(SECONDS)

format: .venv/test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/test
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make lock" -o requirements.txt pyproject.toml --group build
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make lock" -o requirements-dev.txt pyproject.toml --group build --group dev

clean:
	rm -rf .venv build dist web/node_modules src/ozg_lod/static/built

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 serve" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }
	@touch $@

.venv/serve: .venv/python requirements.txt pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/python requirements-dev.txt pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ .venv/serve
