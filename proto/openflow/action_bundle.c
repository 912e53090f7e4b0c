/* NXAST_BUNDLE and NXAST_BUNDLE_LOAD (Open vSwitch's ovs-actions manual, "bundle").  On the wire
 * the members are ports of 16 bits. */

#include "proto/openflow/action_bundle.h"

#include <strings.h>

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

#define MAX_MEMBERS 2048
#define MEMBER_TYPE 0x00000002u /* NXM_OF_IN_PORT: they are ports */

static const char *const algorithm_names[] = { "active_backup", "hrw" };

static struct of_action_bundle *make(struct arena *a, const struct of_action_class *class,
				     uint16_t n_members)
{
	struct of_action_bundle *b =
		of_action_new(a, class, sizeof(*b) + n_members * sizeof(b->members[0]));

	b->n_members = n_members;
	return b;
}

struct of_action_bundle *of_action_bundle(struct arena *a, const uint32_t *members,
					  uint16_t n_members)
{
	struct of_action_bundle *b = make(a, &of_action_bundle_class, n_members);

	if (n_members)
		memcpy(b->members, members, n_members * sizeof(*members));
	return b;
}

struct of_action_bundle *of_action_bundle_load(struct arena *a, const struct of_subfield *dst,
					       const uint32_t *members, uint16_t n_members)
{
	struct of_action_bundle *b = of_action_bundle(a, members, n_members);

	b->base.class = &of_action_bundle_load_class;
	b->dst = *dst;
	return b;
}

static bool is_load(const struct of_action *act)
{
	return act->class == &of_action_bundle_load_class;
}

static struct of_action *decode_members(struct cursor *body, struct of_action_bundle *b,
					struct of_error *err)
{
	for (unsigned i = 0; i < b->n_members; i++)
		b->members[i] = of_port_no_from_16(cursor_be16(body));
	if (!cursor_ok(body) || cursor_left(body) >= 8)
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	cursor_take(body, cursor_left(body));
	return &b->base;
}

static struct of_action *decode_kind(struct cursor *body, const struct of_action_class *class,
				     struct arena *a, struct of_error *err)
{
	uint16_t algorithm = cursor_be16(body), fields = cursor_be16(body);
	uint16_t basis = cursor_be16(body);
	uint32_t type = cursor_be32(body);
	uint16_t n_members = cursor_be16(body), ofs_n_bits = cursor_be16(body);
	uint32_t header = cursor_be32(body);
	struct of_action_bundle *b;

	cursor_take(body, 4);
	if (!cursor_ok(body) || n_members * 2u > cursor_left(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (algorithm >= OF_N_BUNDLE_ALGORITHMS || fields >= OF_N_HASH_FIELDS ||
	    type != MEMBER_TYPE || n_members > MAX_MEMBERS)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	b = make(a, class, n_members);
	b->algorithm = algorithm;
	b->fields = fields;
	b->basis = basis;
	if (!is_load(&b->base))
		return header || ofs_n_bits ? of_action_refuse(err, OFPBAC_BAD_ARGUMENT)
					    : decode_members(body, b, err);
	if (of_subfield_init(&b->dst, header, ofs_n_bits >> 6, (ofs_n_bits & 0x3f) + 1, err) != 0)
		return NULL;
	if (!b->dst.field->is_settable || b->dst.n_bits < 16)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return decode_members(body, b, err);
}

static struct of_action *bundle_decode(struct cursor *body, uint8_t version, struct arena *a,
				       struct of_error *err)
{
	(void)version;
	return decode_kind(body, &of_action_bundle_class, a, err);
}

static struct of_action *bundle_load_decode(struct cursor *body, uint8_t version, struct arena *a,
					    struct of_error *err)
{
	(void)version;
	return decode_kind(body, &of_action_bundle_load_class, a, err);
}

static void bundle_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_bundle *b = (const struct of_action_bundle *)act;

	(void)version;
	buf_be16(out, b->algorithm);
	buf_be16(out, b->fields);
	buf_be16(out, b->basis);
	buf_be32(out, MEMBER_TYPE);
	buf_be16(out, b->n_members);
	buf_be16(out, is_load(act) ? b->dst.ofs << 6 | (b->dst.n_bits - 1) : 0);
	buf_be32(out, is_load(act) ? of_subfield_header(&b->dst) : 0);
	buf_zeros(out, 4);
	for (unsigned i = 0; i < b->n_members; i++)
		buf_be16(out, b->members[i]);
}

static void bundle_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_bundle *b = (const struct of_action_bundle *)act;

	buf_printf(out, "%s(%s,%u,%s,ofport,", act->class->name, of_hash_fields_name(b->fields),
		   b->basis, algorithm_names[b->algorithm]);
	if (is_load(act)) {
		of_subfield_print(&b->dst, out);
		buf_puts(out, ",");
	}
	buf_puts(out, "members:");
	for (unsigned i = 0; i < b->n_members; i++) {
		buf_puts(out, i ? "," : "");
		of_port_no_print(b->members[i], out);
	}
	buf_puts(out, ")");
}

