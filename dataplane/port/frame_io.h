#ifndef DATAPLANE_PORT_FRAME_IO_H
#define DATAPLANE_PORT_FRAME_IO_H

/* Buffers for reading and writing frames with a virtio_net_hdr in front: what tap and veth share.
 * A frame is received into a small buffer and, if it is longer, a large one behind it; the large
 * one stays for the next frame when it was not touched. */

#include <linux/virtio_net.h>
#include <rte_mbuf.h>
#include <sys/uio.h>

enum {
	FRAME_MAX_IOVECS = 64, /* of a frame to be sent */
	FRAME_RX_IOVECS = 2,
};

/* A place to receive one frame.  Zeroed: empty. */
struct frame_slot {
	struct rte_mbuf *small, *large;
};

/* Fill the slot with buffers and IOV with where the header (in the small buffer's headroom) and
 * the frame go.  -1: no buffers. */
int frame_slot_prepare(struct frame_slot *slot, struct iovec iov[FRAME_RX_IOVECS]);
/* SIZE bytes were received, header included: take the packet.  NULL: it makes no sense and
 * was dropped. */
struct rte_mbuf *frame_slot_take(struct frame_slot *slot, size_t size);
/* The same when a VLAN tag was taken out of it and is to be put back; TPID and TCI in host order.
 */
struct rte_mbuf *frame_slot_take_vlan(struct frame_slot *slot, size_t size, uint16_t tpid,
				      uint16_t tci);
void frame_slot_fini(struct frame_slot *slot);

/* IOV for header H, which is filled, and M; the number of entries, or -1 if it has too many
 * segments. */
int frame_gather(const struct rte_mbuf *m, struct virtio_net_hdr *h,
		 struct iovec iov[FRAME_MAX_IOVECS]);

#endif
