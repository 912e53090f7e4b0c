/* The forms that a match field has on the wire: other headers, other widths, views of other
 * fields, variable lengths. */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/openflow/action_learn.h"
#include "proto/openflow/match.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/oxm.h"
#include "tests/unit/proto/openflow/hex.h"

static const uint8_t versions[] = { OF_VERSION_1_3, OF_VERSION_1_4, OF_VERSION_1_5 };

static void every_header_that_is_sent_is_known(void **state)
{
	(void)state;
	for (const struct of_field *f = of_fields; f < of_fields + OF_N_FIELDS; f++) {
		for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
			uint32_t experimenter, header;

			header = of_field_header(f, versions[i], &experimenter);
			assert_ptr_equal(of_field_by_header(header, experimenter), f);
			assert_int_equal(experimenter != 0, header >> 16 == 0xffff);
			assert_int_equal(header & 0xff, f->n_bytes + (experimenter ? 4 : 0));
		}
	}
}

static void each_field_needs_only_what_stands_before_it(void **state)
{
	static const enum of_field_id needs[] = {
		[OF_PREREQ_IN_PORT] = OF_FIELD_IN_PORT,
		[OF_PREREQ_VLAN] = OF_FIELD_VLAN_VID,
		[OF_PREREQ_MPLS] = OF_FIELD_ETH_TYPE,
		[OF_PREREQ_PBB] = OF_FIELD_ETH_TYPE,
		[OF_PREREQ_CT] = OF_FIELD_CT_STATE,
		[OF_PREREQ_CT_IPV4] = OF_FIELD_CT_STATE,
		[OF_PREREQ_CT_IPV6] = OF_FIELD_CT_STATE,
		[OF_PREREQ_ARP] = OF_FIELD_ETH_TYPE,
		[OF_PREREQ_IPV4] = OF_FIELD_ETH_TYPE,
		[OF_PREREQ_IPV6] = OF_FIELD_ETH_TYPE,
		[OF_PREREQ_IP] = OF_FIELD_ETH_TYPE,
		[OF_PREREQ_TCP] = OF_FIELD_IP_PROTO,
		[OF_PREREQ_UDP] = OF_FIELD_IP_PROTO,
		[OF_PREREQ_SCTP] = OF_FIELD_IP_PROTO,
		[OF_PREREQ_ICMPV4] = OF_FIELD_IP_PROTO,
		[OF_PREREQ_ICMPV6] = OF_FIELD_IP_PROTO,
		[OF_PREREQ_ND] = OF_FIELD_ICMPV6_TYPE,
		[OF_PREREQ_ND_SOLICIT] = OF_FIELD_ICMPV6_TYPE,
		[OF_PREREQ_ND_ADVERT] = OF_FIELD_ICMPV6_TYPE,
	};

	(void)state;
	for (const struct of_field *f = of_fields; f < of_fields + OF_N_FIELDS; f++) {
		if (f->prereq != OF_PREREQ_NONE && !of_field_is_view(f))
			assert_true(needs[f->prereq] < f->id);
	}
}

/* What TLVS say as a match, as text; or the error's name. */
static const char *decoded(struct arena *a, const char *tlvs)
{
	struct buf bytes = BUF_INIT, text = BUF_INIT;
	struct of_error err;
	struct of_match m;
	struct cursor c;
	const char *result;
	char name[96];
	size_t length;

	add_hex(&bytes, "0001 0000");
	add_hex(&bytes, tlvs);
	length = bytes.size;
	store_be16(bytes.data + 2, length);
	buf_zeros(&bytes, -length & 7);
	c = cursor_of(bytes.data, bytes.size);
	if (of_match_decode(&c, a, true, &m, &err) == 0) {
		of_match_print(&m, &text);
		result = arena_strdup(a, buf_str(&text));
	} else {
		result = arena_strdup(a, of_error_name(&err, name, sizeof(name)));
	}
	buf_fini(&bytes);
	buf_fini(&text);
	return result;
}

#define BAD_MATCH "OFPET_BAD_MATCH/OFPBMC_"

