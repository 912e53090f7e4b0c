#ifndef API_CLI_HELP_H
#define API_CLI_HELP_H

/* Help made from the verbs. */

#include "api/cli/cli.h"
#include "lib/buf.h"

/* Of one verb: usage, what it does, options, examples. */
void help_verb(const struct cli_verb *verb, struct buf *out);
/* All verbs that begin with GROUP; "" for all there are. */
void help_group(struct cli *cli, const char *group, struct buf *out);

#endif
