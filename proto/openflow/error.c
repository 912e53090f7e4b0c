/* Errors by name and as messages (OF 1.3.5 section 7.4.4). */

#include "proto/openflow/error.h"

#include <stdio.h>

#include "proto/openflow/numbers.h"

#define MAX_ECHOED 64 /* bytes of the failed request, the least that a peer may expect */

int of_error_set(struct of_error *err, uint16_t type, uint16_t code)
{
	*err = (struct of_error){ .type = type, .code = code };
	return -1;
}

int of_error_set_onf(struct of_error *err, uint16_t code)
{
	*err = (struct of_error){
		.type = OFPET_EXPERIMENTER,
		.code = code,
		.experimenter = OF_ONF_ID,
	};
	return -1;
}

int of_error_set_nx(struct of_error *err, uint16_t code)
{
	*err = (struct of_error){
		.type = OFPET_EXPERIMENTER,
		.code = code,
		.experimenter = OF_NICIRA_ID,
	};
	return -1;
}

static const char *type_name(uint16_t type)
{
	switch (type) {
#define OF_ERROR_TYPE(NAME, NUMBER)                                                                \
	case NUMBER:                                                                               \
		return #NAME;
#include "proto/openflow/errors.def"
	default:
		return NULL;
	}
}

static const char *code_name(const struct of_error *err)
{
#define OF_ERROR(TYPE, NAME, NUMBER)                                                               \
	if (err->type == TYPE && err->code == NUMBER)                                              \
		return #NAME;
#define OF_ERROR_ONF(NAME, NUMBER)                                                                 \
	if (err->type == OFPET_EXPERIMENTER && err->experimenter == OF_ONF_ID &&                   \
	    err->code == NUMBER)                                                                   \
		return #NAME;
#define OF_ERROR_NX(NAME, NUMBER)                                                                  \
	if (err->type == OFPET_EXPERIMENTER && err->experimenter == OF_NICIRA_ID &&                \
	    err->code == NUMBER)                                                                   \
		return #NAME;
#include "proto/openflow/errors.def"
	return NULL;
}

const char *of_error_name(const struct of_error *err, char *buf, size_t size)
{
	const char *type = type_name(err->type), *code = code_name(err);
	char type_number[8], code_number[24];

	snprintf(type_number, sizeof(type_number), "%u", err->type);
	if (err->type == OFPET_EXPERIMENTER)
		snprintf(code_number, sizeof(code_number), "0x%08x:%u", err->experimenter,
			 err->code);
	else
		snprintf(code_number, sizeof(code_number), "%u", err->code);
	snprintf(buf, size, "%s/%s", type ? type : type_number, code ? code : code_number);
	return buf;
}

void of_error_reply(const struct of_error *err, uint32_t xid, const uint8_t *req, size_t req_size,
		    struct buf *out)
{
	bool is_experimenter = err->type == OFPET_EXPERIMENTER;
	size_t n = MIN_OF(req_size, MAX_ECHOED);

	buf_be8(out, 4);
	buf_be8(out, OFPT_ERROR);
	buf_be16(out, 12 + (is_experimenter ? 4 : 0) + n);
	buf_be32(out, xid);
	buf_be16(out, err->type);
	buf_be16(out, err->code);
	if (is_experimenter)
		buf_be32(out, err->experimenter);
	buf_add(out, req, n);
}
