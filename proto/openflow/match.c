/* Flow matches: comparing and building them.  Bytes are match_wire.c, text is match_text.c and
 * match_print.c. */

#include "proto/openflow/match.h"

#include <assert.h>

#include "lib/hmap.h"
#include "proto/openflow/field_text.h"

#define ETH_TYPE_IPV4		0x0800
#define ETH_TYPE_ARP		0x0806
#define ETH_TYPE_IPV6		0x86dd
#define ETH_TYPE_MPLS		0x8847
#define ETH_TYPE_MPLS_MULTICAST 0x8848
#define ETH_TYPE_PBB		0x88e7
#define VLAN_PRESENT		0x1000
#define FRAG_LATER		2 /* of ip_frag: not the first one */

/* Equality and hashing take the bytes as they are. */
static_assert(sizeof(struct of_field_match) == 4 + 2 * OF_FIELD_MAX_BYTES, "no padding");

const struct of_field_match *of_match_find(const struct of_match *m, enum of_field_id id)
{
	for (unsigned i = 0; i < m->n && m->fields[i].id <= id; i++) {
		if (m->fields[i].id == id)
			return &m->fields[i];
	}
	return NULL;
}

bool of_match_equal(const struct of_match *a, const struct of_match *b)
{
	return a->n == b->n &&
	       (a->n == 0 || memcmp(a->fields, b->fields, a->n * sizeof(*a->fields)) == 0);
}

uint64_t of_match_hash(const struct of_match *m)
{
	return hash_bytes(m->fields, m->n * sizeof(*m->fields));
}

static bool is_within(const struct of_field_match *wide, const struct of_field_match *narrow)
{
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++) {
		if (wide->mask[i] & ~narrow->mask[i] ||
		    (wide->value[i] ^ narrow->value[i]) & wide->mask[i])
			return false;
	}
	return true;
}

bool of_match_covers(const struct of_match *a, const struct of_match *b)
{
	for (unsigned i = 0, j = 0; i < a->n; i++) {
		while (j < b->n && b->fields[j].id < a->fields[i].id)
			j++;
		if (j == b->n || b->fields[j].id != a->fields[i].id ||
		    !is_within(&a->fields[i], &b->fields[j]))
			return false;
	}
	return true;
}

static bool is_compatible(const struct of_field_match *a, const struct of_field_match *b)
{
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++) {
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
	}
	return true;
}

bool of_match_overlaps(const struct of_match *a, const struct of_match *b)
{
	for (unsigned i = 0, j = 0; i < a->n && j < b->n;) {
		if (a->fields[i].id < b->fields[j].id)
			i++;
		else if (a->fields[i].id > b->fields[j].id)
			j++;
		else if (!is_compatible(&a->fields[i++], &b->fields[j++]))
			return false;
	}
	return true;
}

struct of_match *of_match_dup(const struct of_match *m)
{
	size_t size = m->n * sizeof(*m->fields);
	struct of_match *copy = xmalloc(sizeof(*copy) + size);

	copy->n = m->n;
	copy->fields = (struct of_field_match *)(copy + 1);
	if (size)
		memcpy(copy->fields, m->fields, size);
	return copy;
}

/* Whether M wants exactly NUMBER in the field. */
static bool has_exactly(const struct of_match *m, enum of_field_id id, uint64_t number)
{
	const struct of_field_match *fm = of_match_find(m, id);
	const struct of_field *f = of_field(id);

	return fm && memcmp(fm->mask, of_field_ones[id], f->n_bytes) == 0 &&
	       of_field_u64(f, fm->value) == number;
}

static bool is_tagged(const struct of_match *m)
{
	const struct of_field_match *fm = of_match_find(m, OF_FIELD_VLAN_VID);

	return fm && load_be16(fm->mask) & load_be16(fm->value) & VLAN_PRESENT;
}

static bool is_ip(const struct of_match *m)
{
	return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV4) ||
	       has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV6);
}

static bool is_ip_protocol(const struct of_match *m, uint8_t protocol)
{
	return is_ip(m) && has_exactly(m, OF_FIELD_IP_PROTO, protocol);
}

/* Neighbour discovery of TYPE; its code is 0 (RFC 4861 sections 4.3 and 4.4). */
static bool is_nd(const struct of_match *m, uint8_t type)
{
	return of_match_meets(m, OF_PREREQ_ICMPV6) && has_exactly(m, OF_FIELD_ICMPV6_TYPE, type) &&
	       (!of_match_find(m, OF_FIELD_ICMPV6_CODE) || has_exactly(m, OF_FIELD_ICMPV6_CODE, 0));
}

