# Stipple's commands. `make` alone lists them. Each is a script in scripts/ or
# one line of go: nothing here is needed to build by hand (see README.md).
.DEFAULT_GOAL := help
SHELL := /bin/sh
.PHONY: help demo run build test nightly lint bench measure screenshots clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## console and a simulated RF pen on a real serial port; without a display a scripted treatment
	@scripts/demo.sh

run: ## the console on this computer's ordinary store
	@scripts/deps.sh build
	go run .

build: ## bin/stipple and bin/penctl
	@scripts/deps.sh build
	go build -o bin/ .
	CGO_ENABLED=0 go build -o bin/ ./device/penctl

test: ## everything that must hold: format, vet, staticcheck, unit tests, race detector, real window
	@scripts/test.sh

nightly: ## a thousand simulated hours of the whole system with faults, and ten minutes of each fuzz target
	@scripts/nightly.sh

lint: ## format, vet and staticcheck alone
	@scripts/deps.sh build
	@scripts/lint.sh

bench: ## the benchmarks, each beside the floor it is measured against
	@scripts/bench.sh

measure: ## how fast everything stops: thousands of times, in the real window under load; part of bench
	@scripts/deps.sh window
	go run ./demo --measure

screenshots: ## every page in two themes into docs/pictures/pages, without a display
	@scripts/deps.sh build
	go run . --screenshots docs/pictures/pages

clean: ## remove what was built here (never a store)
	rm -rf bin demo-pictures
