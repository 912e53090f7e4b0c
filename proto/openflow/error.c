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

int of_error_set_nx(struct of_error *err, uint16_t code)
{
	*err = (struct of_error){
		.type = OFPET_EXPERIMENTER,
		.code = code,
		.experimenter = OF_NICIRA_ID,
	};
	return -1;
}

/* One line of errors.def. */
struct row {
	const char *name;
	struct of_error error;
	uint8_t since;	       /* OF_VERSION_*; 0: always */
	struct of_error older; /* what versions before are told */
};

#define OLD(TYPE, CODE)                                                                            \
	{                                                                                          \
		TYPE, CODE, 0                                                                      \
	}
#define ONF(CODE)                                                                                  \
	{                                                                                          \
		OFPET_EXPERIMENTER, CODE, OF_ONF_ID                                                \
	}
#define NX(CODE)                                                                                   \
	{                                                                                          \
		OFPET_EXPERIMENTER, CODE, OF_NICIRA_ID                                             \
	}

static const struct row rows[] = {
#define OF_ERROR(TYPE, NAME, NUMBER) { #NAME, { TYPE, NUMBER, 0 }, 0, { 0 } },
#define OF_ERROR_SINCE(VERSION, TYPE, NAME, NUMBER, OLDER)                                         \
	{ #NAME, { TYPE, NUMBER, 0 }, OF_VERSION_##VERSION, OLDER },
#define OF_ERROR_NX(NAME, NUMBER) { #NAME, NX(NUMBER), 0, { 0 } },
#include "proto/openflow/errors.def"
};

static bool is_equal(const struct of_error *a, const struct of_error *b)
{
	return a->type == b->type && a->code == b->code &&
	       (a->type != OFPET_EXPERIMENTER || a->experimenter == b->experimenter);
}

static const struct row *find(const struct of_error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (is_equal(&rows[i].error, err))
			return &rows[i];
	}
	return NULL;
}

/* What is told instead may itself be newer than VERSION. */
struct of_error of_error_to_wire(const struct of_error *err, uint8_t version)
{
	struct of_error e = *err;
	const struct row *r;

	while ((r = find(&e)) != NULL && version < r->since)
		e = r->older;
	return e;
}

/* Only what means nothing else in VERSION is the older form of another. */
struct of_error of_error_from_wire(const struct of_error *err, uint8_t version)
{
	if (find(err))
		return *err;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (version < rows[i].since && is_equal(&rows[i].older, err))
			return rows[i].error;
	}
	return *err;
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

const char *of_error_name(const struct of_error *err, char *buf, size_t size)
{
	const char *type = type_name(err->type), *code;
	const struct row *r = find(err);
	char type_number[8], code_number[24];

	code = r ? r->name : NULL;
	snprintf(type_number, sizeof(type_number), "%u", err->type);
	if (err->type == OFPET_EXPERIMENTER)
		snprintf(code_number, sizeof(code_number), "0x%08x:%u", err->experimenter,
			 err->code);
	else
		snprintf(code_number, sizeof(code_number), "%u", err->code);
	snprintf(buf, size, "%s/%s", type ? type : type_number, code ? code : code_number);
	return buf;
}

void of_error_reply(const struct of_error *err, uint8_t version, uint32_t xid, const uint8_t *req,
		    size_t req_size, struct buf *out)
{
	struct of_error e = of_error_to_wire(err, version);
	bool is_experimenter = e.type == OFPET_EXPERIMENTER;
	size_t n = MIN_OF(req_size, MAX_ECHOED);

	buf_be8(out, version);
	buf_be8(out, OFPT_ERROR);
	buf_be16(out, 12 + (is_experimenter ? 4 : 0) + n);
	buf_be32(out, xid);
	buf_be16(out, e.type);
	buf_be16(out, e.code);
	if (is_experimenter)
		buf_be32(out, e.experimenter);
	buf_add(out, req, n);
}
