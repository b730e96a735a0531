# make run    install what is missing, build the server, start it
# make test   install what is missing, run every test
# Options of the server: make run ARGS="--udp-port 50000", or its SLUICE_ variables.

SWIFT ?= swift
JOBS ?= 2
SECONDS ?= 30
ARGS ?=
FUZZERS = STUN RTP RTCP SDP Payload Engine Congestion
BUILD_PACKAGES = libssl-dev libsrtp2-dev pkg-config
# AES and SHA-1 several times as fast as libcrypto's; found at run time, not needed.
SPEED_PACKAGES = libipsec-mb-dev
TEST_PACKAGES = chromium iproute2
# Other programs that the tests measure or drive where they are there.
PEER_PACKAGES = janus firefox-esr
CODEC_PACKAGES = libvpx-dev libaom-dev libavcodec-dev libavutil-dev
BENCH_PACKAGES = janus iproute2 python3

.PHONY: run test test-core layers layers-random layers-codecs bench bench-max bench-build bench-check bench-micro ccbench e2e links \
    fuzz format lint clean

run:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES)
	$(SWIFT) build -c release -j $(JOBS) --product MediaHost
	@exec $$($(SWIFT) build -c release --show-bin-path)/MediaHost $(ARGS)

test:
	@.ci/install $(BUILD_PACKAGES) $(CODEC_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES) $(TEST_PACKAGES)
	@.ci/install --optional $(PEER_PACKAGES)
	@SWIFT=$(SWIFT) JOBS=$(JOBS) .ci/stages core signaling forwarding codecs e2e

# MediaCore and MediaIO alone, without the packages that HTTP needs.
test-core:
	@.ci/install $(BUILD_PACKAGES)
	@SWIFT=$(SWIFT) JOBS=$(JOBS) .ci/stages core

# Random sequences of every codec's layers through the engine, judged by a strict receiver, 1,000 a mode; then clips of
# real encoders, through the engine into real decoders.
layers: layers-random layers-codecs

layers-random:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES)
	SLUICE_CORE_ONLY=1 $(SWIFT) build -c release -j $(JOBS) --scratch-path .build-core --product LayerCheck
	@.build-core/release/LayerCheck $(ARGS)

# Clips of real encoders through the engine into real decoders: every picture is compared with what was encoded.
layers-codecs:
	@.ci/install $(BUILD_PACKAGES) $(CODEC_PACKAGES)
	@CLIP_SECONDS=20 SWIFT=$(SWIFT) JOBS=$(JOBS) .ci/codecs

# The media host beside Janus, and what the machine can do at best; see Benchmarks/README.md. QUICK=1 takes 3 minutes.
bench: bench-build
	@Benchmarks/run $(if $(QUICK),--quick) $(ARGS)

# The most subscribers that one core serves.
bench-max: bench-build
	@Benchmarks/run max $(ARGS)

bench-build:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES) $(BENCH_PACKAGES)
	$(SWIFT) build -c release -j $(JOBS) --product MediaHost
	$(SWIFT) build -c release -j $(JOBS) --package-path Benchmarks

# Congestion control over simulated links: each case's figures beside their bars. Pictures go to .build-core/ccbench.
ccbench:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES)
	SLUICE_CORE_ONLY=1 $(SWIFT) build -c release -j $(JOBS) --scratch-path .build-core --product ccbench
	@.build-core/release/ccbench $(ARGS)

# What forwarding costs, beside the bare encryption of the same bytes; fails when that is too much.
bench-check:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES)
	@SWIFT=$(SWIFT) JOBS=$(JOBS) .ci/stages forwarding

# What the single steps of a packet's way cost. The packages it needs take minutes to build the first time.
bench-micro:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES)
	SLUICE_CORE_ONLY=1 $(SWIFT) package --package-path Benchmarks/Micro benchmark --no-progress $(ARGS)

# Real browsers against the release build.
e2e:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(TEST_PACKAGES)
	@.ci/install --optional $(PEER_PACKAGES)
	@SWIFT=$(SWIFT) JOBS=$(JOBS) .ci/stages e2e

# Only what browsers see and hear over links that narrow and widen, beside Janus: a minute and a half each. The figures of
# every second are printed. ROW chooses: aWatcher, theSameWithJanus, theSameInFirefox, aPublishersLink.
links:
	@.ci/install $(BUILD_PACKAGES)
	@.ci/install --optional $(SPEED_PACKAGES) $(TEST_PACKAGES)
	@.ci/install --optional $(PEER_PACKAGES)
	@SLUICE_E2E_FILTER='^InteropTests\.Interop/AllocationTests/$(ROW)' \
	    SWIFT=$(SWIFT) JOBS=$(JOBS) .ci/stages e2e

# Each fuzzer for SECONDS. What it finds new goes to .build-fuzz; a failing input too. Both sanitizers stand in one
# option: of two the compiler takes the last, and the package manager writes them in any order.
fuzz:
	@set -e; for name in $(FUZZERS); do \
	    SLUICE_CORE_ONLY=1 SLUICE_FUZZ=1 $(SWIFT) build -c release -j $(JOBS) --scratch-path .build-fuzz \
	        --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address --product Fuzz$$name; \
	    mkdir -p .build-fuzz/found/$$name Tests/Fuzz/Corpus/$$name; \
	    SWIFT_BACKTRACE=enable=no .build-fuzz/release/Fuzz$$name -max_total_time=$(SECONDS) -print_final_stats=1 \
	        -artifact_prefix=.build-fuzz/found/$$name- .build-fuzz/found/$$name Tests/Fuzz/Corpus/$$name; \
	done

format:
	$(SWIFT) format -i -p -r Package.swift Sources Tests Benchmarks/LinkEmulator

lint:
	$(SWIFT) format lint -s -p -r Package.swift Sources Tests Benchmarks/LinkEmulator

clean:
	rm -rf .build .build-core .build-codecs .build-fuzz
