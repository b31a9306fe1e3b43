# make demo        the whole pipeline on a simulated cohort with known truth
# make demo-cells  the same on libraries of single cells
# make demo-mouse  the same on a small cohort of mice
# make test        the tests
# All set up their own environment in .venv from the lock files first.

PYTHON ?= python3
# A run starts many processes: without compiled bytecode each would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
DEMO := demo
RUN := .venv/.run-installed
DEV := .venv/.dev-installed
PIP := .venv/bin/python -m pip --disable-pip-version-check -q install --require-hashes
# uv installs in a sixth of pip's time; pip does where it alone knows the index of packages.
UV := .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes

# A file's tests share what they set up; files start in the order of tests/conftest.py.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: compiled demo demo-cells demo-mouse test test-all lint format docs lock clean help

help:
	@sed -n '1,5s/^# //p' Makefile

demo: $(DEMO)/samples.tsv
	.venv/bin/snakemake --cores $(CORES) --logger rich --config samples=$(DEMO)/samples.tsv \
		patients=$(DEMO)/patients.tsv results=$(DEMO)/results
	@echo
	@echo "The report of the demo cohort: $(DEMO)/results/report/index.html"
	@echo "What was simulated:            $(DEMO)/truth/truth_samples.tsv"

$(DEMO)/samples.tsv: scripts/simulate_cohort.py config/simulation_demo.yaml $(shell find scripts/mitotransfer/simulate -name "*.py") | $(RUN)
	.venv/bin/python scripts/simulate_cohort.py --output $(DEMO)
	@touch $@

# Libraries of single cells, and whether the verdicts are as simulated.
demo-cells: $(DEMO)-cells/samples.tsv
	.venv/bin/snakemake --cores $(CORES) --logger rich --config samples=$(DEMO)-cells/samples.tsv \
		patients=$(DEMO)-cells/patients.tsv results=$(DEMO)-cells/results
	@echo
	.venv/bin/python scripts/check_cells.py --truth $(DEMO)-cells/truth --results $(DEMO)-cells/results
	@echo "The report: $(DEMO)-cells/results/report/index.html"

$(DEMO)-cells/samples.tsv: scripts/simulate_cells.py config/simulation_cells.yaml $(shell find scripts/mitotransfer/simulate -name "*.py") | $(RUN)
	.venv/bin/python scripts/simulate_cells.py --output $(DEMO)-cells
	@touch $@

# A small cohort of mice.
demo-mouse: $(DEMO)-mouse/samples.tsv
	.venv/bin/snakemake --cores $(CORES) --logger rich --configfile config/config.yaml config/mouse.yaml \
		--config samples=$(DEMO)-mouse/samples.tsv patients=$(DEMO)-mouse/patients.tsv \
		results=$(DEMO)-mouse/results
	@echo
	@echo "The report:         $(DEMO)-mouse/results/report/index.html"
	@echo "What was simulated: $(DEMO)-mouse/truth/truth_samples.tsv"

$(DEMO)-mouse/samples.tsv: scripts/simulate_cohort.py config/simulation_mouse.yaml $(shell find scripts/mitotransfer/simulate -name "*.py") | $(RUN)
	.venv/bin/python scripts/simulate_cohort.py --output $(DEMO)-mouse \
		--scenario config/simulation_mouse.yaml --bundle resources/mouse_C57BL6J
	@touch $@

# The run of the workflow, first of all tests, compiles the kernels beside tests that need none.
test: $(DEV)
	.venv/bin/python -m pytest $(WORKERS) -m "not slow"

# Before the workers start, which would each compile the same kernels.
compiled: $(DEV)
	.venv/bin/python scripts/compile_kernels.py --long-reads 2> /dev/null

# All of them; or some of the slow ones: make test-all SELECT="slow and not exhaustive"
test-all: compiled
	.venv/bin/python -m pytest $(WORKERS) $(if $(SELECT),-m "$(SELECT)")

lint: $(DEV) $(DEMO)/samples.tsv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check -l 100 Snakefile rules
	.venv/bin/mypy
	.venv/bin/snakemake --lint --config samples=$(DEMO)/samples.tsv patients=$(DEMO)/patients.tsv

format: $(DEV)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/snakefmt -l 100 Snakefile rules

docs: $(DEV)
	.venv/bin/mkdocs build

# New versions: resolves the lock files for every platform and Python from pyproject.toml.
LOCK := .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q
lock: .venv/bin/uv
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -o requirements-dev.lock
	$(LOCK) pyproject.toml --group urls -o requirements-urls.lock
	$(LOCK) --group uv -o requirements-uv.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Could not make a virtual environment; on Debian: apt install python3-venv"; exit 1; }

.venv/bin/uv: requirements-uv.lock | .venv/bin/python
	$(PIP) -r requirements-uv.lock
	@touch $@

$(RUN): requirements.lock | .venv/bin/uv
	$(UV) -r requirements.lock || $(PIP) -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock | .venv/bin/uv
	$(UV) -r requirements-dev.lock || $(PIP) -r requirements-dev.lock
	@touch $@ $(RUN)

clean:
	rm -rf $(DEMO) $(DEMO)-cells $(DEMO)-mouse site .pytest_cache .hypothesis .mypy_cache .ruff_cache .snakemake
