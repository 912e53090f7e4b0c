/* NXAST_CONJUNCTION (Open vSwitch's ovs-actions manual, "conjunction"). */

#include "proto/openflow/action_conjunction.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/field_text.h"

#define MAX_CLAUSES 64

struct of_action_conjunction *of_action_conjunction(struct arena *a, uint32_t id, uint8_t clause,
						    uint8_t n_clauses)
{
	struct of_action_conjunction *c =
		of_action_new(a, &of_action_conjunction_class, sizeof(*c));

	c->id = id;
	c->clause = clause;
	c->n_clauses = n_clauses;
	return c;
}

static struct of_action *conjunction_decode(struct cursor *body, uint8_t version, struct arena *a,
					    struct of_error *err)
{
	uint8_t clause = cursor_u8(body), n_clauses = cursor_u8(body);
	uint32_t id = cursor_be32(body);

	(void)version;
	if (n_clauses < 2 || n_clauses > MAX_CLAUSES || clause >= n_clauses)
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &of_action_conjunction(a, id, clause, n_clauses)->base;
}

static void conjunction_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_conjunction *c = (const struct of_action_conjunction *)act;

	(void)version;
	buf_be8(out, c->clause);
	buf_be8(out, c->n_clauses);
	buf_be32(out, c->id);
}

static void conjunction_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_conjunction *c = (const struct of_action_conjunction *)act;

	buf_printf(out, "conjunction(%u,%u/%u)", c->id, c->clause + 1, c->n_clauses);
}

/* Without the blanks around it. */
static int parse_part(const char *text, size_t size, uint64_t max, uint64_t *number)
{
	while (size && *text == ' ') {
		text++;
		size--;
	}
	while (size && text[size - 1] == ' ')
		size--;
	return of_number_parse(text, size, number) == 0 && *number <= max ? 0 : -1;
}

/* "ID,K/N" */
static struct of_action *conjunction_parse(const char *args, struct arena *a, struct status *st)
{
	const char *comma = strchr(args, ','), *slash = comma ? strchr(comma, '/') : NULL;
	uint64_t id, clause, n;

	if (!slash || parse_part(args, comma - args, UINT32_MAX, &id) != 0 ||
	    parse_part(comma + 1, slash - comma - 1, MAX_CLAUSES, &clause) != 0 ||
	    parse_part(slash + 1, strlen(slash + 1), MAX_CLAUSES, &n) != 0 || n < 2 || clause < 1 ||
	    clause > n)
		return of_action_refuse_text(
			st, "conjunction", args,
			"write conjunction(ID,K/N), N from 2 to 64, K from 1 to N");
	return &of_action_conjunction(a, id, clause - 1, n)->base;
}

OF_ACTION_CLASS(conjunction, OF_ACTION_NICIRA(NXAST_CONJUNCTION));
