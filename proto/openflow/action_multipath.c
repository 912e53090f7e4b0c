/* NXAST_MULTIPATH (Open vSwitch's ovs-actions manual, "multipath"). */

#include "proto/openflow/action_multipath.h"

#include <strings.h>

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/tokens.h"

static const char *const fields_names[] = { "eth_src",	      "symmetric_l4",
					    "symmetric_l3l4", "symmetric_l3l4+udp",
					    "nw_src",	      "nw_dst",
					    "symmetric_l3" };
static const char *const algorithm_names[] = { "modulo_n", "hash_threshold", "hrw", "iter_hash" };

const char *of_hash_fields_name(unsigned fields)
{
	return fields < OF_N_HASH_FIELDS ? fields_names[fields] : NULL;
}

static int find(const char *const *names, unsigned n, const char *name, size_t size)
{
	for (unsigned i = 0; i < n; i++) {
		if (strlen(names[i]) == size && strncasecmp(names[i], name, size) == 0)
			return i;
	}
	return -1;
}

int of_hash_fields_find(const char *name, size_t size)
{
	return find(fields_names, OF_N_HASH_FIELDS, name, size);
}

struct of_action_multipath *of_action_multipath(struct arena *a, enum of_hash_fields fields,
						enum of_multipath_algorithm algorithm)
{
	struct of_action_multipath *m = of_action_new(a, &of_action_multipath_class, sizeof(*m));

	m->fields = fields;
	m->algorithm = algorithm;
	return m;
}

/* Whether each of the links' numbers fits. */
static bool is_wide_enough(const struct of_action_multipath *m)
{
	return m->dst.n_bits >= 16 || m->max_link >> m->dst.n_bits == 0;
}

static struct of_action *multipath_decode(struct cursor *body, uint8_t version, struct arena *a,
					  struct of_error *err)
{
	uint16_t fields = cursor_be16(body), basis = cursor_be16(body), algorithm, ofs_n_bits;
	struct of_action_multipath *m;
	uint32_t header;

	(void)version;
	cursor_take(body, 2);
	algorithm = cursor_be16(body);
	m = of_action_multipath(a, fields, algorithm);
	m->basis = basis;
	m->max_link = cursor_be16(body);
	m->arg = cursor_be32(body);
	cursor_take(body, 2);
	ofs_n_bits = cursor_be16(body);
	header = cursor_be32(body);
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (fields >= OF_N_HASH_FIELDS || algorithm >= OF_N_MULTIPATH_ALGORITHMS)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (of_subfield_init(&m->dst, header, ofs_n_bits >> 6, (ofs_n_bits & 0x3f) + 1, err) != 0)
		return NULL;
	if (!m->dst.field->is_settable || !is_wide_enough(m))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &m->base;
}

static void multipath_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_multipath *m = (const struct of_action_multipath *)act;

	(void)version;
	buf_be16(out, m->fields);
	buf_be16(out, m->basis);
	buf_zeros(out, 2);
	buf_be16(out, m->algorithm);
	buf_be16(out, m->max_link);
	buf_be32(out, m->arg);
	buf_zeros(out, 2);
	buf_be16(out, m->dst.ofs << 6 | (m->dst.n_bits - 1));
	buf_be32(out, of_subfield_header(&m->dst));
}

static void multipath_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_multipath *m = (const struct of_action_multipath *)act;

	buf_printf(out, "multipath(%s,%u,%s,%u,%u,", fields_names[m->fields], m->basis,
		   algorithm_names[m->algorithm], m->max_link + 1, m->arg);
	of_subfield_print(&m->dst, out);
	buf_puts(out, ")");
}

/* The next of the arguments as a number up to MAX. */
static int next_number(const char **at, uint64_t max, uint64_t *number)
{
	const char *item;
	size_t size;

	return token_next_item(at, &item, &size) && of_number_parse(item, size, number) == 0 &&
			       *number <= max
		       ? 0
		       : -1;
}

/* "FIELDS,BASIS,ALGORITHM,N_LINKS,ARG,DST" */
static struct of_action *multipath_parse(const char *args, struct arena *a, struct status *st)
{
	static const char form[] = "write multipath(FIELDS,BASIS,ALGORITHM,LINKS,ARG,FIELD[BITS]): "
				   "fields as eth_src or symmetric_l4, an algorithm as hrw or "
				   "modulo_n, a destination wide enough for the links";
	uint64_t basis = 0, n_links = 0, arg = 0;
	struct of_action_multipath *m;
	int fields, algorithm;
	const char *at = args, *item;
	size_t size;

	if (!token_next_item(&at, &item, &size) || (fields = of_hash_fields_find(item, size)) < 0 ||
	    next_number(&at, UINT16_MAX, &basis) != 0 || !token_next_item(&at, &item, &size) ||
	    (algorithm = find(algorithm_names, OF_N_MULTIPATH_ALGORITHMS, item, size)) < 0 ||
	    next_number(&at, 65536, &n_links) != 0 || n_links == 0 ||
	    next_number(&at, UINT32_MAX, &arg) != 0 || !token_next_item(&at, &item, &size))
		return of_action_refuse_text(st, "multipath", args, form);
	m = of_action_multipath(a, fields, algorithm);
	m->basis = basis;
	m->max_link = n_links - 1;
	m->arg = arg;
	if (of_subfield_parse(&m->dst, item, size, "multipath", st) != 0)
		return NULL;
	if (!m->dst.field->is_settable || !is_wide_enough(m) || !of_subfield_header(&m->dst) ||
	    m->dst.n_bits > 64)
		return of_action_refuse_text(st, "multipath", args, form);
	return &m->base;
}

static int multipath_check(const struct of_action *act, struct of_action_scope *scope,
			   struct of_error *err)
{
	return of_action_check_field(((const struct of_action_multipath *)act)->dst.field, scope,
				     err);
}

OF_ACTION_CLASS(multipath, OF_ACTION_NICIRA(NXAST_MULTIPATH), .check = multipath_check);
