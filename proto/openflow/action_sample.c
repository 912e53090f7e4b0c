/* NXAST_SAMPLE, SAMPLE2 and SAMPLE3 (Open vSwitch's ovs-actions manual, "sample"): the second adds
 * a port, the third a direction. */

#include "proto/openflow/action_sample.h"

#include "proto/openflow/action_priv.h"
#include "proto/openflow/port_no.h"
#include "proto/openflow/tokens.h"

struct of_action_sample *of_action_sample(struct arena *a, uint16_t probability)
{
	struct of_action_sample *s = of_action_new(a, &of_action_sample_class, sizeof(*s));

	s->form = 1;
	s->probability = probability;
	s->sampling_port = OF_PORT_ANY;
	return s;
}

static struct of_action *decode_form(uint8_t form, struct cursor *body, struct arena *a,
				     struct of_error *err)
{
	struct of_action_sample *s = of_action_sample(a, cursor_be16(body));

	s->form = form;
	s->collector_set_id = cursor_be32(body);
	s->obs_domain_id = cursor_be32(body);
	s->obs_point_id = cursor_be32(body);
	if (form > 1) {
		s->sampling_port = of_port_no_from_16(cursor_be16(body));
		s->direction = cursor_u8(body);
		if (cursor_ok(body) && cursor_left(body) != 5)
			return of_action_refuse(err, OFPBAC_BAD_LEN);
	}
	if (!cursor_ok(body))
		return of_action_refuse(err, OFPBAC_BAD_LEN);
	if (!s->probability || s->direction >= OF_N_SAMPLE_DIRECTIONS || (form < 3 && s->direction))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	if (form > 1 && !of_action_is_rest_zero(body))
		return of_action_refuse(err, OFPBAC_BAD_ARGUMENT);
	return &s->base;
}

static struct of_action *sample_decode(struct cursor *body, uint8_t version, struct arena *a,
				       struct of_error *err)
{
	(void)version;
	return decode_form(1, body, a, err);
}

static struct of_action *decode_2(struct cursor *body, uint8_t version, struct arena *a,
				  struct of_error *err)
{
	(void)version;
	return decode_form(2, body, a, err);
}

static struct of_action *decode_3(struct cursor *body, uint8_t version, struct arena *a,
				  struct of_error *err)
{
	(void)version;
	return decode_form(3, body, a, err);
}

static void sample_encode(const struct of_action *act, uint8_t version, struct buf *out)
{
	const struct of_action_sample *s = (const struct of_action_sample *)act;

	(void)version;
	buf_be16(out, s->probability);
	buf_be32(out, s->collector_set_id);
	buf_be32(out, s->obs_domain_id);
	buf_be32(out, s->obs_point_id);
	if (s->form == 1)
		return;
	buf_be16(out, s->sampling_port);
	buf_be8(out, s->direction);
	buf_zeros(out, 5);
}

static const struct of_action_class sample2 = {
	OF_ACTION_NICIRA(NXAST_SAMPLE2),
	.decode = decode_2,
	.encode = sample_encode,
};
REGISTRY_ADD(of_action_class, sample2);

static const struct of_action_class sample3 = {
	OF_ACTION_NICIRA(NXAST_SAMPLE3),
	.decode = decode_3,
	.encode = sample_encode,
};
REGISTRY_ADD(of_action_class, sample3);

static const struct of_action_class *sample_form(const struct of_action *act, uint8_t version)
{
	static const struct of_action_class *const forms[] = { &of_action_sample_class, &sample2,
							       &sample3 };

	(void)version;
	return forms[((const struct of_action_sample *)act)->form - 1];
}

static void sample_print(const struct of_action *act, struct buf *out)
{
	static const char *const directions[] = { "", ",ingress", ",egress" };
	const struct of_action_sample *s = (const struct of_action_sample *)act;

	buf_printf(out,
		   "sample(probability=%u,collector_set_id=%u,obs_domain_id=%u,obs_point_id=%u",
		   s->probability, s->collector_set_id, s->obs_domain_id, s->obs_point_id);
	if (s->sampling_port != OF_PORT_ANY) {
		buf_puts(out, ",sampling_port=");
		of_port_no_print(s->sampling_port, out);
	}
	buf_printf(out, "%s)", directions[s->direction]);
}

/* The number's place and limit, or NULL. */
static uint32_t *place_of(struct of_action_sample *s, const char *key)
{
	return strcmp(key, "collector_set_id") == 0 ? &s->collector_set_id
	       : strcmp(key, "obs_domain_id") == 0  ? &s->obs_domain_id
	       : strcmp(key, "obs_point_id") == 0   ? &s->obs_point_id
						    : NULL;
}

static int parse_argument(struct of_action_sample *s, const char *key, const char *value,
			  struct status *st)
{
	uint32_t *place = place_of(s, key);
	uint64_t number;

	if (strcmp(key, "probability") == 0) {
		if (of_action_parse_number(key, value, UINT16_MAX, &number, st) != 0)
			return -1;
		s->probability = number;
	} else if (place) {
		if (of_action_parse_number(key, value, UINT32_MAX, &number, st) != 0)
			return -1;
		*place = number;
	} else if (strcmp(key, "sampling_port") == 0) {
		if (of_port_no_parse(value, strlen(value), &s->sampling_port) != 0)
			return status_set(st, STATUS_INVALID_ARGUMENT, key,
					  "%s: \"%.100s\" is no port", key, value);
		s->form = MAX_OF(s->form, 2);
	} else if (strcmp(key, "ingress") == 0 || strcmp(key, "egress") == 0) {
		s->direction = *key == 'i' ? OF_SAMPLE_INGRESS : OF_SAMPLE_EGRESS;
		s->form = 3;
	} else {
		return status_set(st, STATUS_INVALID_ARGUMENT, "sample",
				  "sample: \"%.100s\" is not known: give probability, "
				  "collector_set_id, obs_domain_id, obs_point_id, sampling_port, "
				  "ingress or egress",
				  key);
	}
	return 0;
}

static struct of_action *sample_parse(const char *args, struct arena *a, struct status *st)
{
	struct of_action_sample *s = of_action_sample(a, 0);
	const char *at = args;
	char *key, *value;

	while (token_next_argument(&at, a, &key, &value)) {
		if (parse_argument(s, key, value, st) != 0)
			return NULL;
	}
	if (!s->probability)
		return of_action_refuse_text(st, "sample", args,
					     "give a probability from 1 to 65535");
	return &s->base;
}

OF_ACTION_CLASS(sample, OF_ACTION_NICIRA(NXAST_SAMPLE), .form = sample_form);
