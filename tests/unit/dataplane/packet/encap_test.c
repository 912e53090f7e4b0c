/* Random edits of random packets, one after another: the key and the layout are always those of the
 * bytes, and the checksums are right. */

#include "dataplane/packet/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packet_check.h"
#include "tests/fakes/dataplane/packets.h"

#define MAX_STEPS 24

struct subject {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
	/* What is under each label or backbone header that was pushed, so that a pop tells the
	 * truth of it. */
	uint16_t types[MAX_STEPS];
	unsigned n_types;
};

enum edit {
	PUSH_VLAN,
	POP_VLAN,
	PUSH_MPLS,
	POP_MPLS,
	PUSH_PBB,
	POP_PBB,
	DEC_NW_TTL,
	DEC_MPLS_TTL,
	COPY_TTL_OUT,
	COPY_TTL_IN,
	SET_FIELD,
	SET_BITS,
	N_EDITS
};

/* Less room in front of the packet than there is by default. */
static void move_forward(struct rte_mbuf *m, unsigned by)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(data - by, data, m->data_len);
	m->data_off -= by;
}

static void subject_init(struct subject *s, struct rng *rng)
{
	struct buf out = BUF_INIT;
	struct flow_key key;

	random_packet_key(rng, &key);
	packet_compose(&key, rng_below(rng, 60), &out);
	*s = (struct subject){ .m = heap_packet_create(out.data, out.size) };
	buf_fini(&out);
	for (unsigned r = 0; r < KEY_N_REGS; r++)
		s->key.reg[r] = rng_u64(rng);
	assert_int_equal(packet_parse(s->m, &s->key, &s->layout), DROP_NONE);
}

static enum drop_reason push_mpls(struct subject *s, struct rng *rng)
{
	uint16_t type = load_be16(&s->key.eth_type);
	enum drop_reason why;

	why = packet_push_mpls(s->m, &s->key, &s->layout, rng_below(rng, 2) ? 0x8847 : 0x8848);
	if (why == DROP_NONE)
		s->types[s->n_types++] = type < 0x600 ? 0x88b5 : type;
	return why;
}

static enum drop_reason pop_mpls(struct subject *s)
{
	bool is_last = load_be32(&s->key.nd_reserved) & 0x100;
	uint16_t type = is_last ? 0x88b5 : 0x8847;

	if (!key_has_prereq(&s->key, OF_PREREQ_MPLS))
		return packet_pop_mpls(s->m, &s->key, &s->layout, 0x0800);
	if (s->n_types)
		type = s->types[--s->n_types];
	return packet_pop_mpls(s->m, &s->key, &s->layout, type);
}

static enum drop_reason push_pbb(struct subject *s)
{
	enum drop_reason why = packet_push_pbb(s->m, &s->key, &s->layout, 0x88e7);

	if (why == DROP_NONE)
		s->types[s->n_types++] = 0; /* told by the frame inside */
	return why;
}

static enum drop_reason pop_pbb(struct subject *s)
{
	if (key_has_prereq(&s->key, OF_PREREQ_PBB) && s->n_types)
		s->n_types--;
	return packet_pop_pbb(s->m, &s->key, &s->layout);
}

static enum drop_reason set_field(struct subject *s, struct rng *rng, bool is_masked)
{
	const struct of_field *f = of_field(rng_below(rng, OF_N_FIELDS));
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];

	if (!f->is_settable || !key_place(f->id)->size)
		return DROP_NONE;
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++) {
		value[i] = rng_u64(rng) & of_field_ones[f->id][i];
		mask[i] = rng_u64(rng) & of_field_ones[f->id][i];
	}
	return packet_set_field(s->m, &s->key, &s->layout, f->id, value, is_masked ? mask : NULL);
}

static enum drop_reason edit(struct subject *s, enum edit what, struct rng *rng)
{
	switch (what) {
	case PUSH_VLAN:
		return packet_push_vlan(s->m, &s->key, &s->layout,
					rng_below(rng, 2) ? 0x8100 : 0x88a8);
	case POP_VLAN:
		return packet_pop_vlan(s->m, &s->key, &s->layout);
	case PUSH_MPLS:
		return push_mpls(s, rng);
	case POP_MPLS:
		return pop_mpls(s);
	case PUSH_PBB:
		return push_pbb(s);
	case POP_PBB:
		return pop_pbb(s);
	case DEC_NW_TTL:
		return packet_dec_nw_ttl(s->m, &s->key, &s->layout);
	case DEC_MPLS_TTL:
		return packet_dec_mpls_ttl(s->m, &s->key, &s->layout);
	case COPY_TTL_OUT:
		return packet_copy_ttl_out(s->m, &s->key, &s->layout);
	case COPY_TTL_IN:
		return packet_copy_ttl_in(s->m, &s->key, &s->layout);
	default:
		return set_field(s, rng, what == SET_BITS);
	}
}

