/* fuzz: component=proto */

/* An OpenFlow message of any bytes: an error, or a message that prints, and that encodes to
 * bytes which mean the same. */

#include <stdlib.h>

#include "proto/openflow/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes once is in canonical form after one encoding. */
static void check_round_trip(const struct of_msg *msg)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct of_error err;
	struct of_msg again;

	/* Some fields' canonical form is longer: what filled a message may not fit any more. */
	if (of_msg_encode(msg, &first) == 0) {
		if (of_msg_decode(first.data, first.size, &a, &again, &err) != 0)
			abort();
		of_msg_encode(&again, &second);
		if (second.size != first.size || memcmp(first.data, second.data, first.size) != 0)
			abort();
	}
	buf_fini(&first);
	buf_fini(&second);
	arena_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	long length = of_msg_size(data, size);
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct of_error err;
	struct of_msg msg;
	char name[96];

	if (length <= 0)
		return 0;
	if (of_msg_decode(data, length, &a, &msg, &err) == 0) {
		of_msg_print(&msg, &text);
		check_round_trip(&msg);
	} else {
		of_error_name(&err, name, sizeof(name));
		of_error_reply(&err, msg.version, msg.xid, data, length, &text);
	}
	buf_fini(&text);
	arena_clear(&a);
	return 0;
}
