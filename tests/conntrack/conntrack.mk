# What the connection tracking says of packets, for comparing it with others (judge.c).
judge := $(BUILD)/tests/conntrack/judge
$(judge): $(call to_obj,tests/conntrack/judge.c) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
unit-build: $(judge)
