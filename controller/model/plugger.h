#ifndef CONTROLLER_MODEL_PLUGGER_H
#define CONTROLLER_MODEL_PLUGGER_H

/* How the model has ports plugged and unplugged on hosts.  The wiring implements it over the
 * connections that the switches dialled; a simulation implements it with switches in memory. */

#include "lib/status.h"

/* What an attachment asks of a switch.  All lent until plug() returns. */
struct plug_request {
	uint64_t datapath_id;
	const char *switch_port; /* name on the switch, at most 15 characters */
	const char *kind;	 /* "VHOST_USER", "TAP", "VETH", "DPDK" */
	uint32_t of_port;	 /* number wanted, because it had it before; 0: any */
	const char *mac;	 /* of the guest's or container's side, "02:00:00:00:00:01" */
	uint32_t mtu;
	const char *const *option_keys, *const *option_values; /* as AttachPortRequest tells */
	size_t n_options;
};

/* What the switch answered.  Texts are lent until the callback returns; "" if there is none. */
struct plug_result {
	struct status status; /* an error: in words for the person who called */
	uint32_t of_port;
	const char *socket_path;
	const char *interface_name;
};

typedef void plug_done_fn(void *arg, const struct plug_result *result);

struct plugger {
	/* Calls DONE exactly once, later, also when the switch goes away (UNAVAILABLE) or does not
	 * answer in time (DEADLINE_EXCEEDED).  Idempotent: what is plugged already with the same
	 * arguments is answered alike. */
	void (*plug)(void *ctx, const struct plug_request *request, plug_done_fn *done, void *arg);
	/* Likewise.  That no such port exists is success. */
	void (*unplug)(void *ctx, uint64_t datapath_id, const char *switch_port, plug_done_fn *done,
		       void *arg);
	void *ctx;
};

#endif
