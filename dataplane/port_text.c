#include "dataplane/port_text.h"

#include <stdlib.h>

static int take(struct port_text *t, const char *key, char *value, struct status *st)
{
	struct port_request *r = &t->request;
	char *end;

	if (!strcmp(key, "name")) {
		r->name = value;
	} else if (!strcmp(key, "type")) {
		r->type = value;
	} else if (!strcmp(key, "number")) {
		r->number = strtoul(value, &end, 10);
		if (!*value || *end || !r->number || r->number > PORT_NUMBER_MAX)
			return status_set(st, STATUS_INVALID_ARGUMENT, "port",
					  "--port: number '%.20s': give 1 to %d", value,
					  PORT_NUMBER_MAX);
	} else if (r->n_settings == PORT_TEXT_MAX_SETTINGS) {
		return status_set(st, STATUS_INVALID_ARGUMENT, "port", "--port: at most %d options",
				  PORT_TEXT_MAX_SETTINGS);
	} else {
		t->settings[r->n_settings++] = (struct port_setting){ key, value };
	}
	return 0;
}

int port_text_parse(struct port_text *t, const char *text, struct status *st)
{
	char *rest, *word;

	*t = (struct port_text){ .words = xstrdup(text) };
	t->request.settings = t->settings;
	rest = t->words;
	while ((word = strsep(&rest, ","))) {
		char *equals = strchr(word, '=');

		if (!equals) {
			status_set(st, STATUS_INVALID_ARGUMENT, "port",
				   "--port '%.80s': give KEY=VALUE, separated by commas", text);
			goto failed;
		}
		*equals = '\0';
		if (take(t, word, equals + 1, st) < 0)
			goto failed;
	}
	if (t->request.name && t->request.type)
		return 0;
	status_set(st, STATUS_INVALID_ARGUMENT, "port",
		   "--port '%.80s': a port needs at least name=NAME,type=TYPE", text);
failed:
	port_text_fini(t);
	return -1;
}

void port_text_fini(struct port_text *t)
{
	free(t->words);
	t->words = NULL;
}
