/* Durations as text: no more digits after the point than they have, but whole milliseconds. */

#include "proto/openflow/duration.h"

void of_duration_print(uint32_t sec, uint32_t nsec, struct buf *out)
{
	buf_printf(out, "%u", sec);
	if (!nsec)
		return;
	if (nsec % NS_PER_MS == 0) {
		buf_printf(out, ".%03u", (unsigned)(nsec / NS_PER_MS));
		return;
	}
	buf_printf(out, ".%09u", nsec);
	while (out->data[out->size - 1] == '0')
		out->size--;
}
