#include "api/rest/template.h"

#include "api/utf8.h"

struct parser {
	const char *at;
	const char *text;
	struct path_template *t;
	struct arena *arena;
	struct status *st;
};

static int refuse(struct parser *p, const char *why)
{
	return status_set(p->st, STATUS_INVALID_ARGUMENT, NULL,
			  "path template \"%s\": %s at \"%s\"", p->text, why, p->at);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '~';
}

static const char *take_word(struct parser *p)
{
	const char *from = p->at;
	char *word;

	while (is_word(*p->at))
		p->at++;
	if (p->at == from)
		return NULL;
	word = arena_alloc(p->arena, p->at - from + 1);
	return memcpy(word, from, p->at - from);
}

static int parse_variable(struct parser *p);

static int parse_segment(struct parser *p, bool is_inside)
{
	struct path_template *t = p->t;
	struct path_segment *s = &t->segments[t->n_segments];

	if (*p->at == '{')
		return is_inside ? refuse(p, "a variable inside a variable") : parse_variable(p);
	if (t->n_segments == PATH_MAX_SEGMENTS)
		return refuse(p, "too many segments");
	if (t->n_segments > 0 && t->segments[t->n_segments - 1].kind == SEGMENT_REST)
		return refuse(p, "a segment after **");
	t->n_segments++;
	if (p->at[0] == '*') {
		s->kind = p->at[1] == '*' ? SEGMENT_REST : SEGMENT_ONE;
		p->at += s->kind == SEGMENT_REST ? 2 : 1;
		return 0;
	}
	s->kind = SEGMENT_LITERAL;
	s->text = take_word(p);
	return s->text ? 0 : refuse(p, "a segment is expected");
}

static int parse_segments(struct parser *p, bool is_inside)
{
	for (;;) {
		if (parse_segment(p, is_inside) != 0)
			return -1;
		if (*p->at != '/')
			return 0;
		p->at++;
	}
}

static int parse_variable(struct parser *p)
{
	struct path_template *t = p->t;
	struct path_variable *v = &t->variables[t->n_variables];

	if (t->n_variables == PATH_MAX_SEGMENTS)
		return refuse(p, "too many variables");
	t->n_variables++;
	p->at++;
	v->first = t->n_segments;
	v->field = take_word(p);
	if (!v->field)
		return refuse(p, "a field's name is expected");
	if (*p->at == '=') {
		p->at++;
		if (parse_segments(p, true) != 0)
			return -1;
	} else {
		if (t->n_segments == PATH_MAX_SEGMENTS)
			return refuse(p, "too many segments");
		t->segments[t->n_segments++].kind = SEGMENT_ONE;
	}
	v->n = t->n_segments - v->first;
	if (*p->at != '}')
		return refuse(p, "} is expected");
	p->at++;
	return 0;
}

int path_template_parse(struct path_template *t, struct arena *a, const char *text,
			struct status *st)
{
	struct parser p = { .at = text, .text = text, .t = t, .arena = a, .st = st };

	*t = (struct path_template){ 0 };
	t->segments = arena_alloc(a, PATH_MAX_SEGMENTS * sizeof(*t->segments));
	t->variables = arena_alloc(a, PATH_MAX_SEGMENTS * sizeof(*t->variables));
	if (*p.at != '/')
		return refuse(&p, "/ is expected");
	p.at++;
	if (parse_segments(&p, false) != 0)
		return -1;
	if (*p.at == ':') {
		p.at++;
		t->verb = take_word(&p);
		if (!t->verb)
			return refuse(&p, "a verb is expected");
	}
	return *p.at ? refuse(&p, "the template should end") : 0;
}

int request_path_split(struct request_path *p, struct arena *a, const char *path)
{
	char *at = arena_strdup(a, path), *last, *colon;

	*p = (struct request_path){ 0 };
	if (*at != '/')
		return -1;
	for (; at; at = strchr(at, '/')) {
		*at++ = '\0';
		if (p->n_segments == PATH_MAX_SEGMENTS)
			return -1;
		p->segments[p->n_segments++] = at;
	}
	last = (char *)p->segments[p->n_segments - 1];
	colon = strrchr(last, ':');
	if (colon) {
		*colon = '\0';
		p->verb = colon + 1;
	}
	return 0;
}

static bool verbs_match(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool path_template_matches(const struct path_template *t, const struct request_path *p)
{
	unsigned i;

	if (!verbs_match(t->verb, p->verb))
		return false;
	for (i = 0; i < t->n_segments && t->segments[i].kind != SEGMENT_REST; i++) {
		const struct path_segment *s = &t->segments[i];

		if (i == p->n_segments || !*p->segments[i])
			return false;
		if (s->kind == SEGMENT_LITERAL && strcmp(s->text, p->segments[i]) != 0)
			return false;
	}
	return i < t->n_segments || i == p->n_segments;
}

const char *path_template_value(const struct path_template *t, unsigned i,
				const struct request_path *p, struct arena *a, struct status *st)
{
	const struct path_variable *v = &t->variables[i];
	bool has_rest = t->segments[v->first + v->n - 1].kind == SEGMENT_REST;
	unsigned end = has_rest ? p->n_segments : v->first + v->n;
	const char *value = "";

	for (unsigned s = v->first; s < end; s++) {
		const char *raw = p->segments[s];
		char *text = percent_decode(a, raw, strlen(raw), false, v->n > 1 || has_rest);

		if (!text) {
			status_set(st, STATUS_INVALID_ARGUMENT, v->field,
				   "%s: the path's \"%s\" is not percent-encoded UTF-8", v->field,
				   raw);
			return NULL;
		}
		value = s == v->first ? text : arena_printf(a, "%s/%s", value, text);
	}
	return value;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *percent_decode(struct arena *a, const char *text, size_t size, bool is_query, bool keep_slash)
{
	char *out = arena_alloc(a, size + 1);
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		int high, low, c = (unsigned char)text[i];

		if (c != '%') {
			out[n++] = c == '+' && is_query ? ' ' : c;
			continue;
		}
		high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
		low = high >= 0 ? hex_digit(text[i + 2]) : -1;
		if (low < 0)
			return NULL;
		c = high * 16 + low;
		if (c == '/' && keep_slash) {
			memcpy(out + n, text + i, 3);
			n += 3;
		} else {
			out[n++] = c;
		}
		i += 2;
	}
	return utf8_is_valid(out, n) && !memchr(out, 0, n) ? out : NULL;
}
