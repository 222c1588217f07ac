# make run    install, then the main job on the embedded default cohort
# make test   install, then the tests; make test-audit, test-dvc and test-shortcuts those that take minutes
# README.md says more.

PYTHON ?= python3
VENV ?= .venv
CORES ?= $(shell nproc 2>/dev/null || echo 2)
DATA ?= ../shared/data
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WITH_DVC := $(VENV)/.installed-dvc
SMK := $(BIN)/snakemake --cores $(CORES)

export PATH := $(abspath $(BIN)):$(PATH)
export PYTHONNOUSERSITE := 1

.PHONY: run test test-audit test-dvc test-shortcuts check real he collage encoders phantoms claims clean install

run: $(INSTALLED)
	@histopress validate
	@$(SMK)

install: $(INSTALLED)

# torch first and alone: its exact version has a build without CUDA.
$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

test: $(INSTALLED)
	OMP_NUM_THREADS=1 python -m pytest $(PYTEST)

test-audit: $(INSTALLED)
	OMP_NUM_THREADS=1 python -m pytest tests/workflow/test_audit_*.py

# Draws 243 slides and asks what of them gives a label away; about 6 minutes.
test-shortcuts: $(INSTALLED)
	OMP_NUM_THREADS=1 HISTOPRESS_PIXELS=1 python -m pytest tests/claims/test_shortcuts.py

test-dvc: $(WITH_DVC)
	OMP_NUM_THREADS=1 python -m pytest tests/dvc

$(WITH_DVC): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,dvc]'
	touch $@

check: $(INSTALLED)
	ruff check .
	ruff format --check .
	snakefmt --check --diff Snakefile workflow
	snakemake --lint
	mypy
	histopress schema --check

# Real slides and tiles below $(DATA), each study in a folder of its own.
real: he collage

he: $(INSTALLED)
	mkdir -p real/he/config
	sed 's|@DATA@|$(abspath $(DATA))|' config/recipes/he/config.yaml > real/he/config/config.yaml
	sed 's|@DATA@|$(abspath $(DATA))|' config/recipes/he/slides.csv > real/he/config/slides.csv
	$(SMK) --directory real/he

collage: $(INSTALLED)
	mkdir -p real/collage/config
	sed 's|@DATA@|$(abspath $(DATA))|' config/recipes/collage/config.yaml > real/collage/config/config.yaml
	cd real/collage && histopress simulate collage --tiles=$(abspath $(DATA))/tiles/lymph \
	  --manifest=config/slides.csv --settings=$(CURDIR)/config/recipes/collage/collage.json
	$(SMK) --directory real/collage

# Encoders trained and compared on the labelled tiles below $(DATA); about an hour.
encoders: $(INSTALLED)
	mkdir -p real/encoders/config
	sed 's|@DATA@|$(abspath $(DATA))|' config/recipes/encoders/config.yaml > real/encoders/config/config.yaml
	python config/recipes/encoders/mitosis.py $(abspath $(DATA))/tiles/mitosis > real/encoders/mitosis-atypia.csv
	$(SMK) --directory real/encoders

# 220 small drawn patients on whom classes, numbers and survival are learned; about 20 minutes.
phantoms: $(INSTALLED)
	mkdir -p real/phantoms/config
	cp config/recipes/phantoms/config.yaml real/phantoms/config/config.yaml
	test -f real/phantoms/config/slides.csv || (cd real/phantoms && histopress simulate cohort \
	  --survival=$(CURDIR)/config/recipes/phantoms/survival.json)
	$(SMK) --directory real/phantoms

# What is claimed of the method, on drawn and real tissue; SIZE is tiny, small or full (docs/claims.md).
SIZE ?= small
CLAIMS := real/claims/$(SIZE)
STUDIES ?= growth centers node $(if $(wildcard $(DATA)/tiles/lymph),tiles)

claims: $(STUDIES:%=$(CLAIMS)/%/judged)
	histopress claims table $(STUDIES:%=$(CLAIMS)/%) --page=$(CLAIMS)/verdicts.md --figure=$(CLAIMS)/verdicts.svg

# Encoders by the workflow, slides in as many processes as cores, then the workflow again; what is
# done is left alone.
$(CLAIMS)/%/judged: $(INSTALLED) FORCE
	histopress claims init $(CLAIMS)/$* --study=$* --size=$(SIZE) \
	  --set DATA $(abspath $(DATA)) --set MITOSIS mitosis.csv
	test -f $(CLAIMS)/$*/config/slides.csv || ($(if $(filter tiles,$*),$(call collages,$(CLAIMS)/$*),$(call drawn,$(CLAIMS)/$*)))
	$(SMK) --directory $(CLAIMS)/$* results/claims/plan.md
	$(SMK) --directory $(CLAIMS)/$* encoders
	cd $(CLAIMS)/$* && histopress simulate cohort --jobs=$(CORES)
	$(SMK) --directory $(CLAIMS)/$* claims
	touch $@

FORCE:

drawn = cd $1 && histopress simulate phantom --config=config/config.yaml --manifest-only \
  --latents=config/latents.csv --oracle=config/oracle.json
collages = python config/recipes/encoders/mitosis.py $(abspath $(DATA))/tiles/mitosis > $1/mitosis.csv \
  && cd $1 && histopress simulate collage --tiles=$(abspath $(DATA))/tiles/lymph/train \
  --manifest=config/slides.csv --settings=$(CURDIR)/config/recipes/collage/collage.json

clean:
	rm -rf data logs real .snakemake
	find results -mindepth 1 -not -name README.md -delete