/* A bit that only a packet of a connection has, or said to be tracked and not invalid. */
static bool is_tracked(const struct of_match *m)
{
	const struct of_field_match *fm = of_match_find(m, OF_FIELD_CT_STATE);
	uint32_t value = fm ? load_be32(fm->value) : 0, mask = fm ? load_be32(fm->mask) : 0;

	return value & (OF_CT_NEW | OF_CT_EST | OF_CT_REL | OF_CT_RPL | OF_CT_SNAT | OF_CT_DNAT) ||
	       (value & OF_CT_TRK && mask & OF_CT_INV && !(value & OF_CT_INV));
}

/* Fragments after the first have no transport header. */
static bool is_beyond_first_fragment(const struct of_match *m)
{
	const struct of_field_match *frag = of_match_find(m, OF_FIELD_IP_FRAG);

	return frag && frag->value[0] & FRAG_LATER;
}

bool of_match_meets(const struct of_match *m, enum of_field_prereq prereq)
{
	if (prereq >= OF_PREREQ_TCP && is_beyond_first_fragment(m))
		return false;
	switch (prereq) {
	case OF_PREREQ_NONE:
		return true;
	case OF_PREREQ_IN_PORT:
		return of_match_find(m, OF_FIELD_IN_PORT);
	case OF_PREREQ_MPLS:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_MPLS) ||
		       has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_MPLS_MULTICAST);
	case OF_PREREQ_PBB:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_PBB);
	case OF_PREREQ_CT:
		return is_tracked(m);
	case OF_PREREQ_CT_IPV4:
		return is_tracked(m) && has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV4);
	case OF_PREREQ_CT_IPV6:
		return is_tracked(m) && has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV6);
	case OF_PREREQ_VLAN:
		return is_tagged(m);
	case OF_PREREQ_ARP:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_ARP);
	case OF_PREREQ_IPV4:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV4);
	case OF_PREREQ_IPV6:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV6);
	case OF_PREREQ_IP:
		return is_ip(m);
	case OF_PREREQ_TCP:
		return is_ip_protocol(m, 6);
	case OF_PREREQ_UDP:
		return is_ip_protocol(m, 17);
	case OF_PREREQ_SCTP:
		return is_ip_protocol(m, 132);
	case OF_PREREQ_ICMPV4:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV4) &&
		       has_exactly(m, OF_FIELD_IP_PROTO, 1);
	case OF_PREREQ_ICMPV6:
		return has_exactly(m, OF_FIELD_ETH_TYPE, ETH_TYPE_IPV6) &&
		       has_exactly(m, OF_FIELD_IP_PROTO, 58);
	case OF_PREREQ_ND:
		return is_nd(m, 135) || is_nd(m, 136);
	case OF_PREREQ_ND_SOLICIT:
		return is_nd(m, 135);
	case OF_PREREQ_ND_ADVERT:
		return is_nd(m, 136);
	}
	return false;
}

static struct of_field_match make_field_match(enum of_field_id id, const void *value,
					      const void *mask)
{
	const struct of_field *f = of_field(id);
	struct of_field_match fm = { .id = id };

	memcpy(fm.value, value, f->n_bytes);
	memcpy(fm.mask, mask ? mask : of_field_ones[id], f->n_bytes);
	for (unsigned i = 0; i < f->n_bytes; i++)
		fm.value[i] &= fm.mask[i] &= of_field_ones[id][i];
	return fm;
}

void of_match_set(struct arena *a, struct of_match *m, enum of_field_id id, const void *value,
		  const void *mask)
{
	struct of_field_match fm = make_field_match(id, value, mask);
	struct of_field_match *fields;
	unsigned at = 0;

	while (at < m->n && m->fields[at].id < id)
		at++;
	if (at < m->n && m->fields[at].id == id) {
		m->fields[at] = fm;
		return;
	}
	fields = arena_alloc(a, (m->n + 1) * sizeof(*fields));
	if (m->n) {
		memcpy(fields, m->fields, at * sizeof(*fields));
		memcpy(fields + at + 1, m->fields + at, (m->n - at) * sizeof(*fields));
	}
	fields[at] = fm;
	m->fields = fields;
	m->n++;
}

void of_match_set_u64(struct arena *a, struct of_match *m, enum of_field_id id, uint64_t value)
{
	uint8_t bytes[OF_FIELD_MAX_BYTES] = { 0 };

	of_field_store_u64(of_field(id), bytes, value);
	of_match_set(a, m, id, bytes, NULL);
}

void of_match_set_u64_masked(struct arena *a, struct of_match *m, enum of_field_id id,
			     uint64_t value, uint64_t mask)
{
	uint8_t bytes[OF_FIELD_MAX_BYTES] = { 0 }, mask_bytes[OF_FIELD_MAX_BYTES] = { 0 };

	of_field_store_u64(of_field(id), bytes, value);
	of_field_store_u64(of_field(id), mask_bytes, mask);
	of_match_set(a, m, id, bytes, mask_bytes);
}
