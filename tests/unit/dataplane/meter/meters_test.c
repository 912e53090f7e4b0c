/* Meters as controllers change them, and what they do to packets on virtual time. */

#include "dataplane/table/meter_mod.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/pipeline/pipeline.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/mods.h"
#include "tests/fakes/dataplane/naive_edit.h"

#define FRAME	     500 /* bytes: 4 kbit */
#define FAILED(CODE) ((uint32_t)OFPET_METER_MOD_FAILED << 16 | (CODE))

struct world {
	struct tables *tables;
	struct pipeline *p;
	struct pipeline_thread *t;
	unsigned n_out, n_punts;
	uint8_t dscp; /* of the last one out */
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->tables = tables_create(NULL);
	w->t = pipeline_thread_create(w->tables, &heap_packet_ops);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pipeline_release(w->p);
	pipeline_thread_destroy(w->tables, w->t);
	tables_destroy(w->tables);
	free(w);
	return 0;
}

static void compile(struct world *w)
{
	static const struct pipeline_port ports[] = { { .number = 1 },
						      { .number = 2 },
						      { .number = 3 } };
	struct pipeline *old = w->p;

	w->p = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), old);
	pipeline_release(old);
}

/* What the packet's checksums and fields are, computed anew. */
static void look_at(struct world *w, struct rte_mbuf *m)
{
	struct naive_packet p = { 0 };
	size_t size;
	const uint8_t *data = heap_packet_data(m, &size);
	uint8_t dscp;

	memcpy(p.data, data, size);
	p.size = size;
	naive_parse(&p);
	key_field_get(&p.key, OF_FIELD_IP_DSCP, &dscp);
	w->dscp = dscp;
	/* Writing what is there computes every checksum in full: nothing may change. */
	naive_write(&p, OF_FIELD_IP_DSCP, &dscp, of_field_ones[OF_FIELD_IP_DSCP]);
	assert_memory_equal(p.data, data, size);
}

static void send_burst(struct world *w, unsigned n, uint8_t dscp, bool is_v6, uint64_t now_ns)
{
	struct flow_key key = { .ip_proto = 17, .ip_ttl = 64, .ip_tos = dscp << 2 };
	const struct pipeline_result *res;
	struct rte_mbuf *pkts[64];
	struct buf packet = BUF_INIT;

	store_be16(&key.eth_type, is_v6 ? 0x86dd : 0x800);
	packet_compose(&key, FRAME - (is_v6 ? 62 : 42), &packet);
	assert_int_equal(packet.size, FRAME);
	for (unsigned i = 0; i < n; i++)
		pkts[i] = heap_packet_create(packet.data, packet.size);
	buf_fini(&packet);
	res = pipeline_run(w->p, w->t, pkts, n, 1, now_ns);
	w->n_out = res->n_out;
	w->n_punts = res->n_punts;
	for (unsigned i = 0; i < res->n_out; i++) {
		look_at(w, res->pkts[i]);
		heap_packet_destroy(res->pkts[i]);
	}
	for (unsigned i = 0; i < res->n_punts; i++)
		heap_packet_destroy(res->punts[i].pkt);
}

static struct of_meter_stats stats_of(struct world *w, uint32_t id, struct arena *a)
{
	struct meters *ms = tables_meters(w->tables);
	struct of_meter_stats s;

	meter_stats(ms, meters_find(ms, id), 3 * NS_PER_SEC, a, &s);
	return s;
}

static uint32_t add_raw(struct world *w, uint32_t id, uint16_t flags, uint16_t type, uint8_t prec,
			unsigned n)
{
	struct of_meter_band bands[METER_MAX_BANDS + 1];
	struct of_meter_config mod = { .command = OF_METER_ADD,
				       .flags = flags,
				       .meter_id = id,
				       .n_bands = n,
				       .bands = bands };
	struct of_error err;

	for (unsigned i = 0; i < n; i++)
		bands[i] = (struct of_meter_band){ .type = type, .rate = 1, .prec_level = prec };
	return tables_meter_mod(w->tables, &mod, 0, &err) < 0 ? (uint32_t)err.type << 16 | err.code
							      : 0;
}

