#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/handler.h"

/* Small messages of the Nicira extensions (Open vSwitch's nicira-ext.h): which packet-ins a
 * connection gets and in which form, and what is understood and refused. */

static int handle_format(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	uint32_t format = m->nx_format.format;

	if (format != PACKET_IN_STANDARD && format != PACKET_IN_NX2)
		return of_error_set(err, OFPET_BAD_REQUEST, OFPBRC_EPERM);
	conn_main(c)->packet_in_format = format;
	return 0;
}

static const struct of_handler set_format = { OF_NX_SET_PACKET_IN_FORMAT, .handle = handle_format };
REGISTRY_ADD(of_handler, set_format);

static int handle_controller_id(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)err;
	conn_main(c)->controller_id = m->nx_controller_id.id;
	return 0;
}

static const struct of_handler set_controller_id = { OF_NX_SET_CONTROLLER_ID,
						     .handle = handle_controller_id };
REGISTRY_ADD(of_handler, set_controller_id);

/* No packet waits in this switch: `controller(pause)` is refused when a flow is added. */
static int handle_resume(struct conn *c, const struct of_msg *m, struct of_error *err)
{
	(void)c, (void)m;
	return of_error_set_nx(err, NXR_NOT_SUPPORTED);
}

static const struct of_handler resume = {
	OF_NX_RESUME,
	.is_write = true,
	.handle = handle_resume,
};
REGISTRY_ADD(of_handler, resume);
