# tests/golden: text and bytes of OpenFlow messages side by side.

.PHONY: golden
golden: $(BUILD)/tests/unit/proto/openflow/golden_test ## write tests/golden anew, to be read in review
	$(Q)$< --write
