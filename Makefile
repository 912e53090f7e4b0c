# Build, test and install everything.  `make help` lists the targets.
#
# One Makefile, no recursion: make sees the whole graph, so -j is always safe.
# Sources are found, never listed: adding a file to a directory adds it to the
# build.  What one component alone needs (a code generator, a test runner) stands
# in its own NAME.mk, included at the end.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
SHELL := /bin/bash -o pipefail

VERSION ?= 0.1.0
BUILD   ?= build
V       ?= 0
SAN     ?=# e.g. address,undefined: use with BUILD=build/asan
OPT     ?= -O2 -g
ARCH    ?= -march=x86-64-v2 -mtune=generic
PREFIX  ?= /usr/local
DESTDIR ?=
CC      := $(if $(filter default undefined,$(origin CC)),$(if $(shell command -v ccache),ccache gcc,gcc),$(CC))
Q       := $(if $(filter 1,$(V)),,@)
say      = @$(if $(filter 1,$(V)),:,printf '  %-7s %s\n') '$1' '$2'

.PHONY: all
all: programs

# Targets that need packages install them first, once per package list; with
# NO_SETUP=1 nothing is installed and what is missing shows as a build error.
SETUP := $(BUILD)/.setup
NO_SETUP ?= 0
ifeq ($(NO_SETUP),1)
$(SETUP):
	@mkdir -p $(@D) && touch $@
else
$(SETUP): tests/setup/install tests/setup/packages.txt
	@mkdir -p $(@D) && tests/setup/install build && touch $@
endif

PKG      := pkg-config
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wvla -Wno-missing-field-initializers -Werror
CPPFLAGS += -D_GNU_SOURCE -DWEFT_VERSION='"$(VERSION)"' -I. -I$(BUILD)/gen
CFLAGS   += -std=gnu11 $(OPT) $(ARCH) $(WARN) -fno-omit-frame-pointer -fno-common -pthread
LDFLAGS  += -Wl,--as-needed -pthread
ifneq ($(SAN),)
CFLAGS   += -fsanitize=$(SAN) -fno-sanitize-recover=all
LDFLAGS  += -fsanitize=$(SAN)
ifneq ($(findstring thread,$(SAN)),)
CFLAGS   += -Wno-tsan# it does not follow fences; tests/tsan.supp names what that concerns
endif
endif

# A component sees only the third-party headers named here: that lib/ and proto/
# cannot include DPDK, and controller/ neither, is enforced by the compiler.
dpdk_cflags        = $(filter-out -march=% -I/usr/include/dbus% -I/usr/lib/%dbus%,$(shell $(PKG) --cflags libdpdk))
cflags_lib         =
cflags_proto       = -isystem $(BUILD)/gen/ovs
cflags_dataplane   = $(dpdk_cflags) $(shell $(PKG) --cflags libnl-route-3.0) -isystem $(BUILD)/gen/ovs
cflags_api         = $(shell $(PKG) --cflags libnghttp2 libmicrohttpd jansson)
cflags_controller  = $(shell $(PKG) --cflags sqlite3 jansson) -isystem $(BUILD)/gen/ovs
cflags_tests       = $(cflags_dataplane) $(cflags_api) $(cflags_controller)
libs_lib           = -luv -lssl -lcrypto -lm
libs_proto         = -lprotobuf-c
libs_dataplane     = $(shell $(PKG) --libs libdpdk libnl-route-3.0) -lpcap
libs_api           = $(shell $(PKG) --libs libnghttp2 libmicrohttpd jansson)
libs_controller    = $(shell $(PKG) --libs sqlite3 jansson)

top      = $(firstword $(subst /, ,$1))
find_c   = $(sort $(shell find $1 -name '*.c' ! -name 'main.c' $2 2>/dev/null))
to_obj   = $(patsubst %.c,$(BUILD)/obj/%.o,$1)

# Generated: the OpenFlow headers of Debian's Open vSwitch source, and protobuf-c code.
ovs_h    := $(BUILD)/gen/ovs/.unpacked
protos   := $(sort $(shell find proto -name '*.proto'))
known    := any descriptor duration empty field_mask timestamp# of google.protobuf
gen_c    := $(protos:%.proto=$(BUILD)/gen/%.pb-c.c) $(known:%=$(BUILD)/gen/google/protobuf/%.pb-c.c)
gen_o    := $(gen_c:.c=.o)
gen_h    := $(gen_c:.c=.h) $(ovs_h)

$(ovs_h): $(SETUP)
	$(call say,UNPACK,openvswitch-source)
	$(Q)mkdir -p $(@D) && tar -xf /usr/src/openvswitch/openvswitch.tar.gz -C $(@D) --strip-components=2 \
	    openvswitch/include/openflow openvswitch/include/openvswitch/types.h \
	    openvswitch/include/openvswitch/compiler.h && touch $@
$(BUILD)/gen/%.pb-c.c $(BUILD)/gen/%.pb-c.h &: %.proto $(SETUP)
	$(call say,PROTOC,$<)
	$(Q)mkdir -p $(BUILD)/gen && protoc-c --c_out=$(BUILD)/gen -I. $<
$(BUILD)/gen/google/protobuf/%.pb-c.c $(BUILD)/gen/google/protobuf/%.pb-c.h &: $(SETUP)
	$(call say,PROTOC,google/protobuf/$*.proto)
	$(Q)mkdir -p $(BUILD)/gen && protoc-c --c_out=$(BUILD)/gen -I/usr/include google/protobuf/$*.proto
