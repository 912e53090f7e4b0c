#ifndef TESTS_FAKES_DATAPLANE_NAIVE_EDIT_H
#define TESTS_FAKES_DATAPLANE_NAIVE_EDIT_H

/* A packet as bytes, and its fields written the simple way. */

#include "dataplane/packet/key_fields.h"
#include "dataplane/packet/parse.h"

struct naive_packet {
	uint8_t data[512];
	size_t size;
	/* Parsed again after every change; registers and metadata live in the key. */
	struct flow_key key;
	struct packet_layout layout;
};

void naive_parse(struct naive_packet *p);
void naive_write(struct naive_packet *p, enum of_field_id id, const uint8_t *value,
		 const uint8_t *mask);
void naive_push_vlan(struct naive_packet *p, uint16_t tpid);
void naive_pop_vlan(struct naive_packet *p);

#endif
