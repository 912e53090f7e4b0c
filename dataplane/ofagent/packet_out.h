#ifndef DATAPLANE_OFAGENT_PACKET_OUT_H
#define DATAPLANE_OFAGENT_PACKET_OUT_H

/* Packet-outs (OF 1.3.5 section 7.3.7): judged by compiling, then sent.  Two steps, because a
 * bundle judges all of its messages before it does any. */

#include "dataplane/ofagent/datapath.h"

struct conn;

/* The program of a packet-out that can be done, which the caller owns; NULL with ERR. */
struct action_program *packet_out_compile(struct datapath *dp, const struct of_packet_out *po,
					  struct of_error *err);
/* Send it through what the tables hold now; PROGRAM is given. */
void packet_out_send(struct conn *c, const struct of_packet_out *po,
		     struct action_program *program);

#endif