static void matches_in_all_forms(void **state)
{
	static const struct {
		const char *tlvs, *text;
	} cases[] = {
		/* Other headers. */
		{ "80000a02 0800 80001401 06 80005402 0012", "tcp,tcp_flags=syn|ack" },
		{ "80000a02 0800 80001401 06 ffff5406 4f4e4600 0012", "tcp,tcp_flags=syn|ack" },
		{ "80000a02 0800 80001401 06 00014402 0012", "tcp,tcp_flags=syn|ack" },
		{ "80005604 00000003", "actset_output=3" },
		{ "ffff5608 4f4e4600 00000003", "actset_output=3" },
		{ "80000a02 88e7 80004a03 000005 80005201 01",
		  "dl_type=0x88e7,pbb_isid=0x5,pbb_uca=1" },
		{ "80000a02 88e7 ffff5205 4f4e4600 01", "dl_type=0x88e7,pbb_uca=1" },
		{ "ffff0008 00002320 00000005", "dp_hash=0x5" },
		/* Other widths. */
		{ "00000002 0003", "in_port=3" },
		{ "00000002 fffe", "in_port=LOCAL" },
		{ "80000a02 0800 00000a01 28", "ip,nw_tos=40" },
		{ "80000a02 0800 00000a01 29", BAD_MATCH "BAD_VALUE" },
		/* Views. */
		{ "00000802 b005", "dl_vlan=5,dl_vlan_pcp=5" },
		{ "00000904 1005 1fff", "dl_vlan=5" },
		{ "00000904 0000 ffff", "vlan_tci=0x0000/0x1fff" },
		{ "00000904 0005 ffff", BAD_MATCH "BAD_VALUE" },
		{ "80010008 00000001 00000002", "reg0=0x1,reg1=0x2" },
		{ "80010310 00000000 00000002 00000000 000000ff", "reg3=0x2/0xff" },
		{ "0001e010 00000001 00000002 00000003 00000004",
		  "reg4=0x1,reg5=0x2,reg6=0x3,reg7=0x4" },
		{ "00010004 00000001 80010008 00000001 00000002", BAD_MATCH "DUP_FIELD" },
		{ "00010204 00000001 80010110 00000001 00000000 ffffffff 00000000",
		  "reg0=0x1,reg1=0x1" },
		{ "80000c02 1005 00000904 1005 1fff", BAD_MATCH "DUP_FIELD" },
		/* Variable lengths. */
		{ "00015001 05", "tun_metadata0=0x5" },
		{ "00015004 00000005", "tun_metadata0=0x5" },
		{ "00015104 1200 ff00", "tun_metadata0=0x1200/0xff00" },
		{ "00015012 000000000000000000000000000000000005", "tun_metadata0=0x5" },
		{ "00015012 050000000000000000000000000000000005", BAD_MATCH "BAD_LEN" },
		{ "00015000", BAD_MATCH "BAD_LEN" },
		{ "00015103 120034", BAD_MATCH "BAD_LEN" },
		/* Values and prerequisites. */
		{ "80005804 00000000", "" },
		{ "80005804 0001894f", BAD_MATCH "BAD_VALUE" },
		{ "80000204 00000001", BAD_MATCH "BAD_PREREQ" },
		{ "80000004 00000001 80000204 00000001", "in_port=1,in_phy_port=1" },
		{ "80004404 00000005", BAD_MATCH "BAD_PREREQ" },
		{ "80000a02 8847 80004404 00000005 80004601 03 80004801 01",
		  "mpls,mpls_label=5,mpls_tc=3,mpls_bos=1" },
		{ "80000a02 8847 80004404 00100000", BAD_MATCH "BAD_VALUE" },
		{ "80000a02 8847 80004801 02", BAD_MATCH "BAD_VALUE" },
		{ "80000a02 8847 80004502 0303", BAD_MATCH "BAD_LEN" },
		{ "80000a02 88e7 80004b06 000005 0000ff", "dl_type=0x88e7,pbb_isid=0x5/0xff" },
		{ "80004a03 000005", BAD_MATCH "BAD_PREREQ" },
		{ "80000a02 86dd 80004e02 0105", "ipv6,ipv6_exthdr=0x105" },
		{ "80000a02 86dd 80004f04 0001 0003", "ipv6,ipv6_exthdr=0x1/0x3" },
		{ "80000a02 86dd 80004e02 0205", BAD_MATCH "BAD_VALUE" },
		{ "80000a02 0800 80004e02 0105", BAD_MATCH "BAD_PREREQ" },
		{ "80000a02 0800 0001f004 0a000001", BAD_MATCH "BAD_PREREQ" },
		{ "80000a02 0800 0001d308 00000022 00000022 0001f004 0a000001",
		  "ct_state=+est+trk,ct_nw_src=10.0.0.1,ip" },
		{ "0001d304 00000100", BAD_MATCH "BAD_LEN" },
		{ "0001d204 00000100", BAD_MATCH "BAD_VALUE" },
	};
	struct arena a = ARENA_INIT;
	unsigned n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *text = decoded(&a, cases[i].tlvs);

		if (strcmp(text, cases[i].text) != 0) {
			print_error("%s: \"%s\", want \"%s\"\n", cases[i].tlvs, text,
				    cases[i].text);
			n_wrong++;
		}
	}
	assert_int_equal(n_wrong, 0);
	arena_clear(&a);
}

