/* OFPAT_OUTPUT (OF 1.3.5 section 7.2.5). */

#include "proto/openflow/action_output.h"

#include <strings.h>

#include "proto/openflow/action_output_reg.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/port_no.h"

#define PADDING 6

struct of_action_output *of_action_output(struct arena *a, uint32_t port, uint16_t max_len)
{
	struct of_action_output *o = arena_alloc(a, sizeof(*o));

	o->base.class = &of_action_output_class;
	o->port = port;
	o->max_len = max_len;
	return o;
}

static bool is_port(uint32_t port)
{
	return (port > 0 && port <= OF_PORT_MAX) ||
	       (port >= OF_PORT_IN_PORT && port != OF_PORT_ANY);
}

static struct of_action *decode(struct cursor *body, uint8_t version, struct arena *a,
				struct of_error *err)
{
	uint32_t port = cursor_be32(body);
	uint16_t max_len = cursor_be16(body);

	(void)version;
	cursor_take(body, PADDING);
	if (cursor_ok(body) && !is_port(port)) {
		of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT);
		return NULL;
	}
	/* It means something to the controller's port only. */
	return &of_action_output(a, port, port == OF_PORT_CONTROLLER ? max_len : 0)->base;
}

static void encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_output *o = (const struct of_action_output *)act;

	(void)version;
	buf_be32(out, o->port);
	buf_be16(out, o->max_len);
	buf_zeros(out, PADDING);
}

static void print(const struct of_action *act, struct buf *out)
{
	const struct of_action_output *o = (const struct of_action_output *)act;

	if (o->port <= OF_PORT_MAX)
		buf_puts(out, "output:");
	of_port_no_print(o->port, out);
	if (o->port == OF_PORT_CONTROLLER)
		buf_printf(out, ":%u", o->max_len);
}

/* "output:NXM_NX_REG0[0..15]" and "output(port=1,max_len=100)" are other actions. */
static const struct of_action_class *other_kind(const char *args)
{
	size_t n = strcspn(args, "[");

	if (strncasecmp(args, "port=", 5) == 0 || strncasecmp(args, "max_len=", 8) == 0)
		return &of_action_output_trunc_class;
	return of_field_in_action(args, n) ? &of_action_output_reg_class : NULL;
}

/* "2", "LOCAL", "CONTROLLER", "CONTROLLER:128", "CONTROLLER(max_len=128)". */
static struct of_action *parse(const char *args, struct arena *a, struct status *st)
{
	const struct of_action_class *other = other_kind(args);
	static const char keyword[] = "(max_len=";
	size_t n = strcspn(args, ":(");
	const char *rest = args + n;
	uint64_t max_len = OF_CML_NO_BUFFER;
	uint32_t port;
	bool has_length = *rest != '\0';

	if (other && of_port_no_parse(args, n, &port) != 0)
		return other->parse(args, a, st);
	if (strncasecmp(rest, keyword, strlen(keyword)) == 0 && rest[strlen(rest) - 1] == ')') {
		rest += strlen(keyword);
		if (of_number_parse(rest, strlen(rest) - 1, &max_len) != 0)
			max_len = UINT64_MAX;
	} else if (has_length && of_number_parse(rest + 1, strlen(rest + 1), &max_len) != 0) {
		max_len = UINT64_MAX;
	}
	if (of_port_no_parse(args, n, &port) != 0 || !is_port(port)) {
		status_set(
			st, STATUS_INVALID_ARGUMENT, "output",
			"output: \"%s\" is no port: give a number from 1, or IN_PORT, ALL, FLOOD, "
			"CONTROLLER, LOCAL",
			args);
		return NULL;
	}
	if (max_len > UINT16_MAX || (has_length && port != OF_PORT_CONTROLLER)) {
		status_set(st, STATUS_INVALID_ARGUMENT, "output",
			   "output: \"%s\": only CONTROLLER takes a length, 0 to 65535 bytes",
			   args);
		return NULL;
	}
	return &of_action_output(a, port, port == OF_PORT_CONTROLLER ? max_len : 0)->base;
}

/* TABLE is where a packet-out starts the pipeline; in a flow it would be a loop. */
static int check(const struct of_action *act, struct of_action_scope *scope, struct of_error *err)
{
	const struct of_action_output *o = (const struct of_action_output *)act;

	if (o->port == OF_PORT_TABLE && scope->match)
		return of_error_set(err, OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT);
	return 0;
}

const struct of_action_class of_action_output_class = {
	.name = "output",
	.size = sizeof(struct of_action_output),
	.type = OFPAT_OUTPUT,
	.decode = decode,
	.encode = encode,
	.print = print,
	.parse = parse,
	.check = check,
};
REGISTRY_ADD(of_action_class, of_action_output_class);
