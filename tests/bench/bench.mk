# `make bench`, and what it runs; weft-bench is in tool.mk.

programs: $(BUILD)/bin/bench-flows
$(BUILD)/bin/bench-flows: $(call to_obj,tests/bench/flows_bench.c tests/bench/flows_client.c \
    tests/bench/bench_switch.c) $(call part,cli api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_api) $(libs_proto) $(libs_lib))

programs: $(BUILD)/bin/bench-cores
$(BUILD)/bin/bench-cores: $(call to_obj,tests/bench/cores_bench.c) $(call part,lib)
	$(call say,LD,$@)
	$(call link,$(libs_lib))

# The controller and a switch in one process.
bench_groups := $(BUILD)/tests/bench/groups_bench
$(bench_groups): $(BUILD)/obj/tests/bench/groups_bench.o $(call part,$(below_controller)) \
    $(call to_obj,$(call find_c,tests/fakes/controller))
	$(call say,LD,$@)
	$(call link,$(call libs_below,controller) -lcmocka)

# net_weftgen: a DPDK driver for any program that takes -d; only what it exports to DPDK is its
# constructor, so that no name meets one of the program's.
weftgen     := $(BUILD)/bin/librte_net_weftgen.so
weftgen_src := $(sort $(wildcard tests/bench/driver/*.c)) tests/bench/traffic.c tests/bench/traffic_profile.c \
    lib/status.c lib/util.c
$(BUILD)/pic/%.o: %.c $(BUILD)/.flags | $(gen_h) $(SETUP)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(cflags_dataplane) $(CFLAGS) -fPIC -fvisibility=hidden \
	    -MMD -MP -c $< -o $@
programs: $(weftgen)
$(weftgen): $(weftgen_src:%.c=$(BUILD)/pic/%.o)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -shared $(filter %.o,$^) $(shell $(PKG) --libs libdpdk) -lrte_bus_vdev -lm -o $@
$(BUILD)/tests/unit/bench/traffic_test: $(call to_obj,tests/bench/traffic.c tests/bench/traffic_profile.c)
-include $(shell find $(BUILD)/pic -name '*.d' 2>/dev/null)

bench: programs $(bench_pipeline) $(bench_groups) $(BUILD)/.setup-guest ## the whole table beside Open vSwitch; QUICK=1, BENCH=table CELLS=acl1k:10k
	$(if $(filter 1,$(NO_SETUP)),,$(Q)tests/setup/install bench || echo 'bench: goes on without')
	$(Q)BUILD='$(BUILD)' GUEST_DIR='$(CURDIR)/$(GUEST)' QUICK='$(filter-out 0,$(QUICK))' CELLS='$(CELLS)' \
	    PRIORITY='$(filter-out 0,$(PRIORITY))' FLOW_CACHE='$(FLOW_CACHE)' tests/bench/bench.sh $(BENCH)
