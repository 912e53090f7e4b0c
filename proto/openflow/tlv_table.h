#ifndef PROTO_OPENFLOW_TLV_TABLE_H
#define PROTO_OPENFLOW_TLV_TABLE_H

/* NXT_TLV_TABLE_MOD, _REQUEST and _REPLY: which options of a tunnel header the fields
 * tun_metadata0 and so on stand for (Open vSwitch's nicira-ext.h). */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/status.h"

enum of_tlv_command { OF_TLV_ADD, OF_TLV_DELETE, OF_TLV_CLEAR };

struct of_tlv_map {
	uint16_t option_class;
	uint8_t option_type;
	uint8_t option_length; /* bytes, a multiple of 4 */
	uint16_t index;	       /* of tun_metadata */
};

struct of_tlv_table {	     /* mod and reply */
	uint16_t command;    /* enum of_tlv_command */
	uint32_t max_space;  /* reply: bytes */
	uint16_t max_fields; /* reply */
	unsigned n;
	struct of_tlv_map *maps;
};

/* ovs-ofctl's syntax: "{class=0xffff,type=1,len=4}->tun_metadata0,{...}".  -1 with ST naming what
 * is wrong. */
int of_tlv_maps_parse(const char *text, struct arena *a, struct of_tlv_table *t, struct status *st);
/* The table of dump-tlv-map, without the last line feed. */
void of_tlv_maps_print(const struct of_tlv_table *t, struct buf *out);

#endif
