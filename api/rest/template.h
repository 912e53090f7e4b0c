#ifndef API_REST_TEMPLATE_H
#define API_REST_TEMPLATE_H

/* Path templates of google.api.http: "/v1/{name=shelves/STAR}:merge", where STAR is one
 * segment and two of them are the rest of the path.  Used by REST to find a method and its
 * variables, and by apigen to refuse a wrong template when the program is built.
 * Source: google/api/http.proto, "Path template syntax". */

#include "lib/arena.h"
#include "lib/status.h"

enum segment_kind { SEGMENT_LITERAL, SEGMENT_ONE, SEGMENT_REST };

struct path_segment {
	enum segment_kind kind;
	const char *text; /* of a literal */
};

struct path_variable {
	const char *field; /* path of the request's field: "name", "network.name" */
	unsigned first, n; /* the segments it covers */
};

struct path_template {
	struct path_segment *segments;
	unsigned n_segments;
	struct path_variable *variables;
	unsigned n_variables;
	const char *verb; /* after ':'; NULL if none */
};

#define PATH_MAX_SEGMENTS 32

/* 0, or -1 with ST filled.  Everything in T is A's. */
int path_template_parse(struct path_template *t, struct arena *a, const char *text,
			struct status *st);

/* A request's path, split: what a template is matched against. */
struct request_path {
	const char *segments[PATH_MAX_SEGMENTS]; /* still percent-encoded */
	unsigned n_segments;
	const char *verb; /* after the ':' of the last segment; NULL if none */
};

/* PATH begins with '/' and has no query.  -1: no template can match it. */
int request_path_split(struct request_path *p, struct arena *a, const char *path);
bool path_template_matches(const struct path_template *t, const struct request_path *p);
/* The value of variable I in a path that matches, percent-decoded; a '/' that was encoded in a
 * variable of several segments stays encoded.  NULL with ST filled if it is no valid text. */
const char *path_template_value(const struct path_template *t, unsigned i,
				const struct request_path *p, struct arena *a, struct status *st);

/* TEXT of SIZE bytes with %XX decoded (and '+' as a space in queries), checked to be UTF-8
 * without NUL.  NULL if it is not. */
char *percent_decode(struct arena *a, const char *text, size_t size, bool is_query,
		     bool keep_slash);

#endif
