CONFIG ?= config/demo.yml
FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test leaks fuzz bench format lint clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## install what building and running needs (.deps/ and system packages)
	@scripts/setup.sh

run: setup ## build and start the demo (CONFIG=file for your own cameras)
	swift build -c release --product spectrax $(FLAGS)
	.build/release/spectrax run --config $(CONFIG)

test: ## set up, lint, check the layering, build and run all tests
	@scripts/setup.sh --tests
	@$(MAKE) --no-print-directory lint
	swift build --build-tests $(FLAGS)
	swift test --skip-build --parallel $(FLAGS)
	scripts/check-leaks
	SPECTRAX_BUILD="$$(swift build --show-bin-path $(FLAGS))" scripts/test-clients
	SPECTRAX_BUILD="$$(swift build --show-bin-path $(FLAGS))" scripts/test-browser

leaks: ## look for memory leaks with valgrind (part of test)
	scripts/check-leaks --build

fuzz: ## look for bytes that break a parser (SECONDS=60 for each target)
	SECONDS_EACH=$(if $(filter command line environment,$(origin SECONDS)),$(SECONDS),60) scripts/fuzz

bench: ## measure, and print the table of the README
	@scripts/setup.sh --tests
	swift build -c release --product spectrax $(FLAGS)
	swift build -c release --product RecorderProbe $(FLAGS)
	swift build -c release --product store-bench $(FLAGS)
	benchmarks/run.sh $(FLAGS)

format: ## format the Swift sources
	swift format --in-place --recursive Sources Tests Package.swift

lint: ## check formatting and layering
	swift format lint --strict --recursive Sources Tests Package.swift
	scripts/check-layering

clean: ## remove what was built (.deps/ stays)
	rm -rf .build