static void errors_are_told(void **state)
{
	struct world *w = *state;
	struct of_meter_config bad = { .command = 9, .meter_id = 1 };
	struct of_error err;

	assert_int_equal(add_raw(w, 0, 0, OF_BAND_DROP, 0, 1), FAILED(OFPMMFC_INVALID_METER));
	assert_int_equal(add_raw(w, OF_METER_MAX + 1, 0, OF_BAND_DROP, 0, 1),
			 FAILED(OFPMMFC_INVALID_METER));
	assert_int_equal(add_raw(w, 1, 16, OF_BAND_DROP, 0, 1), FAILED(OFPMMFC_BAD_FLAGS));
	assert_int_equal(add_raw(w, 1, OF_METER_KBPS | OF_METER_PKTPS, OF_BAND_DROP, 0, 1),
			 FAILED(OFPMMFC_BAD_FLAGS));
	assert_int_equal(add_raw(w, 1, 0, OF_BAND_EXPERIMENTER, 0, 1), FAILED(OFPMMFC_BAD_BAND));
	assert_int_equal(add_raw(w, 1, 0, OF_BAND_DSCP_REMARK, 0, 1),
			 FAILED(OFPMMFC_BAD_BAND_VALUE));
	assert_int_equal(add_raw(w, 1, 0, OF_BAND_DSCP_REMARK, 4, 1),
			 FAILED(OFPMMFC_BAD_BAND_VALUE));
	assert_int_equal(add_raw(w, OF_METER_CONTROLLER, 0, OF_BAND_DSCP_REMARK, 1, 1),
			 FAILED(OFPMMFC_BAD_BAND));
	assert_int_equal(add_raw(w, 1, 0, OF_BAND_DROP, 0, METER_MAX_BANDS + 1),
			 FAILED(OFPMMFC_OUT_OF_BANDS));
	assert_int_equal(tables_meter_mod(w->tables, &bad, 0, &err), -1);
	assert_int_equal(err.code, OFPMMFC_BAD_COMMAND);
	assert_int_equal(
		mod_meter(w->tables, OF_METER_MODIFY, "meter=1,kbps,bands=type=drop,rate=1"),
		FAILED(OFPMMFC_UNKNOWN_METER));
	assert_int_equal(add_raw(w, 1, 0, OF_BAND_DROP, 0, 1), 0);
	assert_int_equal(add_raw(w, 1, 0, OF_BAND_DROP, 0, 1), FAILED(OFPMMFC_METER_EXISTS));
	assert_int_equal(mod_meter(w->tables, OF_METER_DELETE, "meter=5"), 0);
	assert_int_equal(meters_count(tables_meters(w->tables)), 1);
	assert_int_equal(mod_flow(w->tables, "actions=meter:7,output:2"),
			 OFPET_BAD_ACTION << 16 | OFPBAC_BAD_METER);
}

static void meters_run_out(void **state)
{
	struct world *w = *state;

	for (uint32_t id = 1; id <= METERS_MAX; id++)
		assert_int_equal(add_raw(w, id, 0, OF_BAND_DROP, 0, 0), 0);
	assert_int_equal(add_raw(w, METERS_MAX + 1, 0, OF_BAND_DROP, 0, 0),
			 FAILED(OFPMMFC_OUT_OF_METERS));
	assert_int_equal(mod_meter(w->tables, OF_METER_DELETE, "meter=all"), 0);
	assert_int_equal(meters_count(tables_meters(w->tables)), 0);
}

static void it_is_told_as_it_was_given(void **state)
{
	struct world *w = *state;
	struct of_meter_config c;

	assert_int_equal(mod_meter(w->tables, OF_METER_ADD,
				   "meter=4,pktps,burst,stats,bands=type=drop,rate=77,burst_size=3,"
				   "type=dscp_remark,rate=5,burst_size=1,prec_level=2"),
			 0);
	meter_config(meters_find(tables_meters(w->tables), 4), &c);
	assert_int_equal(c.flags, OF_METER_PKTPS | OF_METER_STATS | OF_METER_BURST);
	assert_int_equal(c.n_bands, 2);
	assert_int_equal(c.bands[0].rate, 77);
	assert_int_equal(c.bands[0].burst_size, 3);
	assert_int_equal(c.bands[1].prec_level, 2);
}

static void excess_is_dropped_and_counted(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;
	struct of_meter_stats s;

	mod_meter(w->tables, OF_METER_ADD,
		  "meter=1,pktps,burst,bands=type=drop,rate=1000,burst_size=10");
	assert_int_equal(mod_flow(w->tables, "actions=meter:1,output:2"), 0);
	compile(w);
	send_burst(w, 15, 0, false, 1);
	assert_int_equal(w->n_out, 10);
	send_burst(w, 3, 0, false, 2 * NS_PER_MS + 1);
	assert_int_equal(w->n_out, 2);
	s = stats_of(w, 1, &a);
	assert_int_equal(s.flow_count, 1);
	assert_int_equal(s.n_packets, 18);
	assert_int_equal(s.n_bytes, 18 * FRAME);
	assert_int_equal(s.bands[0].n_packets, 6);
	assert_int_equal(s.bands[0].n_bytes, 6 * FRAME);
	assert_int_equal(s.duration_sec, 3);
	assert_int_equal(counters_drop_sum(tables_counters(w->tables), DROP_METER), 6);
	arena_clear(&a);
}

