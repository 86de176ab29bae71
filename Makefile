# Every target sets up what it needs. `make demo` and `make test` are all that a newcomer runs.

SWIFT ?= swift
SWIFT_FLAGS := --explicit-target-dependency-import-check error
SWIFT_SOURCES := $(wildcard Package.swift Sources Tests)

.PHONY: help setup accuracy build demo test lint format bench bench-accept peers peers-publish peers-test qdq-check size-check fuzz clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## setup         install what is missing (libzstd-dev, libsodium-dev, pkg-config)
setup:
	@scripts/setup.sh

## build         release build: .build/release/quantc
build: setup
	$(SWIFT) build -c release $(SWIFT_FLAGS)

## demo          build, then calibrate, build, run and explain the carried model
demo: build
	@scripts/demo.sh

## test          debug build and all tests
test: setup
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	$(SWIFT) test --skip-build

## lint          format, file length and imports
lint: setup
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	scripts/lint-length.sh
	scripts/lint-c.sh
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)

## format        rewrite the sources in the project's style
format:
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_SOURCES)
	scripts/lint-c.sh --fix

## bench         latency and sizes against the accepted baseline of this CPU
bench: build
	python3 Benchmarks/baseline/baseline.py check

## bench-accept  write that baseline
bench-accept: build
	python3 Benchmarks/baseline/baseline.py accept

## peers         INT8 peers and quantc in interleaved rounds (PyPI, QUANTC_MODELS)
peers:
	scripts/peers.sh --threads 1 2 --final

## peers-publish the same, and with AVX2 alone; writes README.md's tables and Benchmarks/results
peers-publish:
	scripts/peers.sh --threads 1 2 --final --publish
	scripts/peers.sh --threads 1 2 --final --publish --variant avx2

## peers-test    the comparison's own tests
peers-test:
	scripts/peers.sh --self-test

## qdq-check     the emitted QDQ ONNX in ONNX Runtime against our package
qdq-check: build
	scripts/qdq-check.sh

## accuracy      larger models on all dev samples, against calibration/limits.json (QUANTC_MODELS)
accuracy: build
	python3 scripts/accuracy.py .build/release/quantc

## size-check    bytes of packages and seconds of builds against their limits
size-check: build
	scripts/size-check.sh

## fuzz          the readers under libFuzzer, 60 s each (FUZZ_SECONDS)
fuzz: setup
	scripts/fuzz.sh

## clean         remove build products
clean:
	rm -rf .build
