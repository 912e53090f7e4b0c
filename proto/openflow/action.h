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
	unsigned room; /* of LIST, if of_actions_add() made it; else 0 */
	const struct of_action **list;
};

/* What is known of the packets that actions will meet, for of_actions_check(). */
struct of_action_scope {
	const struct of_match *match; /* NULL in a packet-out: nothing is known */
	unsigned n_tags; /* VLAN tags that are surely there, by the match or by push_vlan before */
	/* Once a header was pushed or popped, of what is outside VLAN tags only this is known. */
	bool is_changed;
	uint16_t eth_type; /* 0: not even that */
};

/* Lists of actions within actions, no deeper than this: input chooses it. */
#define OF_ACTIONS_MAX_DEPTH 16

/* of_action_class.type of what is not on the wire: another word for actions that are. */
#define OF_ACTION_TEXT_ONLY 0xfffe

struct of_action_class {
	/* As ovs-ofctl says it; unique.  NULL: another form of a kind, which is only decoded and
	 * gives a struct of that kind's own class. */
	const char *name;
	size_t size;	  /* bytes of its struct, which points to no arena but for `nested` */
	uint16_t type;	  /* OFPAT_*; 0xffff for an experimenter's */
	uint32_t vendor;  /* NX_VENDOR_ID ... when type is 0xffff */
	uint16_t subtype; /* NXAST_*, or ONFACT_* */
	uint8_t since;	  /* the first OpenFlow version that has this type; 0: all */
	/* BODY is what follows ofp_action_header (or nx_action_header), padding included. */
	struct of_action *(*decode)(struct cursor *body, uint8_t version, struct arena *a,
				    struct of_error *err);
	/* Append the body; the caller writes the header and pads to 8. */
	void (*encode)(const struct of_action *act, uint8_t version, struct buf *out);
	void (*print)(const struct of_action *act, struct buf *out);
	/* ARGS is what stands after the name and ':' or in parentheses; "" if nothing. */
	struct of_action *(*parse)(const char *args, struct arena *a, struct status *st);
	/* Instead of parse, where one word means several actions, or none: appends to ACTS. */
	int (*parse_list)(const char *args, struct arena *a, struct of_actions *acts,
			  struct status *st);
	/* Whether it makes sense on such packets: -1 with ERR (OFPBAC_MATCH_INCONSISTENT,
	 * OFPBAC_BAD_OUT_PORT) if not.  NULL: always. */
	int (*check)(const struct of_action *act, struct of_action_scope *scope,
		     struct of_error *err);
	/* Bytes of this one's struct where it ends in a flexible array.  NULL: size. */
	size_t (*struct_size)(const struct of_action *act);
	/* The actions within it: the member of its struct that holds them.  NULL: none. */
	const struct of_actions *(*nested)(const struct of_action *act);
	/* The class in whose form, header and body, VERSION has this one.  NULL: this class. */
	const struct of_action_class *(*form)(const struct of_action *act, uint8_t version);
};
REGISTRY_DECLARE(of_action_class);

/* For implementers: whether packets of this scope have the field, -1 with ERR if not. */
int of_action_check_field(const struct of_field *f, const struct of_action_scope *scope,
			  struct of_error *err);
/* Whether packets of this scope meet the prerequisite, as far as is known. */
bool of_action_scope_meets(const struct of_action_scope *scope, enum of_field_prereq prereq);
/* From here on the packets have this type outside their VLAN tags. */
void of_action_scope_change(struct of_action_scope *scope, uint16_t eth_type);
/* of_actions_check() within an action. */
int of_actions_check_nested(const struct of_actions *acts, const struct of_action_scope *scope,
			    struct of_error *err);

/* SIZE bytes of actions, of OpenFlow VERSION.  -1 with ERR (OFPET_BAD_ACTION ...) on failure. */
int of_actions_decode(struct cursor *c, size_t size, uint8_t version, struct arena *a,
		      struct of_actions *acts, struct of_error *err);
void of_actions_encode(const struct of_actions *acts, uint8_t version, struct buf *out);
/* "output:2,set_field:10.0.0.1->ip_dst" */
void of_actions_print(const struct of_actions *acts, struct buf *out);
int of_actions_parse(const char *text, struct arena *a, struct of_actions *acts, struct status *st);
/* Appends.  The room grows by doubling, so that adding many is linear; a list that was made by
 * another function is copied first. */
void of_actions_add(struct arena *a, struct of_actions *acts, const struct of_action *act);
bool of_actions_equal(const struct of_actions *a, const struct of_actions *b);
/* The actions' checks in order, on packets that MATCH describes (NULL: a packet-out). */
int of_actions_check(const struct of_actions *acts, const struct of_match *match,
		     struct of_error *err);
/* By its name in any case; NULL if there is none.  Constant time. */
const struct of_action_class *of_action_class_find(const char *name);
/* By what is on the wire; VENDOR and SUBTYPE count when TYPE is OFPAT_EXPERIMENTER.  NULL if
 * VERSION has no such.  Constant time. */
const struct of_action_class *of_action_class_of(uint16_t type, uint32_t vendor, uint16_t subtype,
						 uint8_t version);
/* Whether some action is of this experimenter. */
bool of_action_vendor_is_known(uint32_t vendor);

/* Bytes of a deep copy of ACTS, and the copy into so many bytes at MEMORY, aligned to 16; returns
 * where it ends. */
size_t of_actions_size(const struct of_actions *acts);
char *of_actions_copy(const struct of_actions *acts, struct of_actions *to, char *memory);
/* Bytes of the action's struct. */
size_t of_action_size(const struct of_action *act);
/* Whether one of them, or of those within them, outputs to the port or leads to the group. */
bool of_actions_output_to(const struct of_actions *acts, uint32_t port_no);
bool of_actions_group_to(const struct of_actions *acts, uint32_t group_id);

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
/* The same for a group. */
bool of_instructions_group_to(const struct of_instructions *ins, uint32_t group_id);
/* Equal instructions have equal hashes. */
uint64_t of_instructions_hash(const struct of_instructions *ins);
/* A deep copy in one allocation, for storing; free() frees it. */
struct of_instructions *of_instructions_dup(const struct of_instructions *ins);

#endif
