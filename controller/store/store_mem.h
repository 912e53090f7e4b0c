#ifndef CONTROLLER_STORE_STORE_MEM_H
#define CONTROLLER_STORE_STORE_MEM_H

/* Disks in memory for the store "mem:NAME" of tests and simulations: they outlive the stores on
 * them, as a disk outlives a controller, and they can be full.  "mem:" alone has a disk of its
 * own, which ends with it. */

#include "lib/util.h"

struct store_mem_disk;

struct store_mem_disk *store_mem_disk_create(const char *name);
void store_mem_disk_destroy(struct store_mem_disk *disk); /* no store is open on it */
/* While it is full, every transaction that writes fails. */
void store_mem_disk_set_full(struct store_mem_disk *disk, bool is_full);
/* How long a write takes, on the loop's clock; 0 at first. */
void store_mem_disk_set_delay(struct store_mem_disk *disk, uint64_t delay_ns);

#endif
