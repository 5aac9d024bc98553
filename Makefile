# Two commands on a fresh machine: `make run` and `make test`.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
# Tests that run at a time; each takes up to 3 GB.
JOBS ?= 2
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
PEERS := txtai haystack plain chatterbot werobot
PEER_txtai := txtai[api]
PEER_haystack := haystack-ai hayhooks sentence-transformers-haystack
PEER_plain := sentence-transformers faiss-cpu flask gunicorn
PEER_chatterbot := chatterbot flask gunicorn
PEER_werobot := werobot gunicorn

PART ?= wechat

.PHONY: run test bench soak mutants audit fuzz install install-dev index lint format clean

# A machine's first index serves even if checks fail on it; later a rejected one leaves the live one serving.
run: install
	$(FLASK) index build --force-first || $(FLASK) index verify live
	BOT_PORT=$(PORT) $(BIN)/gunicorn wsgi:app

index: install
	$(FLASK) index build

test: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict bot
	$(BIN)/lint-imports
	$(FLASK) model prepare
	$(BIN)/pytest -n $(JOBS) --dist loadfile

# Known weaknesses, in the code and in what it is made of. Asks a service on the internet, so it is no part of the tests.
audit: install-dev
	$(BIN)/bandit -q -c pyproject.toml -r bot
	@said=$$($(BIN)/pip-audit --strict --no-deps --disable-pip -r requirements.txt 2>&1) && echo "$$said" || { \
	  echo "$$said" | tail -n 40; case "$$said" in \
	    *"Found "*) echo "audit: requirements.txt has the weaknesses above; raise what is named" ;; \
	    *) echo "audit: requirements.txt was NOT CHECKED: the service could not be asked; try where there is internet" ;; \
	  esac; exit 1; }

# Inputs by the million for all that reads others' words: docs/security.md. For a look: make fuzz FUZZ="--cases 10000"
FUZZ ?= --cases 1000000
fuzz: install-dev
	$(BIN)/pip install --disable-pip-version-check -q -r benchmarks/fuzzing/requirements.txt
	$(BIN)/python -m benchmarks.fuzzing $(FUZZ)

# How fast the bot is, also against others of its kind: docs/performance.md. For a look: make bench BENCH=--quick
bench: install $(PEERS:%=.venv-bench-%/installed)
	$(FLASK) index build --force-first || $(FLASK) index verify live
	$(BIN)/python -m benchmarks.performance $(BENCH)

# Half an hour of everything at once, then a flood: docs/reliability.md. For a look: make soak SOAK="--minutes 5"
soak: install
	$(FLASK) index build --force-first || $(FLASK) index verify live
	$(BIN)/python -m benchmarks.soak $(SOAK)

# A peer that cannot be installed is left out, and the page says so.
.venv-bench-%/installed: benchmarks/requirements-bench.txt
	$(PYTHON) -m venv .venv-bench-$*
	-.venv-bench-$*/bin/pip install --disable-pip-version-check -c benchmarks/requirements-bench.txt $(PEER_$*)
	touch $@

# Compiled now: a service may not be allowed to write beside the program, and would do so with every start.
install: $(VENV)/installed
	@$(BIN)/python -m compileall -q bot
install-dev: $(VENV)/installed-dev

$(VENV)/installed-mutation: benchmarks/requirements-mutation.txt $(VENV)/installed-dev
	$(BIN)/pip install --disable-pip-version-check -r benchmarks/requirements-mutation.txt
	touch $@

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Which changes to the code no test notices, one part of it at a time: docs/mutation.md. For a look:
# make mutants PART=decision MUTANTS="--modules keys --most 20"
mutants: $(VENV)/installed-mutation
	$(BIN)/python -m benchmarks.mutation $(PART) $(MUTANTS)

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .venv-bench-* .bench .mutation .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage
