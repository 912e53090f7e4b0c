/* fuzz: component=api */

/* JSON of a message with every type: what is read is written, and reads as the same message.  The
 * same bytes as a packed message, which JSON has to bear too. */

#include <assert.h>
#include "api/transcode/json.h"
#include "api/transcode/message.h"
#include "tests/unit/api/testing.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const uint8_t *data, size_t size)
{
	const message_desc *d = &weft__testing__everything__descriptor;
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;
	ProtobufCMessage *m = json_read(&a, d, (const char *)data, size, "m", &st), *again;
	size_t n;

	if (!m) {
		assert(st.code != STATUS_OK && *st.message);
		arena_clear(&a);
		return;
	}
	json_paths(&a, d, (const char *)data, size, &n);
	json_write(&text, m, JSON_ONE_LINE);
	again = json_read(&a, d, (const char *)text.data, text.size, NULL, &st);
	assert(again && message_is_equal(m, again));
	buf_fini(&text);
	arena_clear(&a);
}

static void unpacked(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;
	ProtobufCMessage *m =
		message_unpack(&a, &weft__testing__everything__descriptor, data, size, &st);

	assert(m || st.code != STATUS_OK);
	if (m) {
		json_write(&text, m, JSON_INDENTED | JSON_ALL_FIELDS);
		assert(message_is_equal(m, message_copy(&a, m)));
	}
	buf_fini(&text);
	arena_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	there_and_back(data, size);
	unpacked(data, size);
	return 0;
}
