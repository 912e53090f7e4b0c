#ifndef TESTS_FAKES_DATAPLANE_PACKET_CHECK_H
#define TESTS_FAKES_DATAPLANE_PACKET_CHECK_H

/* Whether an edited packet is as it must be, judged anew from its bytes. */

#include "dataplane/packet/key.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

/* NULL, or what is wrong: KEY and LAYOUT are not what parsing M gives, or a checksum, added up word
 * by word, is not right.  Only packets whose checksums were right to begin with. */
const char *packet_check(const struct rte_mbuf *m, const struct flow_key *key,
			 const struct packet_layout *layout);

#endif
