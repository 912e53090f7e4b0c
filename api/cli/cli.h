#ifndef API_CLI_CLI_H
#define API_CLI_CLI_H

/* The command line `weft`: what its verbs share.
 *
 * A verb is a constant in a file of its kind, added with REGISTRY_ADD, or made from the API's
 * schema (resource.c); help, completion and parsing of options follow from it.  The program does
 * one thing and ends, so everything it allocates lives in one arena until then. */

#include "lib/arena.h"
#include "lib/registry.h"
#include "lib/status.h"

/* Exit statuses, as the manual page tells them. */
enum cli_exit {
	CLI_OK = 0,
	CLI_REFUSED = 1,     /* the server or the switch said no, and why */
	CLI_USAGE = 2,	     /* the command line is wrong */
	CLI_UNREACHABLE = 3, /* nobody answers */
};

struct loop;
struct rpc_client;

enum cli_format { CLI_TABLE, CLI_JSON, CLI_YAML };

struct cli {
	const char *server;  /* "HOST:PORT" of the controller's gRPC */
	const char *project; /* the tenant; NULL if none was given */
	const char *socket;  /* of the local switch */
	enum cli_format format;
	struct arena arena;
	const struct cli_verb **verbs; /* see cli_verbs() */
	struct loop *loop;	       /* of the client, see client.h; NULL before the first call */
	struct rpc_client *rpc;
};

struct cli_option {
	const char *name;  /* without dashes; NULL ends a list */
	const char *value; /* what it takes: "ADDRESS"; NULL for a flag */
	const char *help;  /* one sentence */
	/* What may stand there, for completion: words parted by spaces, or "@networks" for names
	 * from the server; NULL for anything. */
	const char *choices;
	bool is_list; /* may be repeated */
	bool is_required;
};

struct cli_args {
	const struct cli_verb *verb;
	const char **words; /* beyond the verb's own */
	size_t n_words;
	struct cli_arg {
		const struct cli_option *option;
		const char *value; /* "" for a flag */
	} * given;
	size_t n_given;
};

struct api_method;

struct cli_verb {
	const char *words;		  /* "port create" */
	const char *operands;		  /* "NAME"; NULL: none */
	const char *help;		  /* one sentence */
	const char *examples;		  /* lines; NULL if the usage says it all */
	const struct cli_option *options; /* NULL: none */
	unsigned min_words, max_words;	  /* operands */
	const char *completes;		  /* what an operand may be: as cli_option's choices */
	enum cli_exit (*run)(struct cli *cli, const struct cli_args *args);
	const struct api_method *method; /* of a verb made from the schema */
	bool is_hidden;
};
REGISTRY_DECLARE(cli_verb);

/* The last value given, or NULL; "" for a flag that was given. */
const char *cli_arg(const struct cli_args *args, const char *name);
size_t cli_arg_count(const struct cli_args *args, const char *name);
const char *cli_arg_at(const struct cli_args *args, const char *name, size_t i);
/* TEXT, the value of --FIELD, as a number; 0, or -1 with ST filled. */
int cli_number(const char *text, const char *field, uint64_t min, uint64_t max, uint64_t *value,
	       struct status *st);

/* The whole program, without exit(): parse, run, and return the status. */
enum cli_exit cli_main(int argc, char **argv);
/* All verbs, by name; ends with NULL.  Made at the first call. */
const struct cli_verb *const *cli_verbs(struct cli *cli);
/* Options that every verb has. */
extern const struct cli_option cli_global_options[];

/* "weft: MESSAGE" on standard error; returns the fitting exit status. */
enum cli_exit cli_error(const struct status *st);

#endif
