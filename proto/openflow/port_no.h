#ifndef PROTO_OPENFLOW_PORT_NO_H
#define PROTO_OPENFLOW_PORT_NO_H

/* Port numbers as text. */

#include "lib/buf.h"

/* "1", "LOCAL", "CONTROLLER", "IN_PORT" ... */
void of_port_no_print(uint32_t port_no, struct buf *out);
/* SIZE bytes of TEXT: a number or a reserved port's name in any case.  -1 if it is neither. */
int of_port_no_parse(const char *text, size_t size, uint32_t *port_no);
/* OpenFlow 1.0's numbers of 16 bits, which Nicira's extensions carry: the reserved ones are
 * the lower halves of later versions'. */
uint32_t of_port_no_from_16(uint16_t port_no);

#endif
