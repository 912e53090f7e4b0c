#include "controller/store/mvcc.h"

#include <assert.h>
#include <stdlib.h>

void mvcc_init(struct mvcc *m)
{
	*m = (struct mvcc){ .random = 0x9e3779b97f4a7c15 };
}

static void free_key(struct mvcc_key *k)
{
	for (struct mvcc_version *v = k->newest, *older; v; v = older) {
		older = v->older;
		free(v);
	}
	free(k->text);
	free(k);
}

void mvcc_fini(struct mvcc *m)
{
	for (struct mvcc_key *k = m->first[0], *next; k; k = next) {
		next = k->next[0];
		free_key(k);
	}
	free(m->log);
	mvcc_init(m);
}

/* LINKS[i] becomes the pointer, on level i, to the first key not before TEXT. */
static void find_links(struct mvcc *m, const char *text, struct mvcc_key **links[MVCC_MAX_LEVEL])
{
	struct mvcc_key **row = m->first;

	for (int i = MVCC_MAX_LEVEL - 1; i >= 0; i--) {
		while (row[i] && strcmp(row[i]->text, text) < 0)
			row = row[i]->next;
		links[i] = &row[i];
	}
}

/* The first key not before TEXT. */
static struct mvcc_key *find_from(const struct mvcc *m, const char *text)
{
	struct mvcc_key *const *row = m->first;

	for (int i = MVCC_MAX_LEVEL - 1; i >= 0; i--)
		while (row[i] && strcmp(row[i]->text, text) < 0)
			row = row[i]->next;
	return row[0];
}

static unsigned random_level(struct mvcc *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return 1 + __builtin_ctzll(m->random | 1ull << 2 * (MVCC_MAX_LEVEL - 1)) / 2;
}

static struct mvcc_key *obtain_key(struct mvcc *m, const char *text)
{
	struct mvcc_key **links[MVCC_MAX_LEVEL], *k;
	unsigned n_levels;

	find_links(m, text, links);
	k = *links[0];
	if (k && strcmp(k->text, text) == 0)
		return k;
	n_levels = random_level(m);
	k = xcalloc(1, sizeof(*k) + n_levels * sizeof(k->next[0]));
	k->text = xstrdup(text);
	for (unsigned i = 0; i < n_levels; i++) {
		k->next[i] = *links[i];
		*links[i] = k;
	}
	m->n_keys++;
	return k;
}

static void remove_key(struct mvcc *m, struct mvcc_key *k)
{
	struct mvcc_key **links[MVCC_MAX_LEVEL];

	find_links(m, k->text, links);
	for (unsigned i = 0; i < MVCC_MAX_LEVEL && *links[i] == k; i++)
		*links[i] = k->next[i];
	m->n_keys--;
	free_key(k);
}

static void log_push(struct mvcc *m, struct mvcc_version *v)
{
	if (m->log_end == m->log_capacity && m->log_start > m->log_capacity / 2) {
		memmove(m->log, m->log + m->log_start, mvcc_log_length(m) * sizeof(*m->log));
		m->log_end -= m->log_start;
		m->log_start = 0;
	}
	if (m->log_end == m->log_capacity) {
		m->log_capacity = MAX_OF(m->log_capacity * 2, 64u);
		m->log = xrealloc(m->log, m->log_capacity * sizeof(*m->log));
	}
	m->log[m->log_end++] = v;
	m->log_bytes += v->size;
}

static struct mvcc_version *log_shift(struct mvcc *m)
{
	struct mvcc_version *v = m->log[m->log_start++];

	m->log_bytes -= v->size;
	return v;
}

void mvcc_append(struct mvcc *m, const struct store_record *r)
{
	struct mvcc_version *v = xmalloc(sizeof(*v) + r->size);
	struct mvcc_key *k = obtain_key(m, r->key);

	*v = (struct mvcc_version){
		.older = k->newest,
		.key = k,
		.revision = r->revision,
		.create_revision = r->create_revision,
		.seq = r->seq,
		.is_deleted = r->is_deleted,
		.size = r->size,
	};
	if (r->size)
		memcpy(v->value, r->value, r->size);
	k->newest = v;
	m->head = r->revision;
	m->n_versions++;
	log_push(m, v);
}

static void free_version(struct mvcc *m, struct mvcc_version *v)
{
	m->n_versions--;
	free(v);
}

void mvcc_position(struct mvcc *m, int64_t revision, int64_t compacted)
{
	m->head = m->visible = MAX_OF(revision, m->head);
	m->compacted = compacted;
	for (size_t n = mvcc_log_after(m, compacted); n; n--)
		log_shift(m);
}

void mvcc_show(struct mvcc *m, int64_t revision)
{
	assert(revision <= m->head);
	m->visible = revision;
}

void mvcc_rollback(struct mvcc *m)
{
	while (m->log_end > m->log_start && m->log[m->log_end - 1]->revision > m->visible) {
		struct mvcc_version *v = m->log[--m->log_end];
		struct mvcc_key *k = v->key;

		assert(k->newest == v);
		m->log_bytes -= v->size;
		k->newest = v->older;
		free_version(m, v);
		if (!k->newest)
			remove_key(m, k);
	}
	m->head = m->visible;
}

const struct mvcc_version *mvcc_at(const struct mvcc_key *k, int64_t at)
{
	const struct mvcc_version *v = k->newest;

	while (v && v->revision > at)
		v = v->older;
	return v && !v->is_deleted ? v : NULL;
}

const struct mvcc_version *mvcc_get(const struct mvcc *m, const char *key, int64_t at)
{
	const struct mvcc_key *k = find_from(m, key);

	return k && strcmp(k->text, key) == 0 ? mvcc_at(k, at) : NULL;
}

static const struct mvcc_key *if_prefix(const struct mvcc_key *k, const char *prefix)
{
	return k && strncmp(k->text, prefix, strlen(prefix)) == 0 ? k : NULL;
}

const struct mvcc_key *mvcc_first(const struct mvcc *m, const char *prefix, const char *after)
{
	bool is_inside = after && strcmp(after, prefix) >= 0;
	const struct mvcc_key *k = find_from(m, is_inside ? after : prefix);

	if (k && is_inside && strcmp(k->text, after) == 0)
		k = k->next[0];
	return if_prefix(k, prefix);
}

const struct mvcc_key *mvcc_next(const struct mvcc_key *k, const char *prefix)
{
	return if_prefix(k->next[0], prefix);
}

size_t mvcc_log_after(const struct mvcc *m, int64_t revision)
{
	size_t low = 0, high = mvcc_log_length(m);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mvcc_log_at(m, middle)->revision <= revision)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void mvcc_compact(struct mvcc *m, int64_t revision,
		  void (*forgotten)(void *arg, const struct mvcc_version *v), void *arg)
{
	revision = MIN_OF(revision, m->visible);
	while (m->log_start < m->log_end && m->log[m->log_start]->revision <= revision) {
		struct mvcc_version *v = log_shift(m);

		/* At and after REVISION, V or a newer one is seen, never an older. */
		if (v->older) {
			forgotten(arg, v->older);
			free_version(m, v->older);
			v->older = NULL;
		}
		if (v->is_deleted && v->key->newest == v) {
			forgotten(arg, v);
			m->n_versions--;
			remove_key(m, v->key);
		}
	}
	m->compacted = MAX_OF(m->compacted, revision);
}