/* "members:4,8", as old as "slaves:4,8"; the first may be left out with the word alone. */
static int parse_members(const char *text, uint32_t *members, unsigned *n)
{
	static const char *const words[] = { "members:", "slaves:" };
	const char *at = NULL, *item;
	size_t size;

	for (unsigned i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strncasecmp(text, words[i], strlen(words[i])) == 0)
			at = text + strlen(words[i]);
	}
	*n = 0;
	while (at && token_next_item(&at, &item, &size)) {
		if (*n == MAX_MEMBERS || of_port_no_parse(item, size, &members[*n]) != 0)
			return -1;
		++*n;
	}
	return at ? 0 : -1;
}

static int find_algorithm(const char *name, size_t size)
{
	for (unsigned i = 0; i < OF_N_BUNDLE_ALGORITHMS; i++) {
		if (strlen(algorithm_names[i]) == size &&
		    strncasecmp(algorithm_names[i], name, size) == 0)
			return i;
	}
	return -1;
}

/* Fields, basis, algorithm and "ofport" into PLAIN, *AT moves behind them; -1 if they are wrong. */
static int parse_head(const char **at, struct of_action_bundle *plain)
{
	int fields, algorithm;
	const char *item;
	uint64_t basis;
	size_t size;

	if (!token_next_item(at, &item, &size) || (fields = of_hash_fields_find(item, size)) < 0 ||
	    !token_next_item(at, &item, &size) || of_number_parse(item, size, &basis) != 0 ||
	    basis > UINT16_MAX || !token_next_item(at, &item, &size) ||
	    (algorithm = find_algorithm(item, size)) < 0 || !token_next_item(at, &item, &size) ||
	    size != strlen("ofport") || strncasecmp(item, "ofport", size) != 0)
		return -1;
	plain->fields = fields;
	plain->basis = basis;
	plain->algorithm = algorithm;
	return 0;
}

static struct of_action *parse_kind(const struct of_action_class *class, const char *args,
				    struct arena *a, struct status *st)
{
	static const char form[] = "write FIELDS,BASIS,ALGORITHM,ofport,members:PORT,...: fields "
				   "as eth_src or symmetric_l4, the algorithm hrw or "
				   "active_backup; bundle_load takes FIELD[BITS], 16 at least, "
				   "before the members";
	struct of_action_bundle plain = { .base.class = class }, *b;
	uint32_t members[MAX_MEMBERS];
	const char *at = args, *item;
	unsigned n;
	size_t size;

	if (parse_head(&at, &plain) != 0)
		return of_action_refuse_text(st, class->name, args, form);
	if (is_load(&plain.base)) {
		if (!token_next_item(&at, &item, &size))
			return of_action_refuse_text(st, class->name, args, form);
		if (of_subfield_parse(&plain.dst, item, size, class->name, st) != 0)
			return NULL;
		if (!plain.dst.field->is_settable || plain.dst.n_bits < 16 ||
		    plain.dst.n_bits > 64 || !of_subfield_header(&plain.dst))
			return of_action_refuse_text(st, class->name, args, form);
	}
	if (parse_members(at + strspn(at, ", "), members, &n) != 0)
		return of_action_refuse_text(st, class->name, args, form);
	b = make(a, class, n);
	b->fields = plain.fields;
	b->basis = plain.basis;
	b->algorithm = plain.algorithm;
	b->dst = plain.dst;
	memcpy(b->members, members, n * sizeof(*members));
	return &b->base;
}

static struct of_action *bundle_parse(const char *args, struct arena *a, struct status *st)
{
	return parse_kind(&of_action_bundle_class, args, a, st);
}

static struct of_action *bundle_load_parse(const char *args, struct arena *a, struct status *st)
{
	return parse_kind(&of_action_bundle_load_class, args, a, st);
}

static size_t bundle_size(const struct of_action *act)
{
	const struct of_action_bundle *b = (const struct of_action_bundle *)act;

	return sizeof(*b) + b->n_members * sizeof(b->members[0]);
}

static int bundle_check(const struct of_action *act, struct of_action_scope *scope,
			struct of_error *err)
{
	const struct of_action_bundle *b = (const struct of_action_bundle *)act;

	return b->dst.field ? of_action_check_field(b->dst.field, scope, err) : 0;
}

#define BUNDLE_CLASS(NAME, SUBTYPE)                                                                \
	const struct of_action_class of_action_##NAME##_class = {                                  \
		.name = #NAME,                                                                     \
		.size = sizeof(struct of_action_bundle),                                           \
		OF_ACTION_NICIRA(SUBTYPE),                                                         \
		.decode = NAME##_decode,                                                           \
		.encode = bundle_encode,                                                           \
		.print = bundle_print,                                                             \
		.parse = NAME##_parse,                                                             \
		.check = bundle_check,                                                             \
		.struct_size = bundle_size,                                                        \
	};                                                                                         \
	REGISTRY_ADD(of_action_class, of_action_##NAME##_class)

BUNDLE_CLASS(bundle, NXAST_BUNDLE);
BUNDLE_CLASS(bundle_load, NXAST_BUNDLE_LOAD);