static void openflow_1_5_has_registers_in_pairs(void **state)
{
	static const char *const want[] = {
		"00010020 00010004 00000001 00010204 00000002 00010b08 00000003 000000ff",
		"00010024 80010008 00000001 00000002 80010510 00000000 00000003 00000000 000000ff"
		" 00000000",
	};
	struct arena a = ARENA_INIT;
	struct of_match m = { 0 };

	(void)state;
	of_match_set_u64(&a, &m, OF_FIELD_REG0, 1);
	of_match_set_u64(&a, &m, OF_FIELD_REG1, 2);
	of_match_set_u64_masked(&a, &m, OF_FIELD_REG5, 3, 0xff);
	for (unsigned i = 0; i < 2; i++) {
		struct buf out = BUF_INIT, bytes = BUF_INIT;

		of_match_encode(&m, i ? OF_VERSION_1_5 : OF_VERSION_1_3, &out);
		add_hex(&bytes, want[i]);
		assert_int_equal(out.size, bytes.size);
		assert_memory_equal(out.data, bytes.data, out.size);
		buf_fini(&out);
		buf_fini(&bytes);
	}
	arena_clear(&a);
}

static void subfields_name_a_field_by_four_or_eight_bytes(void **state)
{
	struct buf bytes = BUF_INIT, out = BUF_INIT;
	struct of_subfield sf;
	struct of_error err;
	struct cursor c;

	(void)state;
	add_hex(&bytes, "00010004 ffff1808 00002320 80000104");
	c = cursor_of(bytes.data, bytes.size);
	assert_int_equal(of_subfield_read(&sf, &c, &err), 0);
	assert_int_equal(sf.field->id, OF_FIELD_REG0);
	assert_int_equal(of_subfield_set_bits(&sf, 31, 1, &err), 0);
	assert_int_equal(of_subfield_set_bits(&sf, 31, 2, &err), -1);
	assert_int_equal(err.code, OFPBAC_BAD_SET_LEN);
	/* A length that is not the field's; then one with a mask. */
	assert_int_equal(of_subfield_read(&sf, &c, &err), -1);
	assert_int_equal(err.code, OFPBAC_BAD_SET_TYPE);
	assert_int_equal(of_subfield_read(&sf, &c, &err), -1);
	assert_int_equal(err.code, OFPBAC_BAD_SET_TYPE);
	assert_int_equal(of_subfield_read(&sf, &c, &err), -1);
	assert_int_equal(err.code, OFPBAC_BAD_LEN);
	sf = of_subfield_whole(OF_FIELD_TUN_ERSPAN_VER);
	of_subfield_write(&sf, 0, &out);
	assert_int_equal(out.size, 8);
	assert_int_equal(of_subfield_header(&sf), 0);
	buf_fini(&bytes);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_header_that_is_sent_is_known),
		cmocka_unit_test(each_field_needs_only_what_stands_before_it),
		cmocka_unit_test(matches_in_all_forms),
		cmocka_unit_test(openflow_1_5_has_registers_in_pairs),
		cmocka_unit_test(subfields_name_a_field_by_four_or_eight_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