static void random_edits(void **state)
{
	unsigned n_done[N_EDITS] = { 0 }, n_invalid = 0, n_full = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 21);
	for (unsigned n = 0; n < 40000; n++) {
		struct subject s;

		subject_init(&s, &rng);
		if (rng_below(&rng, 4) == 0)
			move_forward(s.m, rng_below(&rng, s.m->data_off + 1));
		if (s.key.ip_proto == IPPROTO_UDP && s.layout.l4 && rng_below(&rng, 4) == 0 &&
		    key_has_prereq(&s.key, OF_PREREQ_IPV4)) /* one that sends no checksum */
			store_be16(rte_pktmbuf_mtod_offset(s.m, uint8_t *, s.layout.l4 + 6), 0);
		for (unsigned k = rng_below(&rng, MAX_STEPS); k > 0; k--) {
			enum edit what = rng_below(&rng, N_EDITS);
			enum drop_reason why = edit(&s, what, &rng);
			const char *wrong = packet_check(s.m, &s.key, &s.layout);

			n_done[what]++;
			n_invalid += why == DROP_INVALID_TTL;
			n_full += why == DROP_NO_HEADROOM;
			if (why != DROP_NONE && why != DROP_INVALID_TTL && why != DROP_NO_HEADROOM)
				fail_msg("packet %u, edit %u: %s", n, what, drop_reason_name(why));
			if (wrong)
				fail_msg("packet %u, edit %u: %s is wrong", n, what, wrong);
		}
		heap_packet_destroy(s.m);
	}
	for (unsigned what = 0; what < N_EDITS; what++)
		assert_true(n_done[what] > 10000);
	assert_true(n_invalid > 100);
	assert_true(n_full > 100);
}

static size_t bytes_of(const struct rte_mbuf *m, uint8_t *to)
{
	memcpy(to, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	return m->data_len;
}

/* What was pushed and popped again leaves no trace. */
static void pops_undo_pushes(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 22);
	for (unsigned n = 0; n < 10000; n++) {
		uint8_t before[512], after[512];
		struct flow_key key;
		struct subject s;
		enum edit what[6];
		unsigned n_pushes = 1 + rng_below(&rng, 5);
		size_t size;

		subject_init(&s, &rng);
		if (load_be16(&s.key.eth_type) < 0x600)
			store_be16(rte_pktmbuf_mtod_offset(s.m, uint8_t *, s.layout.l3 - 2),
				   0x88b5);
		packet_parse(s.m, &s.key, &s.layout);
		key = s.key;
		size = bytes_of(s.m, before);
		for (unsigned i = 0; i < n_pushes; i++) {
			/* A label goes under the tags, so nothing but labels may come before it. */
			what[i] =
				i && what[i - 1] == PUSH_VLAN ? PUSH_VLAN : rng_below(&rng, 3) * 2;
			assert_int_equal(edit(&s, what[i], &rng), DROP_NONE);
		}
		while (n_pushes--)
			assert_int_equal(edit(&s, what[n_pushes] + 1, &rng), DROP_NONE);
		assert_int_equal(bytes_of(s.m, after), size);
		assert_memory_equal(after, before, size);
		assert_memory_equal(&s.key, &key, sizeof(key));
		heap_packet_destroy(s.m);
	}
}

/* More tags than are followed: the last that is seen is the packet's type. */
static void tags_beyond_the_limit(void **state)
{
	struct subject s;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 23);
	subject_init(&s, &rng);
	for (unsigned i = 0; i < 12; i++) {
		assert_int_equal(edit(&s, PUSH_VLAN, &rng), DROP_NONE);
		assert_null(packet_check(s.m, &s.key, &s.layout));
	}
	assert_int_equal(s.layout.n_vlans, PARSE_MAX_VLANS);
	for (unsigned i = 0; i < 14; i++) {
		assert_int_equal(edit(&s, POP_VLAN, &rng), DROP_NONE);
		assert_null(packet_check(s.m, &s.key, &s.layout));
	}
	assert_int_equal(s.layout.n_vlans, 0);
	heap_packet_destroy(s.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_edits),
		cmocka_unit_test(pops_undo_pushes),
		cmocka_unit_test(tags_beyond_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
