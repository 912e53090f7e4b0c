# Checks, fuzzing, demo and benchmarks.  tests/run is what `make check` runs.

.PHONY: check check-asan check-tsan check-integration fuzz fuzz-build fuzz-replay demo bench guest unit-build

FUZZ_SECONDS ?= 30
GUEST := build/guest

# Packages beyond those that the build needs, once per package list.
setup_groups = $(BUILD)/.setup-$(subst $() ,-,$(sort $1))
define setup_rule
$(BUILD)/.setup-$1: tests/setup/install tests/setup/packages.txt
	@mkdir -p $$(@D) && $(if $(filter 1,$(NO_SETUP)),:,tests/setup/install build $(subst -, ,$1)) && touch $$@
endef
$(foreach g,guest guest-test,$(eval $(call setup_rule,$g)))

guest: $(GUEST)/.made
	@:
$(GUEST)/.made: tests/guest/mkguest tests/guest/init tests/guest/extract-kernel $(BUILD)/.setup-guest
	$(Q)tests/guest/mkguest $(GUEST) && touch $@

# tests/fuzz/X_fuzz.c defines LLVMFuzzerTestOneInput and begins with a line that names the
# component it is linked with and the files of tests/fakes/COMPONENT/ that it needs.  With gcc it
# becomes a replayer of tests/fuzz/corpus/X, with
# clang's SAN=fuzzer-no-link,... a fuzzer.
fuzz_src  := $(sort $(wildcard tests/fuzz/*_fuzz.c))
fuzz_bin  := $(fuzz_src:%.c=$(BUILD)/%)
fuzz_comp  = $(shell sed -n '1s|.*component=\([a-z]*\).*|\1|p' $1)
fuzz_fakes = $(addprefix tests/fakes/$(call fuzz_comp,$1)/,$(addsuffix .c,$(shell \
    sed -n '1s|.*fakes=\([a-z_,]*\).*|\1|p' $1 | tr , ' ')))
fuzz_main := $(if $(findstring fuzzer,$(SAN)),,$(BUILD)/obj/tests/fuzz/replay.o)
define fuzz_rule
$(BUILD)/$(1:%.c=%): $(BUILD)/obj/$(1:%.c=%.o) $(fuzz_main) $(call part,$(below_$(call fuzz_comp,$1))) \
    $(call to_obj,$(call fuzz_fakes,$1))
	$$(call say,LD,$$@)
	$$(call link,$$(call libs_below,$(call fuzz_comp,$1)) $(if $(fuzz_main),,-fsanitize=fuzzer))
endef
$(foreach f,$(fuzz_src),$(eval $(call fuzz_rule,$f)))

unit-build: $(unit_bin)
fuzz-build: $(if $(FUZZ),$(FUZZ:%=$(BUILD)/tests/fuzz/%_fuzz),$(fuzz_bin))
fuzz-replay: $(fuzz_bin:%=%.replayed)
%_fuzz.replayed: %_fuzz FORCE
	$(call say,REPLAY,$(@F:_fuzz.replayed=))
	$(Q)timeout 900 $< tests/fuzz/corpus/$(@F:_fuzz.replayed=) && touch $@

check: $(BUILD)/.setup-guest-test ## every test; the last line counts them
	+@MAKE='$(MAKE)' BUILD='$(BUILD)' GUEST_DIR='$(CURDIR)/$(GUEST)' tests/run

check-asan: ## unit tests and fuzz corpora with address and undefined-behaviour sanitizers
	+$(Q)$(MAKE) --no-print-directory NO_SETUP=1 BUILD=$(BUILD)/asan SAN=address,undefined OPT='-O1 -g' check-unit fuzz-replay

# Those whose threads share something.
tsan_tests := lookup/concurrent_test pipeline/concurrent_test pipeline/connections_concurrent_test \
    worker/worker_test worker/punt_queue_test meter/policer_test worker/effects_test worker/sharing_test \
    conntrack/concurrent_test conntrack/expect_test conntrack/helper_ftp_test conntrack/proto_concurrent_test \
    conntrack/fragments_test
check-tsan: ## unit tests of what threads share, with the thread sanitizer
	+$(Q)TSAN_OPTIONS='suppressions=tests/tsan.supp history_size=7' $(MAKE) --no-print-directory \
	    NO_SETUP=1 BUILD=$(BUILD)/tsan SAN=thread OPT='-O1 -g' \
	    $(tsan_tests:%=$(BUILD)/tsan/tests/unit/dataplane/%.ok)

check-integration: programs unit-build $(GUEST)/.made ## the integration tests alone; T="60 61" picks some
	+@BUILD='$(BUILD)' GUEST_DIR='$(CURDIR)/$(GUEST)' tests/run integration $(T)

fuzz: $(BUILD)/.setup-guest-test ## fuzz each parser for FUZZ_SECONDS (30); FUZZ="json" picks
	+$(Q)$(MAKE) --no-print-directory NO_SETUP=1 BUILD=$(BUILD)/fuzz CC='$(if $(shell command -v ccache),ccache )clang' \
	    WARN=-w SAN=fuzzer-no-link,address,undefined OPT='-O1 -g' fuzz-build
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) BUILD=$(BUILD)/fuzz tests/fuzz/run $(FUZZ)

demo: programs $(GUEST)/.made ## two tenants, containers and a guest; KEEP=1 leaves them running
	@BUILD='$(BUILD)' GUEST_DIR='$(CURDIR)/$(GUEST)' KEEP='$(KEEP)' tests/demo/demo.sh
