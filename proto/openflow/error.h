#ifndef PROTO_OPENFLOW_ERROR_H
#define PROTO_OPENFLOW_ERROR_H

/* What an OFPT_ERROR carries (OF 1.3.5 section 7.4.4). */

#include "lib/util.h"

struct of_error {
	uint16_t type; /* OFPET_*, of ofp13_error_type in openflow-1.3.h */
	uint16_t code;
	uint32_t experimenter; /* when type is OFPET_EXPERIMENTER */
};

/* Fill ERR; returns -1. */
int of_error_set(struct of_error *err, uint16_t type, uint16_t code);
/* "OFPET_BAD_MATCH/OFPBMC_BAD_PREREQ" */
const char *of_error_name(const struct of_error *err, char *buf, size_t size);

#endif
