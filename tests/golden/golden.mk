# tests/golden: text and bytes of OpenFlow messages side by side.

.PHONY: golden
golden: $(BUILD)/tests/unit/proto/openflow/golden_test \
	$(BUILD)/tests/unit/proto/openflow/state_text_test ## write tests/golden anew, to be read in review
	$(Q)for test in $^; do $$test --write || exit 1; done
