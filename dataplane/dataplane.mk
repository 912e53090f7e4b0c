# The cost of the walk alone, in cycles per packet; nothing else should be running.
bench_pipeline := $(BUILD)/tests/bench/pipeline_bench
$(bench_pipeline): $(call to_obj,tests/bench/pipeline_bench.c tests/bench/bench_tables.c) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
.PHONY: bench-pipeline
bench-pipeline: $(bench_pipeline) ## cycles per packet of the dataplane's walk
	$(Q)taskset -c 1 $<

# What a look-up alone costs, by class and rule set.
bench_lookup := $(BUILD)/tests/bench/lookup_bench
$(bench_lookup): $(call to_obj,tests/bench/lookup_bench.c tests/bench/lookup_rules.c) \
    $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
.PHONY: bench-lookup
bench-lookup: $(bench_lookup) ## cycles per key of the look-up classes; ARGS='-c tuple -n 10000 acl'
	$(Q)taskset -c 1 $< $(ARGS)

# What changing one flow among many costs, until it is published.
bench_update := $(BUILD)/tests/bench/update_bench
$(bench_update): $(call to_obj,tests/bench/update_bench.c) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
.PHONY: bench-update
bench-update: $(bench_update) ## microseconds from a flow-mod to the snapshot that has it
	$(Q)taskset -c 1 $<

# What one port's traffic costs the others.
bench_hostile := $(BUILD)/tests/bench/hostile_bench
$(bench_hostile): $(call to_obj,tests/bench/hostile_bench.c tests/bench/hostile_tables.c \
    tests/bench/hostile_frames.c tests/bench/bench_tables.c) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
.PHONY: bench-hostile
bench-hostile: $(bench_hostile) ## what a port loses by its neighbours' hostile traffic
	$(Q)taskset -c 1 $<