/* kbit/s count bytes; both bands are exceeded, and the one with the higher rate applies. */
static void the_highest_band_applies(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;

	mod_meter(w->tables, OF_METER_ADD,
		  "meter=1,kbps,burst,bands=type=dscp_remark,rate=1000,burst_size=16,prec_level=1,"
		  "type=drop,rate=8000,burst_size=40");
	assert_int_equal(mod_flow(w->tables, "actions=meter:1,output:2"), 0);
	compile(w);
	send_burst(w, 4, 10, false, 1); /* 16 kbit */
	assert_int_equal(w->dscp, 10);
	send_burst(w, 6, 10, false, 2); /* 40 kbit: the first band's is empty */
	assert_int_equal(w->n_out, 6);
	assert_int_equal(w->dscp, 12);
	send_burst(w, 4, 10, true, 3);
	assert_int_equal(w->n_out, 0);
	send_burst(w, 4, 20, true, 2 * NS_PER_MS); /* almost 16 kbit of 8 Mbit/s, 2 of 1 */
	assert_int_equal(w->n_out, 3);
	assert_int_equal(w->dscp, 22);
	assert_int_equal(stats_of(w, 1, &a).bands[0].n_packets, 9);
	assert_int_equal(stats_of(w, 1, &a).bands[1].n_packets, 5);
	arena_clear(&a);
}

static void what_was_sent_before_stays_sent(void **state)
{
	struct world *w = *state;

	mod_meter(w->tables, OF_METER_ADD,
		  "meter=1,pktps,burst,bands=type=drop,rate=1,burst_size=1");
	assert_int_equal(mod_flow(w->tables, "table=1,actions=meter:1,output:3"), 0);
	assert_int_equal(mod_flow(w->tables,
				  "actions=output:2,resubmit(,1),output:2,write_actions(output:2)"),
			 0);
	compile(w);
	send_burst(w, 1, 0, false, 1);
	assert_int_equal(w->n_out, 4);
	send_burst(w, 1, 0, false, 2);
	assert_int_equal(w->n_out, 1);
}

static void punts_pass_their_own_meter(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;

	assert_int_equal(
		mod_meter(w->tables, OF_METER_ADD,
			  "meter=controller,pktps,burst,bands=type=drop,rate=1,burst_size=3"),
		0);
	assert_int_equal(mod_flow(w->tables, "actions=output:controller,output:2"), 0);
	compile(w);
	send_burst(w, 5, 0, false, 1);
	assert_int_equal(w->n_out, 5);
	assert_int_equal(w->n_punts, 3);
	assert_int_equal(stats_of(w, OF_METER_CONTROLLER, &a).bands[0].n_packets, 2);
	arena_clear(&a);
}

static void deleting_removes_the_flows_and_undoing_brings_them_back(void **state)
{
	struct world *w = *state;
	struct arena a = ARENA_INIT;
	struct of_meter_config c;

	mod_meter(w->tables, OF_METER_ADD,
		  "meter=1,pktps,burst,bands=type=drop,rate=1,burst_size=1");
	mod_meter(w->tables, OF_METER_ADD,
		  "meter=2,pktps,burst,bands=type=drop,rate=1,burst_size=1");
	mod_flow(w->tables, "in_port=1,actions=meter:1,output:2");
	mod_flow(w->tables, "in_port=2,actions=meter:2,output:2");
	compile(w);
	send_burst(w, 5, 0, false, 1);
	assert_int_equal(w->n_out, 1);
	tables_begin(w->tables);
	mod_meter(w->tables, OF_METER_MODIFY, "meter=2,kbps,bands=type=drop,rate=9");
	mod_meter(w->tables, OF_METER_DELETE, "meter=all");
	mod_meter(w->tables, OF_METER_ADD, "meter=3,kbps,bands=type=drop,rate=9");
	assert_int_equal(tables_n_flows(w->tables, 0), 0);
	tables_rollback(w->tables);
	assert_int_equal(tables_n_flows(w->tables, 0), 2);
	assert_int_equal(meters_count(tables_meters(w->tables)), 2);
	meter_config(meters_find(tables_meters(w->tables), 2), &c);
	assert_int_equal(c.flags, OF_METER_PKTPS | OF_METER_BURST);
	assert_int_equal(stats_of(w, 1, &a).n_packets, 5);
	compile(w);
	send_burst(w, 5, 0, false, 2); /* its bucket is as it was */
	assert_int_equal(w->n_out, 0);
	assert_int_equal(mod_meter(w->tables, OF_METER_DELETE, "meter=1"), 0);
	assert_int_equal(tables_n_flows(w->tables, 0), 1);
	assert_int_equal(stats_of(w, 2, &a).flow_count, 1);
	arena_clear(&a);
}

#define TEST(F) cmocka_unit_test_setup_teardown(F, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_are_told),
		TEST(meters_run_out),
		TEST(it_is_told_as_it_was_given),
		TEST(excess_is_dropped_and_counted),
		TEST(the_highest_band_applies),
		TEST(what_was_sent_before_stays_sent),
		TEST(punts_pass_their_own_meter),
		TEST(deleting_removes_the_flows_and_undoing_brings_them_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
