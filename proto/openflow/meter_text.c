/* Meters from text, in the syntax of ovs-ofctl's add-meter and its like:
 *
 *	meter=3 kbps burst stats bands=type=drop rate=2000 burst_size=200 type=dscp_remark ...
 */

#include <strings.h>

#include "proto/openflow/field_text.h"
#include "proto/openflow/meter.h"
#include "proto/openflow/tokens.h"

struct parser {
	struct of_meter_config *m;
	struct arena *arena;
	struct status *st;
};

static int invalid(struct parser *p, const char *field, const char *why)
{
	return status_set(p->st, STATUS_INVALID_ARGUMENT, field, "%s: %s", field, why);
}

static bool is_key(const struct token *t, const char *word)
{
	return t->key_size == strlen(word) && strncasecmp(t->key, word, t->key_size) == 0;
}

static bool is_value(const struct token *t, const char *word)
{
	return t->value_size == strlen(word) && strncasecmp(t->value, word, t->value_size) == 0;
}

static int parse_number(struct parser *p, const struct token *t, uint64_t max, uint64_t *number)
{
	char key[64];

	if (t->value && of_number_parse(t->value, t->value_size, number) == 0 && *number <= max)
		return 0;
	token_key(t, key, sizeof(key));
	return status_set(p->st, STATUS_INVALID_ARGUMENT, key, "%s: give a number from 0 to %llu",
			  key, (unsigned long long)max);
}

static int parse_meter_id(struct parser *p, const struct token *t)
{
	bool is_delete = p->m->command == OF_METER_DELETE;
	uint64_t number;

	if (is_value(t, "controller"))
		number = OF_METER_CONTROLLER;
	else if (is_value(t, "slowpath"))
		number = OF_METER_SLOWPATH;
	else if (is_value(t, "all") && is_delete)
		number = OF_METER_ALL;
	else if (!t->value || of_number_parse(t->value, t->value_size, &number) != 0 ||
		 number == 0 || number > OF_METER_MAX)
		return invalid(p, "meter",
			       is_delete ? "give a number from 1, controller, slowpath or all"
					 : "give a number from 1, controller or slowpath");
	p->m->meter_id = number;
	return 0;
}

static int parse_head_word(struct parser *p, const struct token *t)
{
	static const char *const flags[] = { "kbps", "pktps", "burst", "stats" };
	char key[64];

	if (is_key(t, "meter"))
		return parse_meter_id(p, t);
	for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
		if (!t->value && p->m->command != OF_METER_DELETE && is_key(t, flags[i])) {
			p->m->flags |= 1u << i;
			return 0;
		}
	}
	token_key(t, key, sizeof(key));
	return invalid(p, key, "no such word of a meter: see \"Meters\" in the manual");
}

static int start_band(struct parser *p, const struct token *t)
{
	struct of_meter_band *b = &p->m->bands[p->m->n_bands];

	if (is_value(t, "drop"))
		b->type = OF_BAND_DROP;
	else if (is_value(t, "dscp_remark"))
		b->type = OF_BAND_DSCP_REMARK;
	else
		return invalid(p, "type", "give drop or dscp_remark");
	p->m->n_bands++;
	return 0;
}

static int parse_band_word(struct parser *p, const struct token *t)
{
	struct of_meter_band *b;
	uint64_t number;
	char key[64];

	if (is_key(t, "type"))
		return start_band(p, t);
	token_key(t, key, sizeof(key));
	if (!p->m->n_bands)
		return invalid(p, key, "a band begins with type=");
	b = &p->m->bands[p->m->n_bands - 1];
	if (is_key(t, "prec_level")) {
		if (parse_number(p, t, UINT8_MAX, &number) != 0)
			return -1;
		b->prec_level = number;
		return 0;
	}
	if (!is_key(t, "rate") && !is_key(t, "burst_size"))
		return invalid(p, key,
			       "no such word of a band: give rate, burst_size or "
			       "prec_level");
	if (parse_number(p, t, UINT32_MAX, &number) != 0)
		return -1;
	if (is_key(t, "rate"))
		b->rate = number;
	else
		b->burst_size = number;
	return 0;
}

static int check_band(struct parser *p, const struct of_meter_band *b)
{
	if (!b->rate)
		return invalid(p, "rate", "missing: say above which rate the band works");
	if (b->type == OF_BAND_DSCP_REMARK && !b->prec_level)
		return invalid(p, "prec_level",
			       "missing: by how much to raise the drop precedence");
	if (b->type != OF_BAND_DSCP_REMARK && b->prec_level)
		return invalid(p, "prec_level", "is for dscp_remark alone: leave it out");
	if (p->m->flags & OF_METER_BURST && !b->burst_size)
		return invalid(p, "burst_size", "missing: the meter says burst");
	if (!(p->m->flags & OF_METER_BURST) && b->burst_size)
		return invalid(p, "burst_size", "needs burst among the meter's flags");
	return 0;
}

static int check(struct parser *p)
{
	struct of_meter_config *m = p->m;

	if (!m->meter_id)
		return invalid(p, "meter", "missing: say which meter");
	if (m->command == OF_METER_DELETE)
		return 0;
	if (!m->flags)
		return invalid(p, "kbps", "missing: say kbps or pktps, in what rates are measured");
	if (m->flags & OF_METER_KBPS && m->flags & OF_METER_PKTPS)
		return invalid(p, "kbps", "and pktps exclude each other: leave one out");
	if (!m->n_bands)
		return invalid(p, "bands", "missing: give at least one");
	for (unsigned i = 0; i < m->n_bands; i++) {
		if (check_band(p, &m->bands[i]) != 0)
			return -1;
	}
	return 0;
}

/* Where "bands=" or "band=" begins, or NULL; *SIZE is its length. */
static const char *find_bands(const char *text, size_t *size)
{
	static const char *const words[] = { "bands=", "band=" };

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		const char *at = strcasestr(text, words[i]);

		*size = strlen(words[i]);
		if (at)
			return at;
	}
	return NULL;
}

static size_t count_bands(const char *text)
{
	size_t n = 0;

	for (; (text = strcasestr(text, "type=")) != NULL; text++)
		n++;
	return n;
}

int of_meter_mod_parse(const char *text, uint16_t command, struct arena *a,
		       struct of_meter_config *m, struct status *st)
{
	struct parser p = { .m = m, .arena = a, .st = st };
	size_t word_size;
	const char *bands = find_bands(text, &word_size), *head = text;
	struct token t;

	*m = (struct of_meter_config){ .command = command };
	if (bands) {
		head = arena_printf(a, "%.*s", (int)(bands - text), text);
		bands += word_size;
		m->bands = arena_alloc(a, (count_bands(bands) + 1) * sizeof(*m->bands));
	}
	if (bands && command == OF_METER_DELETE)
		return invalid(&p, "bands", "are not for deleting: leave them out");
	while (token_next(&head, &t)) {
		if (parse_head_word(&p, &t) != 0)
			return -1;
	}
	while (bands && token_next(&bands, &t)) {
		if (parse_band_word(&p, &t) != 0)
			return -1;
	}
	return check(&p);
}
