# The API's tables, written by apigen from what protoc tells about the .proto files.
apigen     := $(BUILD)/apigen/apigen
apigen_src := $(wildcard api/gen/*.c) api/rest/template.c api/utf8.c $(addprefix lib/,arena.c buf.c status.c util.c)
apigen_obj := $(call to_obj,$(apigen_src)) \
    $(BUILD)/gen/proto/google/api/http.pb-c.o $(BUILD)/gen/google/protobuf/descriptor.pb-c.o
$(apigen): $(apigen_obj)
	$(call say,LD,$@)
	$(call link,$(libs_proto))

# $1 C file, $2 name of its struct api_schema, $3 .proto files with the services
define api_tables
$1: $3 $(protos) $(apigen)
	$$(call say,APIGEN,$$@)
	$$(Q)mkdir -p $$(@D) && protoc -I. --include_imports --include_source_info \
	    --descriptor_set_out=$$@.pb $3 proto/google/api/annotations.proto && \
	    ASAN_OPTIONS=detect_leaks=0 $(apigen) $$@.pb $2 $$@ $3
$(1:.c=.o): $1 api/schema.h $(BUILD)/.flags | $(gen_h)
	$$(call say,CC,$1)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -c $1 -o $$@
endef
weft_tables := $(BUILD)/gen/api_tables
$(eval $(call api_tables,$(weft_tables).c,weft_schema,$(filter proto/weft/%,$(protos))))
$(BUILD)/part/proto.o: $(weft_tables).o

# The tests' own API.
testing        := tests/unit/api/testing
testing_gen    := $(BUILD)/gen/$(testing)
testing_objs   := $(testing_gen).pb-c.o $(testing_gen)_tables.o
api_test_src   := $(shell find tests/unit/api tests/fakes/api tests/fuzz -name '*.c' 2>/dev/null)
$(eval $(call api_tables,$(testing_gen)_tables.c,testing_schema,$(testing).proto))
$(testing_gen)_tables.o: | $(testing_gen).pb-c.h
$(call to_obj,$(api_test_src)): | $(testing_gen).pb-c.h
$(filter $(BUILD)/tests/unit/api/%,$(unit_bin)): $(testing_objs)

# A server of it for foreign clients.
api_test_server := $(BUILD)/tests/fakes/api/server/server
$(api_test_server): $(BUILD)/obj/tests/fakes/api/server/main.o $(BUILD)/obj/tests/fakes/api/library.o \
    $(testing_objs) $(call part,api proto lib)
	$(call say,LD,$@)
	$(call link,$(libs_api) $(libs_proto) $(libs_lib))
unit-build: $(api_test_server)
$(addprefix $(BUILD)/tests/fuzz/,json_fuzz rest_fuzz h2_fuzz h2client_fuzz): $(testing_objs) $(call to_obj,tests/fakes/api/library.c)
