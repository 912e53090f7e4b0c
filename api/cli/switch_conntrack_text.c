/* One tracked connection as text: see switch_conntrack.h. */

#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include "api/cli/switch_conntrack.h"

typedef Weft__Switch__V1__TrackedTuple tuple;

static bool is_icmp(const sw_connection *c)
{
	return c->protocol_number == IPPROTO_ICMP || c->protocol_number == IPPROTO_ICMPV6;
}

static bool has_ports(const sw_connection *c)
{
	return c->protocol_number == IPPROTO_TCP || c->protocol_number == IPPROTO_UDP ||
	       c->protocol_number == IPPROTO_SCTP || c->protocol_number == IPPROTO_DCCP;
}

/* "10.0.0.1:80", "[fd00::1]:80", "10.0.0.1" */
static const char *end_text(struct arena *arena, const sw_connection *c, const char *address,
			    uint32_t port)
{
	if (!has_ports(c))
		return address;
	return arena_printf(arena, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, port);
}

static const char *nat_text(struct arena *arena, const sw_connection *c)
{
	const tuple *r = c->reply;
	const char *source = end_text(arena, c, r->destination, r->destination_port);
	const char *destination = end_text(arena, c, r->source, r->source_port);

	if (c->is_snat && c->is_dnat)
		return arena_printf(arena, "from %s to %s", source, destination);
	if (c->is_snat)
		return arena_printf(arena, "from %s", source);
	return c->is_dnat ? arena_printf(arena, "to %s", destination) : NULL;
}

static void add_note(struct buf *notes, const char *note)
{
	buf_printf(notes, "%s%s", notes->size ? ", " : "", note);
}

static const char *notes_text(struct arena *arena, const sw_connection *c)
{
	struct buf notes = BUF_INIT;
	const char *text;

	if (is_icmp(c))
		add_note(&notes,
			 arena_printf(arena, "type %u code %u id %u", c->original->icmp_type,
				      c->original->icmp_code, c->original->icmp_id));
	if (!c->has_reply)
		add_note(&notes, "unanswered");
	if (c->is_assured)
		add_note(&notes, "assured");
	if (c->is_helped)
		add_note(&notes, "helped");
	if (c->parent)
		add_note(&notes,
			 arena_printf(arena, "expected by %s to %s",
				      end_text(arena, c, c->parent->source, c->parent->source_port),
				      end_text(arena, c, c->parent->destination,
					       c->parent->destination_port)));
	if (*c->label)
		add_note(&notes, arena_printf(arena, "label %s", c->label));
	text = arena_strdup(arena, buf_str(&notes));
	buf_fini(&notes);
	return text;
}

void sw_connection_row(struct cli_table *table, const sw_connection *c)
{
	struct arena *a = table->arena;
	const tuple *o = c->original;

	cli_table_row(table, (const char *const[]){
				     cli_count_text(a, c->zone),
				     c->protocol,
				     c->state,
				     end_text(a, c, o->source, o->source_port),
				     end_text(a, c, o->destination, o->destination_port),
				     nat_text(a, c),
				     cli_count_text(a, c->mark),
				     cli_age_text(a, c->timeout_ms * NS_PER_MS),
				     notes_text(a, c),
			     });
}

static void conntrack_tuple(const sw_connection *c, const tuple *t, struct buf *out)
{
	buf_printf(out, "src=%s dst=%s ", t->source, t->destination);
	if (is_icmp(c))
		buf_printf(out, "type=%u code=%u id=%u ", t->icmp_type, t->icmp_code, t->icmp_id);
	else if (has_ports(c))
		buf_printf(out, "sport=%u dport=%u ", t->source_port, t->destination_port);
}

/* Its states of UDP are told by [UNREPLIED] and [ASSURED] alone. */
static bool has_state(const sw_connection *c)
{
	return *c->state && c->protocol_number != IPPROTO_UDP;
}

void sw_connection_as_conntrack(const sw_connection *c, struct buf *out)
{
	buf_printf(out, "%-8s %u %" PRIu64 " ", c->protocol, c->protocol_number,
		   c->timeout_ms / 1000);
	if (has_state(c))
		buf_printf(out, "%s ", c->state);
	conntrack_tuple(c, c->original, out);
	if (!c->has_reply)
		buf_puts(out, "[UNREPLIED] ");
	conntrack_tuple(c, c->reply, out);
	if (c->is_assured)
		buf_puts(out, "[ASSURED] ");
	buf_printf(out, "mark=%u", c->mark);
	if (c->zone)
		buf_printf(out, " zone=%u", c->zone);
	if (*c->label)
		buf_printf(out, " labels=%s", c->label);
	buf_puts(out, "\n");
}

static void ovs_tuple(const sw_connection *c, const char *name, const tuple *t, struct buf *out)
{
	buf_printf(out, ",%s=(src=%s,dst=%s", name, t->source, t->destination);
	if (is_icmp(c))
		buf_printf(out, ",id=%u,type=%u,code=%u", t->icmp_id, t->icmp_type, t->icmp_code);
	else
		buf_printf(out, ",sport=%u,dport=%u", t->source_port, t->destination_port);
	buf_puts(out, ")");
}

void sw_connection_as_ovs(const sw_connection *c, struct buf *out)
{
	buf_puts(out, c->protocol);
	ovs_tuple(c, "orig", c->original, out);
	ovs_tuple(c, "reply", c->reply, out);
	if (c->zone)
		buf_printf(out, ",zone=%u", c->zone);
	if (c->mark)
		buf_printf(out, ",mark=%u", c->mark);
	if (*c->label)
		buf_printf(out, ",labels=%s", c->label);
	if (has_state(c))
		buf_printf(out, ",protoinfo=(state=%s)", c->state);
	if (c->parent)
		ovs_tuple(c, "parent", c->parent, out);
	buf_puts(out, "\n");
}
