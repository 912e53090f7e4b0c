# The cost of the walk alone, in cycles per packet; nothing else should be running.
bench_pipeline := $(BUILD)/tests/bench/pipeline_bench
$(bench_pipeline): $(call to_obj,tests/bench/pipeline_bench.c) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
.PHONY: bench-pipeline
bench-pipeline: $(bench_pipeline) ## cycles per packet of the dataplane's walk
	$(Q)taskset -c 1 $<
