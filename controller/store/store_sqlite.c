#include "controller/store/store_class.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include "lib/buf.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/loop_uv.h"

/* The embedded back-end: every version is a row of one SQLite file, in WAL mode with
 * synchronous=FULL, so that a commit is on the disk when it returns.
 *
 * One thread writes.  It takes all batches that wait, up to MAX_GROUP, into one SQLite
 * transaction: under load the wait for the disk is shared, and a lone batch does not wait for
 * company.  The loop's thread and the writer share only the two lists below the mutex. */

#define MAX_GROUP      100
#define SCHEMA_VERSION 1

struct job {
	struct list node;
	struct buf data; /* keys and values; records point into it */
	struct store_batch batch;
};

struct store_sqlite {
	struct store_backend backend;
	char *path;
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback, *insert, *forget, *position;
	struct loop_waker *waker;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t work;
	/* under the mutex: */
	struct list waiting;
	size_t n_durable;      /* not yet reported */
	struct status failure; /* set: batches were lost, and more will be until it is reported */
	bool is_closing;
};

/* Tell what SQLite's error means and what to do. */
static void set_error(struct store_sqlite *s, struct status *st, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		status_set(st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "no space left for the store %s: nothing was changed; free space on its "
			   "disk and repeat",
			   s->path);
		return;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		status_set(st, STATUS_UNAVAILABLE, "store",
			   "the store %s is in use by another process: stop that one (fuser %s "
			   "tells which) or choose another with --store",
			   s->path, s->path);
		return;
	case SQLITE_CANTOPEN:
		status_set(
			st, STATUS_UNAVAILABLE, "store",
			"cannot open the store %s: %s; make its directory exist and writable, or "
			"choose another with --store",
			s->path,
			strerror(s->db && sqlite3_system_errno(s->db) ? sqlite3_system_errno(s->db)
								      : ENOENT));
		return;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		status_set(
			st, STATUS_DATA_LOSS, "store",
			"%s is not a store or is damaged (%s): restore it from a copy, or choose "
			"another with --store",
			s->path, sqlite3_errstr(rc));
		return;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		status_set(st, STATUS_UNAVAILABLE, "store",
			   "the store %s cannot be written: give this user the right, or choose "
			   "another with --store",
			   s->path);
		return;
	}
	status_set(st, STATUS_UNAVAILABLE, NULL,
		   "the store %s failed: %s (system: %s); nothing was changed; repair its disk and "
		   "repeat",
		   s->path, sqlite3_errstr(rc),
		   s->db ? strerror(sqlite3_system_errno(s->db)) : "-");
}

static int run(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* The writer. */

static int write_batch(struct store_sqlite *s, const struct store_batch *batch)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < batch->n_records && rc == SQLITE_OK; i++) {
		const struct store_record *r = &batch->records[i];

		sqlite3_bind_int64(s->insert, 1, r->revision);
		sqlite3_bind_int64(s->insert, 2, r->seq);
		sqlite3_bind_int64(s->insert, 3, r->create_revision);
		sqlite3_bind_text(s->insert, 4, r->key, -1, SQLITE_STATIC);
		if (r->is_deleted)
			sqlite3_bind_null(s->insert, 5);
		else
			sqlite3_bind_blob64(s->insert, 5, r->size ? (const void *)r->value : "",
					    r->size, SQLITE_STATIC);
		rc = run(s->insert);
	}
	for (size_t i = 0; i < batch->n_forgotten && rc == SQLITE_OK; i++) {
		sqlite3_bind_int64(s->forget, 1, batch->forgotten[i].revision);
		sqlite3_bind_int64(s->forget, 2, batch->forgotten[i].seq);
		rc = run(s->forget);
	}
	return rc;
}

static int write_group(struct store_sqlite *s, const struct list *group)
{
	const struct job *job;
	int rc = run(s->begin);

	if (rc != SQLITE_OK)
		return rc;
	LIST_FOREACH (job, group, node) {
		rc = write_batch(s, &job->batch);
		if (rc != SQLITE_OK)
			break;
	}
	if (rc == SQLITE_OK) {
		const struct job *last = container_of(group->prev, struct job, node);

		sqlite3_bind_int64(s->position, 1, last->batch.revision);
		sqlite3_bind_int64(s->position, 2, last->batch.compacted);
		rc = run(s->position);
	}
	if (rc == SQLITE_OK)
		rc = run(s->commit);
	/* After some errors SQLite has rolled back by itself. */
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(s->db))
		run(s->rollback);
	return rc;
}

