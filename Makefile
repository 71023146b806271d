# Each target sets up what it needs and does its job; a second call does only what is new.
.DEFAULT_GOAL := help
.PHONY: help setup lab student lengths test test-unit test-notebooks test-site lint vendor book serve clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VENDORED := tools/vendor_assets.py tools/require_base.js tools/fonts.css
SITE := _build/html
TRIED := _build/tried
NOTEBOOKS := $(wildcard notebooks/*/*.ipynb)
PAGES := _config.yml _toc.yml $(wildcard book/*) $(wildcard book/images/*) $(wildcard _static/*) $(NOTEBOOKS) tools/book_extension.py

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## create .venv and install everything that requirements.txt pins

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"The course needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Name another with: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@# Python compiles what it imports; compiling all that is installed would take a minute more.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@cp tools/jupyterlab-overrides.json $(VENV)/share/jupyter/lab/settings/overrides.json
	@touch $@

lab: $(READY) ## open JupyterLab on your own copy of the first chapter
	@$(BIN)/aigc start
	$(BIN)/jupyter lab --ip=localhost --ServerApp.root_dir="$(CURDIR)" "$$($(BIN)/aigc start 1 --print-path)"

student: $(READY) ## make the chapters for a class, without solutions, in _build/student
	@rm -rf _build/student
	@$(BIN)/aigc start --class --into _build/student

lint: $(READY) ## check style, types and the state of the notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/normalize_notebooks.py --check $(NOTEBOOKS)

lengths: ## measure how long each chapter is
	@$(PYTHON) tools/chapter_lengths.py

test: $(READY) ## run everything below
	@$(MAKE) --no-print-directory --jobs=2 lint book # each uses one core
	@$(MAKE) --no-print-directory test-unit test-notebooks test-site

test-unit: $(READY) ## run the unit tests
	$(BIN)/pytest tests --ignore tests/book/test_site.py -n 2

test-notebooks: $(READY) ## run every notebook, compare its outputs, try its exercises as a learner
	@$(BIN)/python tests/helpers/tried_chapters.py notebooks $(TRIED)
	OMP_NUM_THREADS=1 $(BIN)/pytest --nbval --nbval-current-env --nbval-cell-timeout=120 \
		--nbval-kernel-startup-timeout=120 --nbval-sanitize-with tests/nbval_sanitize.cfg \
		$(TRIED) -n 2 --dist loadfile --color=no

test-site: $(SITE)/.ready ## open every page of the site in headless Chromium
	$(BIN)/pytest tests/book/test_site.py

# Without npm this says that the site will use public copies of the browser libraries, and goes on.
vendor: | $(READY)
	@$(BIN)/python tools/vendor_assets.py

$(SITE)/.ready: $(PAGES) $(VENDORED) | $(READY) vendor
	$(BIN)/jupyter-book build . -W --keep-going -q
	@touch $@

book: $(SITE)/.ready ## build the site
	@echo "The site is in $(SITE)/index.html; 'make serve' opens it on http://localhost:8000"

serve: $(SITE)/.ready ## serve the site on http://localhost:8000
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory $(SITE)

clean: ## remove the built site (keeps .venv and vendor)
	rm -rf _build
