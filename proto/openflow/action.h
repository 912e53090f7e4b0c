#ifndef PROTO_OPENFLOW_ACTION_H
#define PROTO_OPENFLOW_ACTION_H

/* Actions on the wire, as structs, and as text.  Each kind is one pair of files,
 * action_NAME.h (its struct) and action_NAME.c (its codec, registered); the dataplane's side
 * of it is dataplane/action/action_NAME.c. */

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/registry.h"
#include "lib/status.h"
#include "proto/openflow/error.h"
#include "proto/openflow/match.h"

struct of_action_class;

/* Embedded first in each kind's struct. */
struct of_action {
	const struct of_action_class *class;
};

struct of_actions {
	unsigned n;
	const struct of_action **list;
};

/* What is known of the packets that actions will meet, for of_actions_check(). */
struct of_action_scope {
	const struct of_match *match; /* NULL in a packet-out: nothing is known */
	unsigned n_tags; /* VLAN tags that are surely there, by the match or by push_vlan before */
};

struct of_action_class {
	/* As ovs-ofctl says it; unique.  NULL: another form of a kind, which is only decoded and
	 * gives a struct of that kind's own class. */
	const char *name;
	size_t size;        /* bytes of its struct, which points to nothing in an arena */
	uint16_t type;      /* OFPAT_*; 0xffff for an experimenter's */
	uint32_t vendor;    /* NX_VENDOR_ID ... when type is 0xffff */
	uint16_t subtype;   /* NXAST_* */
	/* BODY is what follows ofp_action_header (or nx_action_header), padding included. */
	struct of_action *(*decode)(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err);
	/* Append the body; the caller writes the header and pads to 8. */
	void (*encode)(const struct of_action *act, uint8_t version, struct buf *out);
	void (*print)(const struct of_action *act, struct buf *out);
	/* ARGS is what stands after the name and ':' or in parentheses; "" if nothing. */
	struct of_action *(*parse)(const char *args, struct arena *a, struct status *st);
	/* Whether it makes sense on such packets: -1 with ERR (OFPBAC_MATCH_INCONSISTENT,
	 * OFPBAC_BAD_OUT_PORT) if not.  NULL: always. */
	int (*check)(const struct of_action *act, struct of_action_scope *scope,
		     struct of_error *err);
};
REGISTRY_DECLARE(of_action_class);

/* For implementers: whether packets of this scope have the field, -1 with ERR if not. */
int of_action_check_field(const struct of_field *f, const struct of_action_scope *scope,
			  struct of_error *err);

/* SIZE bytes of actions, of OpenFlow VERSION.  -1 with ERR (OFPET_BAD_ACTION ...) on failure. */
int of_actions_decode(struct cursor *c, size_t size, uint8_t version, struct arena *a,
		      struct of_actions *acts, struct of_error *err);
void of_actions_encode(const struct of_actions *acts, uint8_t version, struct buf *out);
/* "output:2,set_field:10.0.0.1->ip_dst" */
void of_actions_print(const struct of_actions *acts, struct buf *out);
int of_actions_parse(const char *text, struct arena *a, struct of_actions *acts, struct status *st);
void of_actions_add(struct arena *a, struct of_actions *acts, const struct of_action *act);
bool of_actions_equal(const struct of_actions *a, const struct of_actions *b);
/* The actions' checks in order, on packets that MATCH describes (NULL: a packet-out). */
int of_actions_check(const struct of_actions *acts, const struct of_match *match,
		     struct of_error *err);
const struct of_action_class *of_action_class_find(const char *name);

/* OF 1.3.5 section 7.2.4; host byte order. */
struct of_instructions {
	bool has_goto, has_metadata, has_clear, has_apply, has_write;
	bool has_meter; /* before 1.5; since then it is an action */
	uint8_t goto_table;
	uint32_t meter_id;
	uint64_t metadata, metadata_mask;
	struct of_actions apply, write;
};

/* Until C's end.  -1 with ERR (OFPET_BAD_INSTRUCTION, OFPET_BAD_ACTION ...) on failure. */
int of_instructions_decode(struct cursor *c, uint8_t version, struct arena *a,
			   struct of_instructions *ins, struct of_error *err);
void of_instructions_encode(const struct of_instructions *ins, uint8_t version, struct buf *out);
/* "apply_actions(...),write_metadata:...,goto_table:3", ovs-ofctl's "actions=" form */
void of_instructions_print(const struct of_instructions *ins, struct buf *out);
int of_instructions_parse(const char *text, struct arena *a, struct of_instructions *ins,
			  struct status *st);
bool of_instructions_equal(const struct of_instructions *a, const struct of_instructions *b);
/* Whether an output action sends to PORT_NO, for flow-mods and statistics with out_port. */
bool of_instructions_output_to(const struct of_instructions *ins, uint32_t port_no);
/* A deep copy in one allocation, for storing; free() frees it. */
struct of_instructions *of_instructions_dup(const struct of_instructions *ins);

#endif
