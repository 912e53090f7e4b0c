/* Which connection has a tuple (index.h). */

#include "dataplane/conntrack/index_priv.h"

#include <netinet/in.h>

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static uint64_t mix_address(const struct index_secrets *s, const struct ct_address *a)
{
	uint64_t words[2];

	memcpy(words, a, sizeof(words));
	return mix_word(mix_word(s->seed, words[0], s->factor), words[1], s->factor);
}

uint64_t index_hash_tuple(const struct index_secrets *s, const struct ct_tuple *t)
{
	uint64_t rest = t->zone | (uint64_t)t->proto << 16, src, dst;
	struct ct_ends ends;

	connection_set_ends(&ends, t);
	/* An ICMP query and its answer have identifier and code in common; without the code the
	 * 256 of one identifier would fall together, which anybody can send. */
	if (is_icmp(t->proto)) {
		rest |= (uint64_t)((const uint8_t *)&t->dst_port)[1] << 24;
		ends.dst_port = ends.src_port;
	}
	if (t->family == 4)
		return index_hash(s, index_end(ends.src, ends.src_port),
				  index_end(ends.dst, ends.dst_port), rest);
	src = mix_word(mix_address(s, &t->src), ends.src_port, s->factor);
	dst = mix_word(mix_address(s, &t->dst), ends.dst_port, s->factor);
	return index_hash(s, src, dst, rest);
}

/* In words throughout: what is written in pieces is read as a whole only after a wait. */
void probe_init(const struct index_secrets *s, const struct ct_tuple *t, struct probe *p)
{
	uint64_t fixed =
		(uint64_t)t->zone << 32 | (uint64_t)t->proto << 48 | (uint64_t)t->family << 56;
	uint16_t from = t->dst_port, to = t->src_port; /* of the answers */
	uint32_t src = 0, dst = 0;

	if (t->family != 6) {
		memcpy(&src, t->src.bytes, sizeof(src));
		memcpy(&dst, t->dst.bytes, sizeof(dst));
	}
	if (is_icmp(t->proto)) {
		from = t->src_port;
		to = (uint16_t)((t->dst_port & 0xff00) |
				ct_icmp_answer(t->proto, (uint8_t)t->dst_port));
	}
	p->tuple = t;
	p->hash = index_hash_tuple(s, t);
	p->forward[0] = src | (uint64_t)dst << 32;
	p->forward[1] = fixed | t->src_port | (uint64_t)t->dst_port << 16;
	p->reverse[0] = dst | (uint64_t)src << 32;
	p->reverse[1] = fixed | from | (uint64_t)to << 16;
}

static bool is_head(const struct connection *c, const uint64_t head[2])
{
	uint64_t is[2];

	memcpy(is, c, sizeof(is));
	return !((is[0] ^ head[0]) | (is[1] ^ head[1]));
}

static bool are_addresses(const struct ct_address *src, const struct ct_address *dst,
			  const struct ct_address *a, const struct ct_address *b)
{
	return memcmp(src, a, sizeof(*src)) == 0 && memcmp(dst, b, sizeof(*dst)) == 0;
}

/* P is of the other direction of C, which is translated. */
static bool is_translated_reply(const struct probe *p, const struct connection *c)
{
	const struct connection_large *l = (const struct connection_large *)c;
	const struct ct_tuple *t = p->tuple;
	struct ct_ends ends;

	connection_set_ends(&ends, t);
	if (c->zone != t->zone || c->proto != t->proto || c->family != t->family ||
	    memcmp(&ends, &c->reply_ends, sizeof(ends)) != 0)
		return false;
	return c->family == 4 || are_addresses(&t->src, &t->dst, &l->reply_src, &l->reply_dst);
}

bool probe_matches(const struct probe *p, const struct connection *c, bool *is_reply)
{
	const struct connection_large *l = (const struct connection_large *)c;
	const struct ct_tuple *t = p->tuple;
	uint8_t flags = connection_flags(c);

	if (flags & CONNECTION_GONE)
		return false;
	*is_reply = false;
	if (is_head(c, p->forward) &&
	    (c->family == 4 || are_addresses(&t->src, &t->dst, &l->src, &l->dst)))
		return true;
	*is_reply = true;
	if (flags & CONNECTION_NAT)
		return is_translated_reply(p, c);
	return is_head(c, p->reverse) &&
	       (c->family == 4 || are_addresses(&t->dst, &t->src, &l->src, &l->dst));
}

struct connection *index_find(struct conntrack_thread *t, const struct probe *p, bool *is_reply)
{
	const struct index_view *v = t->view;

