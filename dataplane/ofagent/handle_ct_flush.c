#include <arpa/inet.h>
#include <stdlib.h>

#include "dataplane/conntrack/conntrack.h"
#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"

/* Nicira's messages that flush tracked connections (Open vSwitch's nicira-ext.h).  A connection is
 * gone for every packet that comes later, before the barrier behind the message is answered. */

/* Looked at in one step, some 50 us, 200 if all are flushed. */
#define STEP 1024

/* Like a long reply, it gives others their turns, and the messages behind it wait. */
struct flush {
	struct dump dump;
	struct conntrack *ct;
	struct conntrack_filter filter;
	uint64_t cursor, n_flushed;
	bool is_done;
};

static bool flush_step(struct conn *c, struct dump *d)
{
	struct flush *f = container_of(d, struct flush, dump);

	(void)c;
	f->is_done = !conntrack_flush_some(f->ct, &f->cursor, STEP, &f->filter, &f->n_flushed);
	return f->is_done;
}

/* Who asked for it may be gone; it holds nevertheless. */
static void flush_fini(struct dump *d)
{
	struct flush *f = container_of(d, struct flush, dump);

	if (!f->is_done)
		conntrack_flush(f->ct, &f->filter);
}

static void flush(struct conn *c, const struct conntrack_filter *filter)
{
	struct flush *f = xcalloc(1, sizeof(*f));

	f->dump = (struct dump){ flush_step, flush_fini };
	f->ct = c->dp->conntrack;
	f->filter = *filter;
	dump_start(c, &f->dump);
}

static int handle_zone(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct conntrack_filter filter = { .has_zone = true, .zone = m->nx_zone.zone };

	(void)err;
	flush(c, &filter);
	return 0;
}

static const struct of_handler ct_flush_zone = {
	OF_NX_CT_FLUSH_ZONE,
	.is_write = true,
	.handle = handle_zone,
};
REGISTRY_ADD(of_handler, ct_flush_zone);

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static void set_address(uint8_t family, const uint8_t *wanted, struct ct_address *value,
			struct ct_address *mask)
{
	static const uint8_t zero[16];
	size_t skip = family == 4 ? 12 : 0; /* IPv4 is mapped */

	if (memcmp(wanted, zero, sizeof(zero)) == 0)
		return;
	memcpy(value->bytes, wanted + skip, sizeof(zero) - skip);
	memset(mask->bytes, 0xff, sizeof(zero) - skip);
}

static void set_number(uint16_t wanted, uint16_t *value, uint16_t *mask)
{
	*value = htons(wanted);
	*mask = wanted ? UINT16_MAX : 0;
}

/* As everywhere in this message, what is zero is any; Open vSwitch compares ICMP's numbers always.
 */
static void set_icmp(const struct of_ct_tuple *wanted, struct ct_tuple *value,
		     struct ct_tuple *mask)
{
	set_number(wanted->icmp_id, &value->src_port, &mask->src_port);
	if (!wanted->icmp_type && !wanted->icmp_code)
		return;
	value->dst_port = htons(wanted->icmp_type << 8 | wanted->icmp_code);
	mask->dst_port = UINT16_MAX;
}

static void set_tuple(const struct of_nx_ct_flush *f, const struct of_ct_tuple *wanted,
		      struct ct_tuple *value, struct ct_tuple *mask)
{
	set_address(f->family, wanted->src, &value->src, &mask->src);
	set_address(f->family, wanted->dst, &value->dst, &mask->dst);
	if (is_icmp(f->ip_proto)) {
		set_icmp(wanted, value, mask);
		return;
	}
	set_number(wanted->src_port, &value->src_port, &mask->src_port);
	set_number(wanted->dst_port, &value->dst_port, &mask->dst_port);
}

static void set_filter(const struct of_nx_ct_flush *f, struct conntrack_filter *filter)
{
	bool is_one = of_ct_tuple_is_full(&f->original, f->ip_proto) &&
		      of_ct_tuple_is_zero(&f->reply, f->ip_proto) && f->ip_proto;

	*filter = (struct conntrack_filter){
		/* A message about one connection without a zone means zone 0. */
		.has_zone = f->has_zone || is_one,
		.zone = f->zone,
		.has_mark = f->mark_mask,
		.mark = f->mark,
		.mark_mask = f->mark_mask,
		.original = { .proto = f->ip_proto, .family = f->family },
		.original_mask = { .proto = f->ip_proto ? UINT8_MAX : 0,
				   .family = f->family ? UINT8_MAX : 0 },
	};
	memcpy(filter->label, f->labels, sizeof(filter->label));
	memcpy(filter->label_mask, f->labels_mask, sizeof(filter->label_mask));
	set_tuple(f, &f->original, &filter->original, &filter->original_mask);
	set_tuple(f, &f->reply, &filter->reply, &filter->reply_mask);
}

static int handle_flush(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	struct conntrack_filter filter;

	(void)err;
	set_filter(&m->nx_ct_flush, &filter);
	flush(c, &filter);
	return 0;
}

static const struct of_handler ct_flush = {
	OF_NX_CT_FLUSH,
	.is_write = true,
	.handle = handle_flush,
};
REGISTRY_ADD(of_handler, ct_flush);
