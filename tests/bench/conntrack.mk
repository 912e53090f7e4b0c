# What tracking connections alone costs.
bench_conntrack := $(BUILD)/tests/bench/conntrack_bench
$(bench_conntrack): $(call to_obj,tests/bench/conntrack_bench.c) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
.PHONY: bench-conntrack
bench-conntrack: $(bench_conntrack) ## cycles per packet of tracking, by the number of connections; ARGS="tcp 10000"
	$(Q)taskset -c 1 $< $(ARGS)