static void free_jobs(struct list *jobs)
{
	while (!list_is_empty(jobs)) {
		struct job *job = container_of(jobs->next, struct job, node);

		list_remove(&job->node);
		buf_fini(&job->data);
		free((struct store_record *)job->batch.records);
		free((struct store_record *)job->batch.forgotten);
		free(job);
	}
}

/* Move up to MAX_GROUP waiting jobs to GROUP; waits for the first.  Returns how many. */
static size_t take_group(struct store_sqlite *s, struct list *group)
{
	size_t n = 0;

	list_init(group);
	while (list_is_empty(&s->waiting) && !s->is_closing)
		pthread_cond_wait(&s->work, &s->mutex);
	while (!list_is_empty(&s->waiting) && n < MAX_GROUP) {
		struct list *node = s->waiting.next;

		list_remove(node);
		list_insert(group, node);
		n++;
	}
	return n;
}

static void *writer(void *arg)
{
	struct store_sqlite *s = arg;
	struct list group;
	size_t n;

	pthread_mutex_lock(&s->mutex);
	while ((n = take_group(s, &group)) != 0) {
		struct status why = STATUS_INIT;
		bool is_lost = !status_ok(&s->failure);
		int rc = SQLITE_OK;

		pthread_mutex_unlock(&s->mutex);
		if (!is_lost)
			rc = write_group(s, &group);
		if (rc != SQLITE_OK)
			set_error(s, &why, rc);
		free_jobs(&group);
		pthread_mutex_lock(&s->mutex);
		if (rc != SQLITE_OK)
			s->failure = why;
		else if (!is_lost)
			s->n_durable += n;
		if (!is_lost)
			loop_wake(s->waker);
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* The loop's side. */

static void report(void *arg)
{
	struct store_sqlite *s = arg;
	struct status failure;
	struct list lost;
	size_t n;

	list_init(&lost);
	pthread_mutex_lock(&s->mutex);
	n = s->n_durable;
	s->n_durable = 0;
	failure = s->failure;
	pthread_mutex_unlock(&s->mutex);
	if (n)
		s->backend.durable(s->backend.arg, n);
	if (status_ok(&failure))
		return;
	log_error("%s", failure.message);
	/* What waits was built on what is lost; and so is what durable()'s callbacks appended. */
	pthread_mutex_lock(&s->mutex);
	while (!list_is_empty(&s->waiting)) {
		struct list *node = s->waiting.next;

		list_remove(node);
		list_insert(&lost, node);
	}
	s->failure = STATUS_INIT;
	pthread_mutex_unlock(&s->mutex);
	free_jobs(&lost);
	s->backend.failed(s->backend.arg, &failure);
}

/* BATCH is lent: keys and values are copied to one piece of memory. */
static struct job *job_create(const struct store_batch *batch)
{
	struct job *job = xcalloc(1, sizeof(*job));
	struct store_record *records = xmemdup(batch->records, batch->n_records * sizeof(*records));
	size_t at = 0;

	for (size_t i = 0; i < batch->n_records; i++) {
		buf_add(&job->data, records[i].key, strlen(records[i].key) + 1);
		buf_add(&job->data, records[i].value, records[i].size);
	}
	for (size_t i = 0; i < batch->n_records; i++) {
		size_t key_size = strlen(records[i].key) + 1;

		records[i].key = (const char *)job->data.data + at;
		records[i].value = job->data.data + at + key_size;
		at += key_size + records[i].size;
	}
	job->batch = *batch;
	job->batch.records = records;
	job->batch.forgotten =
		xmemdup(batch->forgotten, batch->n_forgotten * sizeof(*batch->forgotten));
	return job;
}

static void sqlite_append(struct store_backend *b, const struct store_batch *batch)
{
	struct store_sqlite *s = container_of(b, struct store_sqlite, backend);
	struct job *job = job_create(batch);

	pthread_mutex_lock(&s->mutex);
	list_insert(&s->waiting, &job->node);
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->mutex);
}

static void db_close(struct store_sqlite *s)
{
	sqlite3_stmt *stmts[] = { s->begin,  s->commit, s->rollback,
				  s->insert, s->forget, s->position };

	for (size_t i = 0; i < ARRAY_LENGTH(stmts); i++)
		sqlite3_finalize(stmts[i]);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

static void sqlite_close(struct store_backend *b)
{
	struct store_sqlite *s = container_of(b, struct store_sqlite, backend);

	pthread_mutex_lock(&s->mutex);
	s->is_closing = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	report(s);
	loop_waker_destroy(s->waker);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->mutex);
	db_close(s);
}

/* Opening. */

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS versions (revision INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" create_revision INTEGER NOT NULL, key TEXT NOT NULL, value BLOB,"
	" PRIMARY KEY (revision, seq)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1),"
	" revision INTEGER NOT NULL, compacted INTEGER NOT NULL);"
	"INSERT OR IGNORE INTO position VALUES (1, 0, 0);";

static int prepare(struct store_sqlite *s)
{
	const struct {
		sqlite3_stmt **stmt;
		const char *sql;
	} all[] = {
		{ &s->begin, "BEGIN IMMEDIATE" },
		{ &s->commit, "COMMIT" },
		{ &s->rollback, "ROLLBACK" },
		{ &s->insert, "INSERT INTO versions (revision, seq, create_revision, key, value)"
			      " VALUES (?, ?, ?, ?, ?)" },
		{ &s->forget, "DELETE FROM versions WHERE revision = ? AND seq = ?" },
		{ &s->position, "UPDATE position SET revision = ?, compacted = ?" },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LENGTH(all) && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(s->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
					all[i].stmt, NULL);
	return rc;
}

/* The first write finds out whether the file is a store, ours alone, and writable. */
static int db_open(struct store_sqlite *s, int *version)
{
	sqlite3_stmt *stmt = NULL;
	char sql[64];
	int rc = sqlite3_open_v2(s->path, &s->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				 NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(s->db, 1);
	rc = sqlite3_exec(s->db,
			  "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
			  "PRAGMA synchronous=FULL; BEGIN IMMEDIATE; COMMIT;",
			  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL);
	if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		*version = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	if (rc != SQLITE_OK || *version > SCHEMA_VERSION)
		return rc;
	rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK && *version != SCHEMA_VERSION) {
		sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version=%d", SCHEMA_VERSION);
		rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
		*version = SCHEMA_VERSION;
	}
	return rc == SQLITE_OK ? prepare(s) : rc;
}

static int load_records(struct store_sqlite *s, const struct store_loader *loader)
{
	sqlite3_stmt *stmt;
	int rc =
		sqlite3_prepare_v2(s->db,
				   "SELECT revision, seq, create_revision, key, value FROM versions"
				   " ORDER BY revision, seq",
				   -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_record r = {
			.revision = sqlite3_column_int64(stmt, 0),
			.seq = sqlite3_column_int64(stmt, 1),
			.create_revision = sqlite3_column_int64(stmt, 2),
			.is_deleted = sqlite3_column_type(stmt, 4) == SQLITE_NULL,
			.key = (const char *)sqlite3_column_text(stmt, 3),
			.value = sqlite3_column_blob(stmt, 4),
			.size = sqlite3_column_bytes(stmt, 4),
		};

		loader->record(loader->arg, &r);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int load(struct store_sqlite *s, const struct store_loader *loader)
{
	sqlite3_stmt *stmt;
	int rc = load_records(s, loader);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, "SELECT revision, compacted FROM position", -1,
					&stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		loader->position(loader->arg, sqlite3_column_int64(stmt, 0),
				 sqlite3_column_int64(stmt, 1));
	sqlite3_finalize(stmt);
	return SQLITE_OK;
}

static struct store_backend *sqlite_open(const char *path, struct loop *loop,
					 const struct store_loader *loader, struct status *st)
{
	struct store_sqlite *s = xcalloc(1, sizeof(*s));
	int version = 0, rc;

	s->path = xstrdup(path);
	rc = *path ? db_open(s, &version) : SQLITE_CANTOPEN;
	if (rc == SQLITE_OK && version > SCHEMA_VERSION)
		status_set(st, STATUS_FAILED_PRECONDITION, "store",
			   "the store %s was written by a newer version of this program: start "
			   "that one",
			   path);
	else if (rc == SQLITE_OK)
		rc = load(s, loader);
	if (rc != SQLITE_OK)
		set_error(s, st, rc);
	if (!status_ok(st)) {
		db_close(s);
		return NULL;
	}
	list_init(&s->waiting);
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->work, NULL);
	s->waker = loop_waker_create(loop, report, s);
	if (pthread_create(&s->thread, NULL, writer, s) != 0) {
		status_set(st, STATUS_RESOURCE_EXHAUSTED, NULL,
			   "cannot start the store's thread: raise the limit of threads");
		loop_waker_destroy(s->waker);
		db_close(s);
		return NULL;
	}
	return &s->backend;
}

static const struct store_class store_sqlite = {
	.scheme = "sqlite",
	.open = sqlite_open,
	.append = sqlite_append,
	.close = sqlite_close,
};
REGISTRY_ADD(store_class, store_sqlite);
