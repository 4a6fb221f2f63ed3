# Targets need Python 3.11 or newer, make, and nothing else: the first of them installs the pinned
# versions into .venv, later ones find them there.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
# Says that what lifts is installed; the other one, that everything is.
USABLE := $(VENV)/.usable
INSTALLED := $(VENV)/.installed
# That the documentation can be built.
DOCUMENTING := $(VENV)/.documenting
# Says that notebooks can be run.
KERNEL := $(VENV)/.kernel
# What maintainers lock, audit and list with, apart from what it looks at.
TOOLS := build/tools
# The extras of pyproject.toml that have a file of hashes in requirements/.
LOCKED := video notebooks dev docs
LOCKS := $(LOCKED:%=requirements/%.txt) requirements/tools.txt

# Set PYTHON to choose an interpreter; else the first of these that runs and is new enough is taken.
CANDIDATES = $(or $(PYTHON),python3.12 python3.11 python3)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start processes by the hundred; where no byte code is kept, each would compile the suite anew.
test exhaustive quick mutations: export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install demo notebooks quick test exhaustive package mutations results results-check site
.PHONY: lint format lock audit sbom clean

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

install: $(USABLE) ## Install what lifts videos, photographs and keypoints.
	@echo "Ready. Run: source $(VENV)/bin/activate"

demo: $(INSTALLED) ## Train, test and draw on a generated human; no download of data.
	@$(PYTHON_IN_VENV) scripts/demo.py

notebooks: $(KERNEL) ## Run the notebooks of docs/notebooks, into build/notebooks.
	@$(PYTHON_IN_VENV) .ci/notebooks

quick: $(INSTALLED) ## Run the tests that are not slow, in one process.
	@$(PYTHON_IN_VENV) -m pytest -m "not slow"

test: $(INSTALLED) ## Run every test, with two workers.
	@$(PYTHON_IN_VENV) -m pytest -n 2 --dist loadgroup

exhaustive: $(INSTALLED) ## Run every test, also of what others show: all methods compiled and exported.
	@LIFTING_TESTS=all $(PYTHON_IN_VENV) -m pytest -n 2 --dist loadgroup

package: $(INSTALLED) ## Build wheel and sdist into dist/, and use the wheel in an empty environment.
	@PYTHON=$(PYTHON_IN_VENV) .ci/package

mutations: $(INSTALLED) ## Break every objective in a copy of the suite, and see its tests fail.
	@LIFTING_MUTATIONS=1 $(PYTHON_IN_VENV) -m pytest -n 2 tests/mutations

results: $(INSTALLED) ## Draw the tables of experiments/README.md from experiments/results.
	@$(PYTHON_IN_VENV) -m lifting results draw

results-check: $(INSTALLED) ## Check that results, tables and experiments agree; a part of test.
	@$(PYTHON_IN_VENV) -m lifting results draw --check true

site: $(DOCUMENTING) ## Build the documentation as a site, build/site/index.html; warnings are errors.
	@# Pages that were read once are not read again: after a warning all are, or the next call would be silent.
	@$(PYTHON_IN_VENV) -m sphinx -q -W --keep-going -d build/site-cache -c docs/site . build/site || \
	  { rm -rf build/site-cache; exit 1; }
	@$(PYTHON_IN_VENV) docs/site/check_links.py build/site
	@echo "Open build/site/index.html."

lint: $(INSTALLED) ## Check style and types.
	@$(PYTHON_IN_VENV) -m ruff check
	@$(PYTHON_IN_VENV) -m ruff format --check
	@$(PYTHON_IN_VENV) -m mypy

format: $(INSTALLED) ## Rewrite files in the house style.
	@$(PYTHON_IN_VENV) -m ruff check --fix
	@$(PYTHON_IN_VENV) -m ruff format

lock: $(TOOLS) ## Write requirements/ anew from pyproject.toml and constraints.txt, with hashes.
	@for what in $(LOCKED:%=--extra=%) --group=tools; do \
	  file=$${what#*=}.txt; \
	  $(TOOLS)/bin/uv pip compile $$([ $$what = --group=tools ] || echo pyproject.toml) $$what \
	    --universal --python-version 3.11 -c constraints.txt --generate-hashes \
	    --no-annotate --no-header --quiet -o build/$$file && \
	  awk 'BEGIN { print "# Written by make lock; torch, which has many builds, is apart." } \
	    /^[^ ]/ { keep = !/^(torch==|triton==|nvidia-|cuda-)/ } keep' build/$$file > requirements/$$file || exit 1; \
	done

audit: $(TOOLS) ## Look the locked versions up among known vulnerabilities; needs a network.
	@$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes $(LOCKS:%=-r %)

sbom: $(USABLE) $(TOOLS) ## Write what is installed, with versions and licences, into build/sbom.json (CycloneDX).
	@$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  -o build/sbom.json $(PYTHON_IN_VENV) && echo "Written to build/sbom.json."

clean: ## Remove the environment and all caches; data and runs stay.
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	@find lifting datamodules callbacks scripts tests -name __pycache__ -prune -exec rm -rf {} +

# Written last, so that an interrupted installation is repeated; one that was begun and not finished
# starts from an empty environment, as pip cannot tell a half-written package from a whole one.
# pip compiles one file after another; all cores do it sooner. Some packages bring files of other versions
# of Python, which do not compile.
$(USABLE): EXTRAS := video
$(INSTALLED): EXTRAS := dev
$(DOCUMENTING): EXTRAS := docs
$(KERNEL): EXTRAS := notebooks
$(USABLE) $(INSTALLED) $(KERNEL) $(DOCUMENTING): pyproject.toml constraints.txt $(LOCKED:%=requirements/%.txt)
	@python=; \
	for candidate in $(CANDIDATES); do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python=$$candidate; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Error: none of $(CANDIDATES) is Python 3.11 or newer; install one, or name it: make PYTHON=/path/to/python3." >&2; \
	  exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "Error: $$python lacks the venv module; install it (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; \
	  exit 1; \
	fi; \
	clear=; if [ -e $(VENV)/.installing ]; then clear=--clear; fi; \
	echo "Installing into $(VENV); this takes a few minutes, once."; \
	$$python -m venv $$clear $(VENV) && \
	touch $(VENV)/.installing && \
	rm -f $@ && \
	$(PYTHON_IN_VENV) -m pip install -q --no-compile -c constraints.txt torch && \
	$(PYTHON_IN_VENV) -m pip install -q --no-compile --no-deps --require-hashes -r requirements/$(EXTRAS).txt && \
	$(PYTHON_IN_VENV) -m pip install -q --no-deps --no-build-isolation -e . && \
	{ $(PYTHON_IN_VENV) -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true; } && \
	{ faults=$$($(PYTHON_IN_VENV) -m pip check) || { echo "$$faults" >&2; exit 1; }; } && \
	rm $(VENV)/.installing && \
	touch $@

$(TOOLS): requirements/tools.txt
	@python3 -m venv $@ && $@/bin/python -m pip install -q --no-deps --require-hashes -r $< && touch $@