	for (unsigned k = 0; k < v->n; k++) {
		const struct index_table *table = &v->tables[k];
		uint32_t at = (uint32_t)p->hash & table->mask;

		for (unsigned n = 0; n < MAX_PATH; n++, at = (at + 1) & table->mask) {
			const struct bucket *b = &table->buckets[at];

			for (unsigned w = 0; w < BUCKET_WORDS; w++) {
				uint64_t word = __atomic_load_n(&b->words[w], __ATOMIC_ACQUIRE);
				struct connection *c;

				if ((word ^ p->hash) & WORD_TAG || word & WORD_TENTATIVE || !word)
					continue;
				c = entry_at(&t->ct->entries, (uint32_t)word);
				if (probe_matches(p, c, is_reply))
					return c;
			}
			if (!__atomic_load_n(&b->n_passed, __ATOMIC_ACQUIRE))
				break;
		}
	}
	return NULL;
}

/* One of the buckets that a word went past has one less of them. */
void index_unpass(const struct index_table *table, uint32_t home, uint32_t at)
{
	for (; home != at; home = (home + 1) & table->mask)
		__atomic_fetch_sub(&table->buckets[home].n_passed, 1, __ATOMIC_SEQ_CST);
}

bool index_claim(const struct index_table *table, uint64_t hash, uint64_t value,
		 struct index_claim *claim)
{
	uint32_t home = (uint32_t)hash & table->mask, at = home;

