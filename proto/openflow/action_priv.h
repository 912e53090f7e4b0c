#ifndef PROTO_OPENFLOW_ACTION_PRIV_H
#define PROTO_OPENFLOW_ACTION_PRIV_H

/* What the codecs of actions share. */

#include "proto/openflow/action.h"
#include "proto/openflow/subfield.h"
#include "proto/openflow/numbers.h"

/* SIZE bytes of a CLASS's struct, zero but for the class. */
void *of_action_new(struct arena *a, const struct of_action_class *class, size_t size);
/* NULL, with ERR saying OFPET_BAD_ACTION and CODE. */
struct of_action *of_action_refuse(struct of_error *err, uint16_t code);
/* NULL, with ST saying "NAME: "ARGS": REMEDY". */
struct of_action *of_action_refuse_text(struct status *st, const char *name, const char *args,
					const char *remedy);
/* ARGS as a number up to MAX; -1 with ST if it is none. */
int of_action_parse_number(const char *name, const char *args, uint64_t max, uint64_t *number,
			   struct status *st);
/* 0 if ARGS is empty, else -1 with ST. */
int of_action_parse_nothing(const char *name, const char *args, struct status *st);
/* Bytes as "01.02.03", at most MAX_N of them into TO; how many, or -1. */
int of_hex_parse(const char *text, uint8_t *to, size_t max_n);
void of_hex_print(const uint8_t *bytes, size_t n, struct buf *out);
/* Whether what is left of BODY, which is taken, is zeros. */
bool of_action_is_rest_zero(struct cursor *body);

/* The match of the flow whose actions this thread is parsing, or NULL: what "mod_tp_src" and
 * "mod_vlan_vid" mean depends on it.  Set by of_flow_mod_parse(). */
extern _Thread_local const struct of_match *of_actions_parse_match;

/* Constructor and codec of an action that is only its header; BYTES of padding are its body. */
#define OF_ACTION_WITHOUT_ARGUMENT(NAME, BYTES)                                                    \
	struct of_action_##NAME *of_action_##NAME(struct arena *a)                                 \
	{                                                                                          \
		return of_action_new(a, &of_action_##NAME##_class,                                 \
				     sizeof(struct of_action_##NAME));                             \
	}                                                                                          \
	static struct of_action *NAME##_decode(struct cursor *body, uint8_t version,               \
					       struct arena *a, struct of_error *err)              \
	{                                                                                          \
		(void)version;                                                                     \
		(void)err;                                                                         \
		cursor_take(body, BYTES);                                                          \
		return &of_action_##NAME(a)->base;                                                 \
	}                                                                                          \
	static void NAME##_encode(const struct of_action *act, uint8_t version, struct buf *out)   \
	{                                                                                          \
		(void)act;                                                                         \
		(void)version;                                                                     \
		buf_zeros(out, BYTES);                                                             \
	}                                                                                          \
	static void NAME##_print(const struct of_action *act, struct buf *out)                     \
	{                                                                                          \
		buf_puts(out, act->class->name);                                                   \
	}                                                                                          \
	static struct of_action *NAME##_parse(const char *args, struct arena *a,                   \
					      struct status *st)                                   \
	{                                                                                          \
		return of_action_parse_nothing(#NAME, args, st) == 0 ? &of_action_##NAME(a)->base  \
								     : NULL;                       \
	}

/* Constructor and codec of an action of one unsigned number MEMBER, BE(16, 32 ...) bits wide,
 * which a static function bool NAME_is_valid(uint64_t) judges, else CODE; then PADDING bytes. */
#define OF_ACTION_OF_NUMBER(NAME, MEMBER, BITS, PADDING, CODE, FORMAT, REMEDY)                     \
	struct of_action_##NAME *of_action_##NAME(struct arena *a, uint##BITS##_t MEMBER)          \
	{                                                                                          \
		struct of_action_##NAME *act = of_action_new(a, &of_action_##NAME##_class,         \
							     sizeof(struct of_action_##NAME));     \
                                                                                                   \
		act->MEMBER = MEMBER;                                                              \
		return act;                                                                        \
	}                                                                                          \
	static struct of_action *NAME##_decode(struct cursor *body, uint8_t version,               \
					       struct arena *a, struct of_error *err)              \
	{                                                                                          \
		uint##BITS##_t number = OF_CURSOR_##BITS(body);                                    \
                                                                                                   \
		(void)version;                                                                     \
		cursor_take(body, PADDING);                                                        \
		if (cursor_ok(body) && !NAME##_is_valid(number))                                   \
			return of_action_refuse(err, CODE);                                        \
		return &of_action_##NAME(a, number)->base;                                         \
	}                                                                                          \
	static void NAME##_encode(const struct of_action *act, uint8_t version, struct buf *out)   \
	{                                                                                          \
		(void)version;                                                                     \
		OF_BUF_##BITS(out, ((const struct of_action_##NAME *)act)->MEMBER);                \
		buf_zeros(out, PADDING);                                                           \
	}                                                                                          \
	static void NAME##_print(const struct of_action *act, struct buf *out)                     \
	{                                                                                          \
		buf_printf(out, FORMAT, ((const struct of_action_##NAME *)act)->MEMBER);           \
	}                                                                                          \
	static struct of_action *NAME##_parse(const char *args, struct arena *a,                   \
					      struct status *st)                                   \
	{                                                                                          \
		uint64_t number;                                                                   \
                                                                                                   \
		if (of_action_parse_number(#NAME, args, UINT##BITS##_MAX, &number, st) != 0)       \
			return NULL;                                                               \
		if (!NAME##_is_valid(number))                                                      \
			return of_action_refuse_text(st, #NAME, args, REMEDY);                     \
		return &of_action_##NAME(a, number)->base;                                         \
	}

#define OF_CURSOR_8  cursor_u8
#define OF_CURSOR_16 cursor_be16
#define OF_CURSOR_32 cursor_be32
#define OF_BUF_8     buf_be8
#define OF_BUF_16    buf_be16
#define OF_BUF_32    buf_be32

/* The class of an action made by one of the above. */
#define OF_ACTION_CLASS(NAME, ...)                                                                 \
	const struct of_action_class of_action_##NAME##_class = {                                  \
		.name = #NAME,                                                                     \
		.size = sizeof(struct of_action_##NAME),                                           \
		.decode = NAME##_decode,                                                           \
		.encode = NAME##_encode,                                                           \
		.print = NAME##_print,                                                             \
		.parse = NAME##_parse,                                                             \
		__VA_ARGS__,                                                                       \
	};                                                                                         \
	REGISTRY_ADD(of_action_class, of_action_##NAME##_class)

#define OF_ACTION_NICIRA(SUBTYPE)                                                                  \
	.type = OFPAT_EXPERIMENTER, .vendor = OF_NICIRA_ID, .subtype = (SUBTYPE)

#endif
