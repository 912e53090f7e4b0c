#ifndef TESTS_FAKES_DATAPLANE_ERROR_ROWS_H
#define TESTS_FAKES_DATAPLANE_ERROR_ROWS_H

/* Wrong messages as rows of a table: each is sent to a whole switch in memory, in each version that
 * the row names, and must be answered by exactly one OFPT_ERROR with the row's type and code, its
 * xid and the first 64 bytes of the message; all that can be asked of the switch must be the same
 * before and after, byte by byte.
 *
 * A message is written as one line, numbers decimal or 0x, HEX as in "0001 00*4 ff" (a word and
 *"*N" is repeated):
 *
 *	flow COMMAND TEXT	  group COMMAND TEXT	  meter COMMAND TEXT	  tlv COMMAND TEXT
 *				  as ovs-ofctl writes them; COMMAND is a number
 *	match HEX		  a flow-mod with these OXM fields and no instruction
 *	instructions HEX	  a flow-mod that matches all, with these instructions
 *	actions HEX		  ... with these actions to apply
 *	monitor ID TEXT		  a flow monitor; in 1.3 the ONF's form
 *	message TYPE HEX	  any OFPT_*: what follows the header
 *	multipart TYPE HEX	  an OFPMP_* request: what follows the two headers
 *	experimenter ID TYPE HEX  an OFPT_EXPERIMENTER
 *	control ID TYPE FLAGS HEX a bundle-control, in 1.3 the ONF's form
 *	add ID FLAGS MESSAGE	  a bundle-add of any of these
 *
 * " @N=HEX" behind it overwrites bytes from offset N of the message, " +HEX" appends. */

#include "tests/fakes/dataplane/of_world.h"

#define ROW_1_3	      (1u << OF_VERSION_1_3)
#define ROW_1_4	      (1u << OF_VERSION_1_4)
#define ROW_1_5	      (1u << OF_VERSION_1_5)
#define ROW_SINCE_1_4 (ROW_1_4 | ROW_1_5)
#define ROW_UNTIL_1_4 (ROW_1_3 | ROW_1_4)
#define ROW_ALL	      (ROW_1_3 | ROW_1_4 | ROW_1_5)

struct error_row {
	const char *name;
	uint8_t versions;  /* ROW_* */
	const char *setup; /* messages that are right, one a line, or NULL */
	const char *message;
	uint16_t type, code; /* the error, in errors.def's numbers */
	/* Before the message; NULL: nothing. */
	void (*prepare)(struct of_peer *p);
	bool drops_bundle; /* whose wrong use it is: that alone changes */
};

/* An error of the Nicira extensions is told by its code alone. */
#define ROW_NX(CODE) OFPET_EXPERIMENTER, CODE

/* Run all rows as one group of cmocka tests; returns how many failed. */
int error_rows_run(const char *name, const struct error_row *rows, size_t n);

/* Append the message that LINE says, with P's next xid and its version. */
void error_rows_message(struct of_peer *p, const char *line, struct buf *out);
/* Send it; returns its xid. */
uint32_t error_rows_send(struct of_peer *p, const char *line);
/* All that the switch tells of itself when asked by P, and what only it knows of the connection. */
void error_rows_dump(struct of_peer *p, bool with_bundles, struct buf *out);
/* The next message of P's must be the error ERR (in errors.def's numbers) for the message SENT. */
void error_rows_expect(struct of_peer *p, const struct of_error *err, const struct buf *sent);

#endif
