#ifndef DATAPLANE_PORT_VNET_HDR_H
#define DATAPLANE_PORT_VNET_HDR_H

/* The header that a tap and a packet socket put before each frame (virtio 1.2 section 5.1.6),
 * to and from what a packet asks to be done (offload.h).  In the machine's byte order, as both
 * have it. */

#include <linux/virtio_net.h>
#include <rte_mbuf.h>

enum { VNET_HDR_SIZE = sizeof(struct virtio_net_hdr) }; /* 10: no num_buffers */

/* Make M, just received and otherwise complete, ask for what H says.  A checksum that is not
 * TCP's or UDP's is completed at once.  -1: H and M contradict each other, M is to be dropped. */
int vnet_hdr_receive(const struct virtio_net_hdr *h, struct rte_mbuf *m);
/* Fill H with what M asks for. */
void vnet_hdr_fill(struct virtio_net_hdr *h, const struct rte_mbuf *m);

#endif
