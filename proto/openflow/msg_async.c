/* Which asynchronous messages a controller gets: three pairs of masks in 1.3, a property for each
 * mask since 1.4 (OF 1.3.5 section 7.3.10, OF 1.4.1 section 7.3.10). */

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define N_KINDS_1_3	   3
#define N_KINDS_1_4	   6
#define EXPERIMENTER_SLAVE 0xfffe

/* Reasons that exist, since 1.4. */
static const uint32_t valid_masks[OF_N_ASYNC_KINDS] = {
	[OF_ASYNC_PACKET_IN] = 0x3f,	[OF_ASYNC_PORT_STATUS] = 0x07,
	[OF_ASYNC_FLOW_REMOVED] = 0x3f, [OF_ASYNC_ROLE_STATUS] = 0x07,
	[OF_ASYNC_TABLE_STATUS] = 0x18, [OF_ASYNC_REQUESTFORWARD] = 0x03,
	[OF_ASYNC_FLOW_STATS] = 0x03,	[OF_ASYNC_CONTROLLER_STATUS] = 0x7f,
};

/* As properties; 1.3 has them in the Nicira extension. */
static unsigned n_kinds(uint8_t version)
{
	return version < OF_VERSION_1_5 ? N_KINDS_1_4 : OF_N_ASYNC_KINDS;
}

static void decode_masks(struct cursor *body, struct of_async_config *ac)
{
	for (unsigned kind = 0; kind < N_KINDS_1_3; kind++) {
		for (unsigned i = 0; i < 2; i++)
			ac->mask[kind][i] = cursor_be32(body);
	}
	ac->has[0] = ac->has[1] = (1u << N_KINDS_1_3) - 1;
}

/* Types are in pairs, the slave's first. */
static int decode_property(struct of_property *p, const struct of_msg *msg,
			   struct of_async_config *ac, struct of_error *err)
{
	unsigned kind = p->type / 2, column = !(p->type & 1);

	if (p->type == EXPERIMENTER_SLAVE)
		return of_bad_property(err, OFPBPC_BAD_EXPERIMENTER);
	if (kind >= n_kinds(msg->version))
		return of_property_unknown(p, err);
	ac->mask[kind][column] = cursor_be32(&p->body);
	if (of_property_end(p, err) != 0)
		return -1;
	if (ac->has[column] >> kind & 1)
		return of_bad_property(err, OFPBPC_DUP_TYPE);
	ac->has[column] |= 1u << kind;
	if (msg->kind != OF_GET_ASYNC_REPLY && ac->mask[kind][column] & ~valid_masks[kind])
		return of_error_set(err, OFPET_ASYNC_CONFIG_FAILED, OFPACFC_INVALID);
	return 0;
}

int of_async_decode(struct cursor *body, const struct of_msg *msg, struct of_async_config *ac,
		    struct of_error *err)
{
	struct of_property p;

	*ac = (struct of_async_config){ 0 };
	while (cursor_left(body)) {
		if (of_property_next(body, &p, err) != 0 || decode_property(&p, msg, ac, err) != 0)
			return -1;
	}
	return 0;
}

static int decode_async(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	(void)a;
	if (msg->version >= OF_VERSION_1_4)
		return of_async_decode(body, msg, &msg->async, err);
	decode_masks(body, &msg->async);
	return 0;
}

void of_async_encode(const struct of_async_config *ac, uint8_t version, struct buf *out)
{
	for (unsigned kind = 0; kind < n_kinds(version); kind++) {
		for (int column = 1; column >= 0; column--) {
			size_t start;

			if (!(ac->has[column] >> kind & 1))
				continue;
			start = of_property_start(out, kind * 2 + !column);
			buf_be32(out, ac->mask[kind][column]);
			of_property_finish(out, start);
		}
	}
}

static void encode_async(const struct of_msg *msg, struct buf *out)
{
	const struct of_async_config *ac = &msg->async;

	if (msg->version >= OF_VERSION_1_4) {
		of_async_encode(ac, msg->version, out);
		return;
	}
	for (unsigned kind = 0; kind < N_KINDS_1_3; kind++) {
		for (unsigned i = 0; i < 2; i++)
			buf_be32(out, ac->mask[kind][i]);
	}
}

static const char *const packet_in_names[] = { "no_match",   "action", "invalid_ttl",
					       "action_set", "group",  "packet_out" };
static const char *const port_status_names[] = { "add", "delete", "modify" };
static const char *const flow_removed_names[] = { "idle",	  "hard",	  "delete",
						  "group_delete", "meter_delete", "eviction" };
static const char *const role_status_names[] = { "master_request", "config", "experimenter" };
static const char *const table_status_names[] = { NULL, NULL, NULL, "vacancy_down", "vacancy_up" };
static const char *const requestforward_names[] = { "group_mod", "meter_mod" };
static const char *const flow_stats_names[] = { "stats_request", "stat_trigger" };
static const char *const controller_status_names[] = { "request",     "channel_status", "role",
						       "added",	      "removed",	"short_id",
						       "experimenter" };

static const struct {
	const char *name;
	const char *const *bits;
	unsigned n_bits;
} texts[OF_N_ASYNC_KINDS] = {
#define TEXT(KIND, NAME) [KIND] = { #NAME, NAME##_names, ARRAY_LENGTH(NAME##_names) }
	TEXT(OF_ASYNC_PACKET_IN, packet_in),
	TEXT(OF_ASYNC_PORT_STATUS, port_status),
	TEXT(OF_ASYNC_FLOW_REMOVED, flow_removed),
	TEXT(OF_ASYNC_ROLE_STATUS, role_status),
	TEXT(OF_ASYNC_TABLE_STATUS, table_status),
	TEXT(OF_ASYNC_REQUESTFORWARD, requestforward),
	TEXT(OF_ASYNC_FLOW_STATS, flow_stats),
	TEXT(OF_ASYNC_CONTROLLER_STATUS, controller_status),
};

void of_async_print(const struct of_async_config *ac, struct buf *out)
{
	for (unsigned column = 0; column < 2; column++) {
		buf_puts(out, column ? " slave:" : "master:");
		for (unsigned kind = 0; kind < OF_N_ASYNC_KINDS; kind++) {
			if (!(ac->has[column] >> kind & 1))
				continue;
			buf_printf(out, " %s=", texts[kind].name);
			of_print_bits(ac->mask[kind][column], texts[kind].bits, texts[kind].n_bits,
				      out);
		}
	}
}

static void print_async(const struct of_msg *msg, struct buf *out)
{
	of_async_print(&msg->async, out);
}

const struct of_codec of_codec_GET_ASYNC_REQUEST = { 0 };

const struct of_codec of_codec_GET_ASYNC_REPLY = {
	.decode = decode_async,
	.encode = encode_async,
	.print = print_async,
};

const struct of_codec of_codec_SET_ASYNC = {
	.decode = decode_async,
	.encode = encode_async,
	.print = print_async,
};
