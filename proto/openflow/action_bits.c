/* Sets of action types as text. */

#include "proto/openflow/action_bits.h"

void of_action_bits_print(uint32_t bits, struct buf *out)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
		{ 0, "output" },	{ 22, "group" },	{ 25, "set_field" },
		{ 18, "strip_vlan" },	{ 17, "push_vlan" },	{ 23, "mod_nw_ttl" },
		{ 24, "dec_ttl" },	{ 15, "set_mpls_ttl" }, { 16, "dec_mpls_ttl" },
		{ 19, "push_mpls" },	{ 20, "pop_mpls" },	{ 21, "set_queue" },
		{ 11, "copy_ttl_out" }, { 12, "copy_ttl_in" },	{ 26, "push_pbb" },
		{ 27, "pop_pbb" },	{ 28, "copy_field" },	{ 29, "meter" },
	};
	const char *blank = "";

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (!(bits >> names[i].type & 1))
			continue;
		buf_printf(out, "%s%s", blank, names[i].name);
		bits &= ~(1u << names[i].type);
		blank = " ";
	}
	for (unsigned i = 0; i < 32; i++) {
		if (!(bits >> i & 1))
			continue;
		buf_printf(out, "%s%u", blank, i);
		blank = " ";
	}
	if (!*blank)
		buf_puts(out, "<none>");
}
