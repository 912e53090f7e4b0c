#include "dataplane/meter/policer.h"

#include <stdlib.h>

/* A second's worth unless it was given, but never less than the greatest packet that is not a chain
 * of segments: else nothing would pass a slow meter at all. */
#define LEAST_KBIT 16

static uint32_t burst_of(const struct of_meter_config *config, const struct of_meter_band *band)
{
	if (config->flags & OF_METER_BURST && band->burst_size)
		return band->burst_size;
	if (config->flags & OF_METER_PKTPS || !band->rate)
		return band->rate;
	return MAX_OF(band->rate, LEAST_KBIT);
}

static int init_band(struct policer *p, struct policer_band *band,
		     const struct of_meter_config *config, const struct of_meter_band *from,
		     uint64_t now_ns)
{
	token_bucket_init(&band->bucket, from->rate, burst_of(config, from), now_ns);
	band->rate = from->rate;
	band->remark_by = from->type == OF_BAND_DSCP_REMARK ? from->prec_level : 0;
	p->is_remarking |= band->remark_by > 0;
	band->counted = counted_create(p->counted->how);
	if (!band->counted)
		return -1;
	band->slot = band->counted->slot;
	return 0;
}

struct policer *policer_create(const struct of_meter_config *config, struct counted *counted,
			       uint64_t now_ns)
{
	struct policer *p = xcalloc_lines(sizeof(*p) + config->n_bands * sizeof(p->bands[0]));

	p->meter_id = config->meter_id;
	p->counted = counted_ref(counted);
	p->slot = counted->slot;
	p->n_refs = 1;
	p->is_by_packets = config->flags & OF_METER_PKTPS;
	for (unsigned i = 0; i < config->n_bands; i++) {
		p->n_bands = i + 1;
		if (init_band(p, &p->bands[i], config, &config->bands[i], now_ns) < 0) {
			policer_unref(p);
			return NULL;
		}
	}
	return p;
}

struct policer *policer_ref(struct policer *p)
{
	p->n_refs++;
	return p;
}

void policer_unref(struct policer *p)
{
	if (!p || --p->n_refs)
		return;
	for (unsigned i = 0; i < p->n_bands; i++)
		counted_unref(p->bands[i].counted);
	counted_unref(p->counted);
	free(p);
}

static void cost_of(const struct policer *p, const uint32_t *sizes, unsigned n, uint64_t *costs)
{
	for (unsigned i = 0; i < n; i++)
		costs[i] = p->is_by_packets ? TOKENS_PER_PACKET : sizes[i] * TOKENS_PER_BYTE;
}

/* Each band's bucket is drawn from by every packet, so that it measures the traffic against its own
 * rate whatever the other bands do (OF 1.3.5 section 5.7.1). */
void policer_charge(struct policer *p, uint64_t now_ns, const uint32_t *sizes, unsigned n,
		    uint8_t *bands)
{
	uint64_t costs[64];

	memset(bands, POLICER_PASSES, n);
	cost_of(p, sizes, n, costs);
	for (unsigned k = 0; k < p->n_bands; k++) {
		struct token_bucket *bucket = &p->bands[k].bucket;
		uint64_t exceeding;

		token_bucket_fill(bucket, now_ns);
		exceeding = token_bucket_draw(bucket, costs, n);
		for (; exceeding; exceeding &= exceeding - 1) {
			unsigned i = __builtin_ctzll(exceeding);

			if (bands[i] == POLICER_PASSES ||
			    p->bands[k].rate > p->bands[bands[i]].rate)
				bands[i] = k;
		}
	}
}

/* AFxy is 8x + 2y, x = 1..4, y = 1..3. */
uint8_t policer_remark(uint8_t dscp, unsigned steps)
{
	unsigned class = dscp >> 3, precedence = (dscp & 7) >> 1;

	if (class < 1 || class > 4 || dscp & 1 || precedence < 1)
		return dscp;
	precedence = MIN_OF(precedence + steps, 3u);
	return class << 3 | precedence << 1;
}
