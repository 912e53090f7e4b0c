#ifndef CONTROLLER_APPS_PREFIXES_H
#define CONTROLLER_APPS_PREFIXES_H

/* Prefixes and the bits that they carry.  A packet meets the longest prefix of its address alone,
 * so each carries the bits of all prefixes that contain it as well; who listens is told when that
 * union changes.  A change costs the prefixes that it concerns: itself and those within it. */

#include "controller/apps/intent.h"

#define PREFIXES_WORDS 4
#define PREFIXES_BITS  (32 * PREFIXES_WORDS)

struct prefixes;

/* P has these bits from now on, bit N being 1 << N % 32 of word N / 32; NULL: it is gone. */
typedef void prefixes_changed_fn(void *arg, const struct intent_prefix *p,
				 const uint32_t bits[PREFIXES_WORDS]);

struct prefixes *prefixes_create(prefixes_changed_fn *changed, void *arg);
/* Nobody is told. */
void prefixes_destroy(struct prefixes *t);
/* P carries BIT once more, or once less. */
void prefixes_add(struct prefixes *t, const struct intent_prefix *p, unsigned bit);
void prefixes_remove(struct prefixes *t, const struct intent_prefix *p, unsigned bit);
/* How many it tells of, and how many times it has told: for tests. */
size_t prefixes_n(const struct prefixes *t);
uint64_t prefixes_n_told(const struct prefixes *t);

#endif