	for (unsigned n = 0; n < MAX_PATH; n++, at = (at + 1) & table->mask) {
		struct bucket *b = &table->buckets[at];

		for (unsigned w = 0; w < BUCKET_WORDS; w++) {
			uint64_t is = __atomic_load_n(&b->words[w], __ATOMIC_RELAXED);

			if (is || !__atomic_compare_exchange_n(&b->words[w], &is, value, false,
							       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
				continue;
			*claim = (struct index_claim){ table, home, at, &b->words[w], value };
			return true;
		}
		__atomic_fetch_add(&b->n_passed, 1, __ATOMIC_SEQ_CST);
	}
	index_unpass(table, home, at);
	return false;
}

static void unclaim(const struct index_claim *claim)
{
	uint64_t is = claim->value;

	if (!__atomic_compare_exchange_n(claim->word, &is, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED) &&
	    is == (claim->value & ~WORD_TENTATIVE))
		__atomic_compare_exchange_n(claim->word, &is, 0, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED);
	index_unpass(claim->table, claim->home, claim->at);
}

static bool confirm(const struct index_claim *claim)
{
	uint64_t is = claim->value;

	return __atomic_compare_exchange_n(claim->word, &is, claim->value & ~WORD_TENTATIVE, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* WORD, which is at AT, is of another connection than REF: whether P is a tuple of it.  One that is
 * tentative is taken out, and one that has timed out is given up. */
static bool is_conflict(struct conntrack_thread *t, uint64_t *at, uint64_t word,
			const struct probe *p, uint32_t ref)
{
	struct connection *c = entry_at(&t->ct->entries, (uint32_t)word);
	bool is_reply;

	while (word && (uint32_t)word != ref && !((word ^ p->hash) & WORD_TAG) &&
	       probe_matches(p, c, &is_reply)) {
		if (!(word & WORD_TENTATIVE)) {
			if (!connection_is_over(t, c))
				return true;
			connection_give_up(t, c, &t->counts.n_expired);
			return false;
		}
		if (__atomic_compare_exchange_n(at, &word, 0, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return false;
		c = entry_at(&t->ct->entries, (uint32_t)word);
	}
	return false;
}

/* Of any of N PROBES, which have one hash. */
static bool has_conflict(struct conntrack_thread *t, const struct probe *probes, unsigned n_probes,
			 uint32_t ref)
{
	const struct index_view *v = t->view;

	for (unsigned k = 0; k < v->n; k++) {
		const struct index_table *table = &v->tables[k];
		uint32_t at = (uint32_t)probes->hash & table->mask;

		for (unsigned n = 0; n < MAX_PATH; n++, at = (at + 1) & table->mask) {
			struct bucket *b = &table->buckets[at];

			for (unsigned w = 0; w < BUCKET_WORDS; w++) {
				uint64_t word = __atomic_load_n(&b->words[w], __ATOMIC_SEQ_CST);

				for (unsigned i = 0; i < n_probes; i++)
					if (is_conflict(t, &b->words[w], word, &probes[i], ref))
						return true;
			}
			if (!__atomic_load_n(&b->n_passed, __ATOMIC_SEQ_CST))
				break;
		}
	}
	return false;
}

enum attempt { ATTEMPT_DONE, ATTEMPT_CONFLICT, ATTEMPT_AGAIN };

/* N words, of the first N of two PROBES. */
static enum attempt try_insert(struct conntrack_thread *t, const struct probe *probes, unsigned n,
			       uint64_t value)
{
	const struct index_table *table = &t->view->tables[t->view->into];
	struct index_claim claims[2];
	enum attempt result = ATTEMPT_CONFLICT;
	unsigned n_claims = 0, n_same;

	for (; n_claims < n; n_claims++)
		if (!index_claim(table, probes[n_claims].hash,
				 value | (probes[n_claims].hash & WORD_TAG) |
					 (n_claims ? WORD_REPLY : 0) | (n > 1 ? WORD_NAT : 0),
				 &claims[n_claims])) {
			table_wake(t->ct);
			goto fail;
		}
	/* Both: a translated one may begin with what would be the answers. */
	n_same = probes[0].hash == probes[1].hash ? 2 : 1;
	for (unsigned i = 0; i < 2; i += n_same)
		if (has_conflict(t, &probes[i], n_same, (uint32_t)value))
			goto fail;
	result = ATTEMPT_AGAIN;
	/* The reply's first: who meets the original tuple must find the whole connection. */
	for (unsigned i = n; i-- > 0;)
		if (!confirm(&claims[i]))
			goto fail;
	if (((claims[0].at - claims[0].home) & table->mask) >= CROWDED_PATH)
		table_wake(t->ct);
	return ATTEMPT_DONE;
fail:
	while (n_claims-- > 0)
		unclaim(&claims[n_claims]);
	return result;
}

bool index_insert(struct conntrack_thread *t, const struct connection *c)
{
	struct ct_tuple tuples[2];
	struct probe probes[2];
	unsigned n = connection_flags(c) & CONNECTION_NAT ? 2 : 1;
	uint64_t value = entry_ref(&t->ct->entries, c) | WORD_TENTATIVE;
	enum attempt result;

	for (unsigned i = 0; i < 2; i++) {
		connection_tuple(c, i, &tuples[i]);
		probe_init(&t->ct->secrets, &tuples[i], &probes[i]);
	}
	do
		result = try_insert(t, probes, n, value);
	while (result == ATTEMPT_AGAIN);
	if (result == ATTEMPT_DONE)
		count_add(&t->counts.n_words_in, n);
	return result == ATTEMPT_DONE;
}

bool index_remove_from(const struct index_table *table, uint64_t hash, uint32_t ref, bool is_reply)
{
	uint32_t home = (uint32_t)hash & table->mask, at = home;

	for (unsigned n = 0; n < MAX_PATH; n++, at = (at + 1) & table->mask) {
		struct bucket *b = &table->buckets[at];

		for (unsigned w = 0; w < BUCKET_WORDS; w++) {
			uint64_t is = __atomic_load_n(&b->words[w], __ATOMIC_ACQUIRE);

			if ((uint32_t)is != ref || !(is & WORD_REPLY) == is_reply ||
			    !__atomic_compare_exchange_n(&b->words[w], &is, 0, false,
							 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
				continue;
			index_unpass(table, home, at);
			return true;
		}
		if (!__atomic_load_n(&b->n_passed, __ATOMIC_ACQUIRE))
			break;
	}
	return false;
}

void index_remove(struct conntrack_thread *t, const struct connection *c)
{
	const struct index_view *v = t->view;
	unsigned n = connection_flags(c) & CONNECTION_NAT ? 2 : 1;
	uint32_t ref = entry_ref(&t->ct->entries, c);

	for (unsigned i = 0; i < n; i++) {
		struct ct_tuple tuple;
		uint64_t hash;

		connection_tuple(c, i, &tuple);
		hash = index_hash_tuple(&t->ct->secrets, &tuple);
		/* What is being moved is in both: who moves it sees that it is gone from the first.
		 */
		for (unsigned k = 0; k < v->n; k++)
			if (index_remove_from(&v->tables[k], hash, ref, i))
				break;
	}
	count_add(&t->counts.n_words_out, n);
}

void index_prefetch(const struct conntrack_thread *t, const struct connection *c)
{
	uint64_t hash = index_hash_of(&t->ct->secrets, c, false);

	for (unsigned k = 0; k < t->view->n; k++) {
		const struct index_table *table = &t->view->tables[k];

		__builtin_prefetch(&table->buckets[(uint32_t)hash & table->mask], 1);
	}
}

uint64_t index_hash_of(const struct index_secrets *s, const struct connection *c, bool is_reply)
{
	struct ct_tuple tuple;

	connection_tuple(c, is_reply, &tuple);
	return index_hash_tuple(s, &tuple);
}
