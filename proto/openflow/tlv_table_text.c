/* Mappings of tunnel options as text, as ovs-ofctl's add-tlv-map and dump-tlv-map have them. */

#include <strings.h>

#include "proto/openflow/field.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/tlv_table.h"

void of_tlv_maps_print(const struct of_tlv_table *t, struct buf *out)
{
	buf_puts(out, "mapping table:\n  class  type  length  match field\n"
		      " ------  ----  ------  --------------");
	for (unsigned i = 0; i < t->n; i++) {
		const struct of_tlv_map *m = &t->maps[i];

		buf_printf(out, "\n %#6x  %#4x  %6u  tun_metadata%u", m->option_class,
			   m->option_type, m->option_length, m->index);
	}
}

/* A WORD and a number up to MAX behind it; *AT moves on. */
static int parse_number(const char **at, const char *word, uint64_t max, uint64_t *number)
{
	size_t size = strlen(word), digits;

	if (strncasecmp(*at, word, size) != 0)
		return -1;
	*at += size;
	digits = strspn(*at, "0123456789abcdefABCDEFxX");
	if (of_number_parse(*at, digits, number) != 0 || *number > max)
		return -1;
	*at += digits;
	return 0;
}

static int parse_map(const char **at, struct of_tlv_map *m)
{
	uint64_t class, type, length, index;

	if (parse_number(at, "{class=", UINT16_MAX, &class) != 0 ||
	    parse_number(at, ",type=", UINT8_MAX, &type) != 0 ||
	    parse_number(at, ",len=", UINT8_MAX, &length) != 0 ||
	    parse_number(at, "}->tun_metadata", OF_N_TUN_METADATA - 1, &index) != 0)
		return -1;
	*m = (struct of_tlv_map){ class, type, length, index };
	return 0;
}

int of_tlv_maps_parse(const char *text, struct arena *a, struct of_tlv_table *t, struct status *st)
{
	*t = (struct of_tlv_table){ 0 };
	t->maps = arena_alloc(a, (strlen(text) / strlen("{class=") + 1) * sizeof(*t->maps));
	while (*text) {
		struct of_tlv_map *m = &t->maps[t->n];

		if (t->n && *text == ',')
			text++;
		if (parse_map(&text, m) != 0)
			return status_set(st, STATUS_INVALID_ARGUMENT, "tun_metadata",
					  "tun_metadata: give {class=N,type=N,len=N}->"
					  "tun_metadataN, N of the last 0 to 63");
		if (m->option_length == 0 || m->option_length % 4 || m->option_length > 124)
			return status_set(st, STATUS_INVALID_ARGUMENT, "len",
					  "len: give a multiple of 4 from 4 to 124");
		t->n++;
	}
	return 0;
}
