#include "controller/store/store_mem.h"

#include <stdlib.h>
#include "controller/store/store_class.h"
#include "lib/list.h"

/* The back-end without a disk: what is appended is "durable" one timer later, in the loop's time,
 * be it real or virtual. */

struct store_mem_disk {
	struct list node;
	char *name;
	struct store_record *records; /* owns key and value of each */
	size_t n_records, capacity;
	int64_t revision, compacted;
	uint64_t delay_ns;
	bool is_full;
	bool is_private, is_open;
};

/* One batch on its way to the disk. */
struct mem_write {
	struct list node;
	struct store_batch batch; /* owns all it points to */
};

struct store_mem {
	struct store_backend backend;
	struct loop *loop;
	struct store_mem_disk *disk;
	struct timer timer;
	struct list writes;
};

static struct list disks = { &disks, &disks };

struct store_mem_disk *store_mem_disk_create(const char *name)
{
	struct store_mem_disk *disk = xcalloc(1, sizeof(*disk));

	disk->name = xstrdup(name);
	list_insert(&disks, &disk->node);
	return disk;
}

static void record_fini(struct store_record *r)
{
	free((char *)r->key);
	free((uint8_t *)r->value);
}

void store_mem_disk_destroy(struct store_mem_disk *disk)
{
	if (!disk)
		return;
	for (size_t i = 0; i < disk->n_records; i++)
		record_fini(&disk->records[i]);
	list_remove(&disk->node);
	free(disk->records);
	free(disk->name);
	free(disk);
}

void store_mem_disk_set_full(struct store_mem_disk *disk, bool is_full)
{
	disk->is_full = is_full;
}

void store_mem_disk_set_delay(struct store_mem_disk *disk, uint64_t delay_ns)
{
	disk->delay_ns = delay_ns;
}

static struct store_mem_disk *find_disk(const char *name)
{
	struct store_mem_disk *disk;

	LIST_FOREACH (disk, &disks, node)
		if (strcmp(disk->name, name) == 0)
			return disk;
	return NULL;
}

static void write_end(struct mem_write *w)
{
	list_remove(&w->node);
	free((struct store_record *)w->batch.records);
	free((struct store_record *)w->batch.forgotten);
	free(w);
}

static void disk_forget(struct store_mem_disk *disk, const struct store_record *forgotten)
{
	for (size_t i = 0; i < disk->n_records; i++) {
		struct store_record *r = &disk->records[i];

		if (r->revision != forgotten->revision || r->seq != forgotten->seq)
			continue;
		record_fini(r);
		memmove(r, r + 1, (--disk->n_records - i) * sizeof(*r));
		return;
	}
}

static void disk_write(struct store_mem_disk *disk, struct store_batch *batch)
{
	for (size_t i = 0; i < batch->n_forgotten; i++)
		disk_forget(disk, &batch->forgotten[i]);
	while (disk->n_records + batch->n_records > disk->capacity) {
		disk->capacity = MAX_OF(disk->capacity * 2, 64u);
		disk->records = xrealloc(disk->records, disk->capacity * sizeof(*disk->records));
	}
	if (batch->n_records)
		memcpy(disk->records + disk->n_records, batch->records,
		       batch->n_records * sizeof(*disk->records));
	disk->n_records += batch->n_records;
	disk->revision = batch->revision;
	disk->compacted = batch->compacted;
}

/* Nothing of it reached the disk. */
static void write_lose(struct mem_write *w)
{
	for (size_t i = 0; i < w->batch.n_records; i++)
		record_fini((struct store_record *)&w->batch.records[i]);
	write_end(w);
}

static void flush(struct store_mem *m)
{
	struct status full = STATUS_INIT;
	size_t n = 0;

	if (list_is_empty(&m->writes))
		return;
	while (!list_is_empty(&m->writes)) {
		struct mem_write *w = container_of(m->writes.next, struct mem_write, node);

		if (m->disk->is_full) {
			write_lose(w);
			continue;
		}
		disk_write(m->disk, &w->batch);
		write_end(w);
		n++;
	}
	if (n) {
		m->backend.durable(m->backend.arg, n);
		return;
	}
	status_set(
		&full, STATUS_RESOURCE_EXHAUSTED, NULL,
		"the store's disk in memory is full: nothing was changed; make space and repeat");
	m->backend.failed(m->backend.arg, &full);
}

static void on_timer(struct timer *t, void *arg)
{
	(void)t;
	flush(arg);
}

static struct store_backend *mem_open(const char *path, struct loop *loop,
				      const struct store_loader *loader, struct status *st)
{
	struct store_mem_disk *disk = *path ? find_disk(path) : store_mem_disk_create("");
	struct store_mem *m;

	if (!disk || disk->is_open) {
		status_set(st, disk ? STATUS_UNAVAILABLE : STATUS_NOT_FOUND, "store",
			   disk ? "store mem:%s is open already: close it there first"
				: "store mem:%s does not exist: create its disk first",
			   path);
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->loop = loop;
	m->disk = disk;
	disk->is_private = !*path;
	disk->is_open = true;
	list_init(&m->writes);
	timer_init(&m->timer, on_timer, m);
	for (size_t i = 0; i < disk->n_records; i++)
		loader->record(loader->arg, &disk->records[i]);
	loader->position(loader->arg, disk->revision, disk->compacted);
	return &m->backend;
}

static void mem_append(struct store_backend *b, const struct store_batch *batch)
{
	struct store_mem *m = container_of(b, struct store_mem, backend);
	struct mem_write *w = xcalloc(1, sizeof(*w));
	struct store_record *records = xcalloc(MAX_OF(batch->n_records, 1u), sizeof(*records));

	for (size_t i = 0; i < batch->n_records; i++) {
		records[i] = batch->records[i];
		records[i].key = xstrdup(records[i].key);
		records[i].value =
			records[i].size ? xmemdup(records[i].value, records[i].size) : NULL;
	}
	w->batch = *batch;
	w->batch.records = records;
	w->batch.forgotten =
		xmemdup(batch->forgotten, batch->n_forgotten * sizeof(*batch->forgotten));
	list_insert(&m->writes, &w->node);
	if (!timer_is_armed(&m->timer))
		timer_arm(m->loop, &m->timer, m->disk->delay_ns);
}

static void mem_close(struct store_backend *b)
{
	struct store_mem *m = container_of(b, struct store_mem, backend);

	timer_cancel(m->loop, &m->timer);
	/* A callback may write once more. */
	while (!list_is_empty(&m->writes))
		flush(m);
	timer_cancel(m->loop, &m->timer);
	m->disk->is_open = false;
	if (m->disk->is_private)
		store_mem_disk_destroy(m->disk);
	free(m);
}

static const struct store_class store_mem = {
	.scheme = "mem",
	.open = mem_open,
	.append = mem_append,
	.close = mem_close,
};
REGISTRY_ADD(store_class, store_mem);
