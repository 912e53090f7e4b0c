# weft-bench: the folder tool/, whose parts unit tests link as well (see "bench" in the Makefile).

programs += weft-bench
programs: $(BUILD)/bin/weft-bench
$(BUILD)/bin/weft-bench: $(call main,tests/bench/tool) $(call part,$(below_bench))
	$(call say,LD,$@)
	$(call link,$(call libs_below,bench))
