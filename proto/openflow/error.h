#ifndef PROTO_OPENFLOW_ERROR_H
#define PROTO_OPENFLOW_ERROR_H

/* What an OFPT_ERROR carries (OF 1.3.5 section 7.4.4); the list is errors.def. */

#include "lib/buf.h"
#include "lib/util.h"

enum of_error_type {
#define OF_ERROR_TYPE(NAME, NUMBER) NAME = NUMBER,
#include "proto/openflow/errors.def"
};

enum of_error_code {
#define OF_ERROR(TYPE, NAME, NUMBER)			   NAME = NUMBER,
#define OF_ERROR_SINCE(VERSION, TYPE, NAME, NUMBER, OLDER) NAME = NUMBER,
#define OF_ERROR_NX(NAME, NUMBER)			   NAME = NUMBER,
#include "proto/openflow/errors.def"
};

/* In the newest version's numbers; what a version before is told is of_error_to_wire()'s matter. */
struct of_error {
	uint16_t type; /* OFPET_* */
	uint16_t code;
	uint32_t experimenter; /* when type is OFPET_EXPERIMENTER; code is then the exp_type */
};

/* Fill ERR; returns -1. */
int of_error_set(struct of_error *err, uint16_t type, uint16_t code);
/* Fill ERR with an error of the Nicira extensions; returns -1. */
int of_error_set_nx(struct of_error *err, uint16_t code);
/* Type, code and experimenter as OpenFlow VERSION says it, and back. */
struct of_error of_error_to_wire(const struct of_error *err, uint8_t version);
struct of_error of_error_from_wire(const struct of_error *err, uint8_t version);
/* "OFPET_BAD_MATCH/OFPBMC_BAD_PREREQ"; numbers where there is no name. */
const char *of_error_name(const struct of_error *err, char *buf, size_t size);
/* Append an OFPT_ERROR of VERSION in answer to the request REQ, with up to its first 64 bytes. */
void of_error_reply(const struct of_error *err, uint8_t version, uint32_t xid, const uint8_t *req,
		    size_t req_size, struct buf *out);

#endif
