/* `weft`, the command line.  Everything is in cli_main(), so that tests can call it. */

#include "api/cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
