#ifndef LIB_HUGEMEM_H
#define LIB_HUGEMEM_H

/* Memory in huge pages, where the system has some: what packets make threads read at random, in
 * millions of pieces, costs a miss of the translation for each piece otherwise, which is as slow as
 * the piece itself.  These are the transparent ones, which nobody has to set aside; without them
 * all works the same, slower.
 *
 * A page is there once it has been written to, and clearing a huge one takes some 100 us.  So the
 * thread that makes memory for others to write to calls huge_touch(). */

#include "lib/util.h"

#define HUGE_BYTES ((size_t)2 << 20)

/* BYTES rounded up to HUGE_BYTES and aligned to it, all zero.  Address space alone: memory comes
 * with the first use.  Never fails: the program ends if there is none. */
void *huge_map(size_t bytes);
void huge_unmap(void *p, size_t bytes);
/* There is memory behind BYTES at P from now on; what is in it stays.  Others may use it
 * meanwhile. */
void huge_touch(void *p, size_t bytes);

#endif
