#include "controller/facts/ovsdb_rows.h"

#include <stdlib.h>

#define MAX_TEXT 512

struct row {
	struct hmap_node by_uuid;
	char *uuid, *name, *iface_id, *error;
	uint32_t of_port;
	bool is_told; /* in the update being read */
};

static struct row *find_row(const struct ovsdb_rows *r, const char *uuid)
{
	HMAP_FOREACH_HASH (n, &r->by_uuid, hash_string(uuid)) {
		struct row *row = container_of(n, struct row, by_uuid);

		if (strcmp(row->uuid, uuid) == 0)
			return row;
	}
	return NULL;
}

static void free_row(struct row *row)
{
	free(row->uuid);
	free(row->name);
	free(row->iface_id);
	free(row->error);
	free(row);
}

void ovsdb_rows_fini(struct ovsdb_rows *r)
{
	HMAP_FOREACH_SAFE (n, &r->by_uuid)
		free_row(container_of(n, struct row, by_uuid));
	hmap_fini(&r->by_uuid);
}

/* An optional column is the value, or ["set", []] or ["set", [value]] (RFC 7047 section 5.1). */
static const json_t *optional_value(const json_t *v)
{
	const json_t *members;

	if (!json_is_array(v))
		return v;
	members = json_array_get(v, 1);
	return json_array_size(members) == 1 ? json_array_get(members, 0) : NULL;
}

static const char *text_of(const json_t *v)
{
	const char *s = v ? json_string_value(v) : NULL;

	return s && strlen(s) <= MAX_TEXT ? s : "";
}

/* A map is ["map", [[key, value], ...]]. */
static const char *map_get(const json_t *map, const char *key)
{
	const json_t *pairs = json_array_get(map, 1);
	size_t i;
	json_t *pair;

	json_array_foreach((json_t *)pairs, i, pair)
	{
		const char *k = json_string_value(json_array_get(pair, 0));

		if (k && strcmp(k, key) == 0)
			return text_of(json_array_get(pair, 1));
	}
	return "";
}

/* -1 is what Open vSwitch writes for an interface that it could not open. */
static uint32_t port_of(const json_t *v)
{
	json_int_t n = v ? json_integer_value(v) : 0;

	return n > 0 && n <= UINT32_MAX ? n : 0;
}

static void set_text(char **to, const char *text, bool *is_changed)
{
	if (*to && strcmp(*to, text) == 0)
		return;
	free(*to);
	*to = xstrdup(text);
	*is_changed = true;
}

static void tell(const struct row *row, const struct ovsdb_events *events, void *arg)
{
	struct ovsdb_interface i = {
		.name = row->name,
		.iface_id = row->iface_id,
		.of_port = row->of_port,
		.error = row->error,
	};

	if (events->interface)
		events->interface(arg, &i);
}

static void remove_row(struct ovsdb_rows *r, struct row *row, const struct ovsdb_events *events,
		       void *arg)
{
	hmap_remove(&r->by_uuid, &row->by_uuid);
	if (events->interface_gone)
		events->interface_gone(arg, row->name, row->iface_id);
	free_row(row);
}

static void set_row(struct ovsdb_rows *r, const char *uuid, const json_t *columns,
		    const struct ovsdb_events *events, void *arg)
{
	struct row *row = find_row(r, uuid);
	const char *name = text_of(json_object_get(columns, "name"));
	const char *iface_id = map_get(json_object_get(columns, "external_ids"), "iface-id");
	uint32_t of_port = port_of(optional_value(json_object_get(columns, "ofport")));
	bool is_changed = false;

	/* A row may be renamed or get another id: then what it was is gone. */
	if (row && (strcmp(row->name, name) != 0 || strcmp(row->iface_id, iface_id) != 0)) {
		remove_row(r, row, events, arg);
		row = NULL;
	}
	if (!row) {
		row = xcalloc(1, sizeof(*row));
		row->uuid = xstrdup(uuid);
		hmap_insert(&r->by_uuid, &row->by_uuid, hash_string(uuid));
	}
	row->is_told = true;
	set_text(&row->name, name, &is_changed);
	set_text(&row->iface_id, iface_id, &is_changed);
	set_text(&row->error, text_of(optional_value(json_object_get(columns, "error"))),
		 &is_changed);
	is_changed |= row->of_port != of_port;
	row->of_port = of_port;
	if (is_changed)
		tell(row, events, arg);
}

static int update_table(struct ovsdb_rows *r, const json_t *rows, const struct ovsdb_events *events,
			void *arg)
{
	const char *uuid;
	json_t *update;

	json_object_foreach((json_t *)rows, uuid, update)
	{
		const json_t *now = json_object_get(update, "new");
		struct row *row = find_row(r, uuid);

		if (strlen(uuid) > MAX_TEXT || (!row && r->by_uuid.n >= OVSDB_MAX_INTERFACES))
			return -1;
		if (json_is_object(now))
			set_row(r, uuid, now, events, arg);
		else if (row)
			remove_row(r, row, events, arg);
	}
	return 0;
}

int ovsdb_rows_update(struct ovsdb_rows *r, const json_t *updates, bool is_all,
		      const struct ovsdb_events *events, void *arg)
{
	const json_t *rows;

	if (!json_is_object(updates))
		return -1;
	rows = json_object_get(updates, "Interface");
	if (rows && !json_is_object(rows))
		return -1;
	HMAP_FOREACH (n, &r->by_uuid)
		container_of(n, struct row, by_uuid)->is_told = false;
	if (rows && update_table(r, rows, events, arg) < 0)
		return -1;
	if (!is_all)
		return 0;
	HMAP_FOREACH_SAFE (n, &r->by_uuid) {
		struct row *row = container_of(n, struct row, by_uuid);

		if (!row->is_told)
			remove_row(r, row, events, arg);
	}
	return 0;
}
