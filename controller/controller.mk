# bench-attach: how long an attach call takes, see tests/bench/attach_bench.c.

programs: $(BUILD)/bin/bench-attach
$(BUILD)/bin/bench-attach: $(call to_obj,tests/bench/attach_bench.c) $(call part,api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_api) $(libs_proto) $(libs_lib))

.PHONY: bench-attach
bench-attach: programs ## attach calls with 1,000 ports present: median and p99
	$(Q)BUILD='$(BUILD)' tests/bench/bench.sh attach
