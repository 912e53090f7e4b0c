# weft-bench, and `make bench`.

programs += weft-bench
programs: $(BUILD)/bin/weft-bench
$(BUILD)/bin/weft-bench: $(call to_obj,tests/bench/weft_bench.c tests/bench/bench_switch.c) \
    $(call part,cli api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_api) $(libs_proto) $(libs_lib))

programs: $(BUILD)/bin/bench-flows
$(BUILD)/bin/bench-flows: $(call to_obj,tests/bench/flows_bench.c tests/bench/flows_client.c \
    tests/bench/bench_switch.c) $(call part,cli api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_api) $(libs_proto) $(libs_lib))

bench: programs $(bench_pipeline) $(BUILD)/.setup-guest ## packet rate, TCP, attach latency, idle processor time
	$(if $(BENCH_PLUGIN),$(if $(filter 1,$(NO_SETUP)),,$(Q)tests/setup/install bench))
	$(Q)BUILD='$(BUILD)' GUEST_DIR='$(CURDIR)/$(GUEST)' tests/bench/bench.sh $(BENCH)
