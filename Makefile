.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: help install demo check format test bench-train ui doctor clean fuzz bench-memory bench-data-speed test-services deploy serve bench-data bench-scale gpu
PORT ?= 4200
MINUTES ?= 60

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install:  ## make .venv with everything: train, serve, test, llama.cpp's converter
	@$(PYTHON) infra/install.py

demo: install  ## mcp-server-time → SmolLM2-135M → dist/time-smollm2, on the CPU
	$(BIN)/mcp-forge run --server time --model smollm2 --profile demo
	$(BIN)/mcp-forge verify-bundle dist/time-smollm2

check: install  ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: install  ## every test that needs no GPU, two files at a time
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not gpu and not services"

fuzz: install  ## inputs that nobody thought of, for MINUTES=60, against all that reads what people bring
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

test-services: install  ## the deployment: a real server, real workers; crashes, cancels, restarts
	$(BIN)/pip install --quiet -c constraints.txt -e '.[services,test-services]'
	$(BIN)/pytest -m services

serve: install  ## a whole deployment here: server, pools, deployments, two workers; Ctrl-C ends it
	$(BIN)/python -m infra.serve $(PORT)

deploy: install  ## pools, deployments and automations to the Prefect server at PREFECT_API_URL; PRUNE=1 removes what profiles/ lacks
	$(BIN)/python -m infra.bootstrap
	$(BIN)/python -m infra.write_prefect_yaml
	$(BIN)/python -m infra.deploy $(if $(PRUNE),--prune)
	$(BIN)/python -m infra.apply_automations

bench-train: install  ## seconds per step: stock TRL on Unsloth, ours plain, ours with packs
	$(BIN)/python -m benchmarks.train
	$(BIN)/python -m benchmarks.observing

bench-memory: install  ## estimated beside measured memory of real training steps (10 minutes on an idle CPU)
	$(BIN)/python -m benchmarks.memory

gpu: install  ## rehearse and measure on an NVIDIA GPU, at most 9 minutes (docs/gpu.md)
	$(BIN)/python -m benchmarks.gpu
	$(BIN)/python -m benchmarks.gpu --table

bench-data: bench-data-speed  ## and what each way to write data teaches, asked what people type (hours; benchmarks/bench-data.json)
	$(BIN)/python -m benchmarks.generalisation time git --steps 30

bench-data-speed: install  ## rows written and judged a second (benchmarks/bench-data-speed.json)
	$(BIN)/python -m benchmarks.data

bench-scale: install  ## ten forges at once while a hundred servers fail and processes are killed; a day of watching (OPTIONS="--s3 …")
	$(BIN)/pip install --quiet -c constraints.txt -e '.[services,test-services]'
	$(BIN)/python -m benchmarks.scale $(OPTIONS)

ui: install  ## Prefect's UI on what runs have left here (http://127.0.0.1:4200)
	PREFECT_HOME=$(CURDIR)/.mcp-forge/prefect PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1 \
	  $(BIN)/prefect server start --host 127.0.0.1

doctor: install  ## what this machine can forge, and what it lacks
	$(BIN)/mcp-forge doctor

clean:  ## remove what runs have left (not the bundles in dist/)
	rm -rf .mcp-forge
