# The two commands of the README: `make run` and `make test`.
CONFIG ?= config/demo.yml

.PHONY: help setup run test bench format lint clean

help:
	@echo 'make run     set everything up, then start the server with the demo camera on http://127.0.0.1:8080'
	@echo '             (CONFIG=FILE for your own cameras)'
	@echo 'make test    set everything up, then run every check and test'
	@echo 'make setup   only set up: system packages, ONNX Runtime, a model, the demo footage'
	@echo 'make bench   measure, and print the table of the README'
	@echo 'make format  lay out the code;  make lint  check layout and layering;  make clean  remove what was built'

setup:
	@scripts/setup.sh

run: setup
	swift build -c release --product spectrax
	.build/release/spectrax run --config $(CONFIG)

test:
	@scripts/setup.sh --tests
	@$(MAKE) --no-print-directory lint
	swift build --build-tests
	swift test --skip-build

bench: setup
	swift build -c release --product spectrax
	benchmarks/run.sh

format:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	scripts/check-layering

clean:
	rm -rf .build .build-*
