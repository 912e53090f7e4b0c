/* NXAST_FIN_TIMEOUT (Open vSwitch's ovs-actions manual, "fin_timeout"). */

#include "proto/openflow/action_fin_timeout.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/tokens.h"

struct of_action_fin_timeout *of_action_fin_timeout(struct arena *a, uint16_t idle_timeout,
						    uint16_t hard_timeout)
{
	struct of_action_fin_timeout *f =
		of_action_new(a, &of_action_fin_timeout_class, sizeof(*f));

	f->idle_timeout = idle_timeout;
	f->hard_timeout = hard_timeout;
	return f;
}

static struct of_action *fin_timeout_decode(struct cursor *body, uint8_t version, struct arena *a,
					    struct of_error *err)
{
	uint16_t idle_timeout = cursor_be16(body), hard_timeout = cursor_be16(body);

	(void)version;
	(void)err;
	cursor_take(body, 2);
	return &of_action_fin_timeout(a, idle_timeout, hard_timeout)->base;
}

static void fin_timeout_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_fin_timeout *f = (const struct of_action_fin_timeout *)act;

	(void)version;
	buf_be16(out, f->idle_timeout);
	buf_be16(out, f->hard_timeout);
	buf_zeros(out, 2);
}

static void fin_timeout_print(const struct of_action *act, struct buf *out)
{
	const struct of_action_fin_timeout *f = (const struct of_action_fin_timeout *)act;
	const char *comma = "";

	buf_puts(out, "fin_timeout(");
	if (f->idle_timeout) {
		buf_printf(out, "idle_timeout=%u", f->idle_timeout);
		comma = ",";
	}
	if (f->hard_timeout)
		buf_printf(out, "%shard_timeout=%u", comma, f->hard_timeout);
	buf_puts(out, ")");
}

static struct of_action *fin_timeout_parse(const char *args, struct arena *a, struct status *st)
{
	uint64_t idle = 0, hard = 0;
	const char *at = args;
	char *key, *value;

	while (token_next_argument(&at, a, &key, &value)) {
		bool is_idle = strcmp(key, "idle_timeout") == 0;

		if (!is_idle && strcmp(key, "hard_timeout") != 0)
			return of_action_refuse_text(
				st, "fin_timeout", args,
				"give idle_timeout=SECONDS or hard_timeout=SECONDS");
		if (of_action_parse_number(key, value, UINT16_MAX, is_idle ? &idle : &hard, st) !=
		    0)
			return NULL;
	}
	return &of_action_fin_timeout(a, idle, hard)->base;
}

/* Only TCP ends its connections. */
static int fin_timeout_check(const struct of_action *act, struct of_action_scope *scope,
			     struct of_error *err)
{
	(void)act;
	if (of_action_scope_meets(scope, OF_PREREQ_TCP))
		return 0;
	return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_MATCH_INCONSISTENT);
}

OF_ACTION_CLASS(fin_timeout, OF_ACTION_NICIRA(NXAST_FIN_TIMEOUT), .check = fin_timeout_check);