$(BUILD)/gen/%.pb-c.o: $(BUILD)/gen/%.pb-c.c $(BUILD)/.flags | $(gen_h)
	$(call say,CC,$<)
	$(Q)$(CC) -I. -I$(BUILD)/gen -std=gnu11 $(OPT) $(ARCH) -w -c $< -o $@

# A component is linked as one relocatable object, not an archive: the linker drops an
# archive member nobody refers to, and a file that only registers itself is exactly that.
# The command line (api/cli) is a program on top of api/ and stays out of its part.
objs_lib        := $(call to_obj,$(call find_c,lib))
objs_proto      := $(call to_obj,$(call find_c,proto)) $(gen_o)
objs_api        := $(call to_obj,$(call find_c,api,! -path 'api/cli/*' ! -path 'api/gen/*'))
objs_dataplane  := $(call to_obj,$(call find_c,dataplane))
objs_controller := $(call to_obj,$(call find_c,controller))
objs_cli        := $(call to_obj,$(call find_c,api/cli))
# weft-bench starts EAL as the dataplane does.
objs_bench      := $(call to_obj,$(call find_c,tests/bench/tool) tests/bench/bench_switch.c \
    dataplane/worker/eal.c dataplane/worker/hush.c dataplane/port/netns.c)
part = $(1:%=$(BUILD)/part/%.o)
$(foreach p,lib proto api dataplane controller cli bench,$(eval $(BUILD)/part/$p.o: $(objs_$p)))
$(BUILD)/part/%.o:
	$(call say,PART,$@)
	$(Q)mkdir -p $(@D) && ld -r $^ -o $@

programs := weft-dataplane weft-controller weft
.PHONY: programs
programs: $(programs:%=$(BUILD)/bin/%)
main = $(BUILD)/obj/$1/main.o
link = $(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(filter %.o,$^) $1 -o $@
$(BUILD)/bin/weft-dataplane: $(call main,dataplane) $(call part,dataplane proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_dataplane) $(libs_proto) $(libs_lib))
$(BUILD)/bin/weft-controller: $(call main,controller) $(call part,controller api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_controller) $(libs_api) $(libs_proto) $(libs_lib))
$(BUILD)/bin/weft: $(call main,api/cli) $(call part,cli api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_api) $(libs_proto) $(libs_lib))

# Unit tests: tests/unit/COMPONENT/..._test.c is a program linked with that component
# and what lies below it.  tests/sim links the controller and the switch's code.
below_lib        := lib
below_proto      := proto lib
below_dataplane  := dataplane proto lib
below_api        := api proto lib
below_cli        := cli api proto lib
below_controller := controller api dataplane proto lib
below_bench      := bench cli api proto lib
libs_bench        = $(libs_dataplane)
libs_below        = $(foreach p,$(below_$1),$(libs_$p))
unit_src := $(sort $(shell find tests/unit tests/sim -name '*_test.c' 2>/dev/null))
unit_bin := $(unit_src:%.c=$(BUILD)/%)
fake_obj := $(call to_obj,$(call find_c,tests/fakes))
comp_of   = $(if $(filter tests/sim/%,$1),controller,$(word 3,$(subst /, ,$1)))
define unit_rule
$(BUILD)/$(1:%.c=%): $(BUILD)/obj/$(1:%.c=%.o) $(call part,$(below_$(call comp_of,$1))) \
    $$(call to_obj,$$(call find_c,tests/fakes/$(call comp_of,$1)))
	$$(call say,LD,$$@)
	$$(call link,$$(call libs_below,$(call comp_of,$1)) -lcmocka)
endef
$(foreach t,$(unit_src),$(eval $(call unit_rule,$t)))

# Rebuild when the flags change, not only when the sources do.
flags = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(BUILD)/.flags: FORCE
	@mkdir -p $(@D); echo '$(flags)' | cmp -s - $@ || echo '$(flags)' > $@
.PHONY: FORCE
FORCE:

$(BUILD)/obj/%.o: %.c $(BUILD)/.flags | $(gen_h) $(SETUP)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(cflags_$(call top,$<)) $(CFLAGS) -MMD -MP -c $< -o $@

.PHONY: check-unit lint help clean
check-unit: $(unit_bin:%=%.ok) ## run the unit tests that changed
%.ok: %
	$(call say,TEST,$<)
	$(Q)timeout 600 $< > $*.log 2>&1 && touch $@ || { cat $*.log; exit 1; }

lint: $(SETUP) | $(gen_h) ## layers, root-relative includes, self-contained headers, the table of errors
	$(call say,LINT,layers)
	$(Q)awk -f tests/lint/layers.awk tests/lint/layers.txt \
	    $$(find lib proto api dataplane controller tests -name '*.[ch]')
	$(call say,LINT,errors)
	$(Q)awk -f tests/lint/errors.awk proto/openflow/errors.def docs/openflow-errors.md \
	    $$(find tests -name '*_test.c')
	$(call say,LINT,headers)
	$(Q)for h in $$(find lib proto api dataplane controller -name '*.h' ! -name '*_body.h'); do \
	    $(CC) $(CPPFLAGS) $(cflags_tests) -std=gnu11 $(ARCH) -fsyntax-only -x c $$h || exit 1; done

help: ## this list
	@cat $(MAKEFILE_LIST) | sed -n 's/^\([a-z-]*\):.*## /\1\t/p' | sort | expand -t 18
clean: ## remove $(BUILD)
	rm -rf $(BUILD)

include $(sort $(wildcard api/*.mk dataplane/*.mk controller/*.mk tests/*.mk tests/*/*.mk docs/*.mk configs/*.mk))

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
