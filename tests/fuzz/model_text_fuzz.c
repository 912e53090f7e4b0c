/* fuzz: component=controller */

/* Texts of API requests that the model parses itself: filters, prefixes, addresses, names, rules;
 * and the store's chunks of address groups.  The first byte chooses.  What is accepted is in normal
 * form, and its normal form means the same. */

#include <stdlib.h>

#include "controller/model/address_set.h"
#include "controller/model/filter.h"
#include "controller/model/ip.h"
#include "controller/model/name.h"
#include "controller/model/reflect.h"
#include "controller/model/report.h"
#include "controller/model/rule.h"
#include "controller/model/selector.h"
#include "proto/weft/v1/port.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_selector(const char *text, const Weft__V1__Port *p)
{
	struct status st = STATUS_INIT;
	struct selector *s = selector_parse(text, "subject", &st);

	if (!s != !status_ok(&st) || (!s && strcmp(st.field, "subject") != 0))
		abort();
	if (s)
		selector_matches(s, p);
	selector_destroy(s);
}

static void fuzz_filter(const char *text)
{
	struct status st = STATUS_INIT;
	struct filter *f = filter_parse(text, &weft__v1__port__descriptor, &st);
	ProtobufCMessage *m = msg_create(&weft__v1__port__descriptor);
	Weft__V1__Port *p = (Weft__V1__Port *)m;

	text_set(&p->name, "projects/a/ports/b");
	p->binding = (Weft__V1__PortBinding *)msg_create(&weft__v1__port_binding__descriptor);
	texts_add(&p->binding->qemu_args, &p->binding->n_qemu_args, "-m");
	if (!f != !status_ok(&st) || (!f && strcmp(st.field, "filter") != 0))
		abort();
	if (f)
		filter_matches(f, m);
	filter_destroy(f);
	fuzz_selector(text, p);
	msg_free(m);
}

static void fuzz_cidr(const char *text)
{
	char normal[IP_TEXT_SIZE + 4];
	struct ip_range r, again;

	if (ip_parse_cidr(&r, text) != NULL)
		return;
	ip_format_cidr(&r, normal);
	if (ip_parse_cidr(&again, normal) != NULL || ip_compare(&r.first, &again.first) != 0 ||
	    ip_compare(&r.last, &again.last) != 0 || r.length != again.length ||
	    !ip_range_has(&r, &r.first) || !ip_range_has(&r, &r.last))
		abort();
}

static void fuzz_prefix(const char *text)
{
	char normal[IP_TEXT_SIZE + 4];
	struct ip_range r, again;

	if (ip_parse_prefix(&r, text) != NULL)
		return;
	ip_format_cidr(&r, normal);
	if (ip_parse_prefix(&again, normal) != NULL || r.length != again.length ||
	    ip_compare(&r.first, &again.first) != 0 || ip_compare(&r.last, &again.last) != 0)
		abort();
}

/* The lines of TEXT as a rule: direction and flags, protocol, prefix, then ports. */
static Weft__V1__SecurityRule *rule_of(char *text)
{
	Weft__V1__SecurityRule *r =
		(Weft__V1__SecurityRule *)msg_create(&weft__v1__security_rule__descriptor);
	char *line = strsep(&text, "\n");

	r->direction = line[0] & 3;
	r->ethertype = line[0] >> 2 & 3;
	if (line[0] && line[0] & 16) {
		r->has_icmp_type_case = WEFT__V1__SECURITY_RULE__HAS_ICMP_TYPE_ICMP_TYPE;
		r->icmp_type = (uint8_t)line[1] * 2;
	}
	for (unsigned n = 0; text && (line = strsep(&text, "\n")); n++) {
		if (n == 0)
			text_set(&r->protocol, line);
		else if (n == 1)
			text_set(&r->remote_prefix, line);
		else
			texts_add(&r->ports, &r->n_ports, line);
	}
	return r;
}

static void check_match(const struct rule_match *m, const Weft__V1__SecurityRule *r)
{
	if (m->n_ports != r->n_ports || (!m->is_v4 && !m->is_v6) || m->protocol < -1 ||
	    m->has_prefix != (*r->remote_prefix != '\0'))
		abort();
	for (unsigned i = 0; i < m->n_ports; i++)
		if (m->ports[i].first > m->ports[i].last ||
		    (i && m->ports[i].first <= m->ports[i - 1].last + 1))
			abort();
}

static void fuzz_rule(const char *text)
{
	char *copy = xstrdup(text);
	Weft__V1__SecurityRule *r = rule_of(copy);
	struct buf key = BUF_INIT, again = BUF_INIT;
	struct status st = STATUS_INIT;
	const struct rule_place at = { "rules", 0 };
	struct rule_match m;

	if (rule_check(&r->base, &at, &st) == 0) {
		rule_key(&r->base, &key);
		rule_match_of_security(r, &m);
		check_match(&m, r);
		if (rule_check(&r->base, &at, &st) != 0)
			abort();
		rule_key(&r->base, &again);
		if (key.size != again.size || memcmp(key.data, again.data, key.size) != 0)
			abort();
	} else if (strncmp(st.field, "rules[0]", 8) != 0) {
		abort();
	}
	buf_fini(&key);
	buf_fini(&again);
	msg_free(&r->base);
	free(copy);
}

static bool check_range(void *arg, const struct ip_range *range)
{
	char text[IP_TEXT_SIZE + 4];
	struct ip_range again;

	++*(unsigned *)arg;
	ip_format_cidr(range, text);
	if (ip_parse_prefix(&again, text) != NULL || ip_compare(&range->first, &again.first) != 0 ||
	    range->length != again.length)
		abort();
	return true;
}

static void fuzz_chunk(const uint8_t *data, size_t size)
{
	const struct store_kv kv = { .key = "chunk", .value = data, .size = size };
	struct address_set *set = address_set_create();
	unsigned n = 0;

	address_chunk_each(&kv, 0, check_range, &n);
	if (address_set_load(set, 0, &kv) && address_set_committed(set) != n)
		abort();
	address_set_destroy(set);
}

static void fuzz_address(const char *text)
{
	char normal[IP_TEXT_SIZE], mac_text[MAC_TEXT_SIZE];
	uint8_t mac[6], mac_again[6];
	struct ip ip, again;

	if (ip_parse(&ip, text)) {
		ip_format(&ip, normal);
		if (!ip_parse(&again, normal) || ip_compare(&ip, &again) != 0)
			abort();
	}
	if (mac_parse(mac, text)) {
		mac_format(mac, mac_text);
		if (!mac_parse(mac_again, mac_text) || memcmp(mac, mac_again, 6) != 0)
			abort();
	}
}

static void fuzz_name(const char *text)
{
	char parent[NAME_MAX_SIZE], project[NAME_MAX_SIZE];
	struct status st = STATUS_INIT;

	name_parent(text, parent);
	name_project(text, project);
	/* Who has such a name lives in a project of a good name. */
	if (name_matches(text, "projects/*/ports/*") &&
	    (!name_matches(project, "projects/*") || strcmp(parent, project) != 0))
		abort();
	if (id_check(text, "id", &st) == 0 && (strlen(text) > 63 || strchr(text, '/')))
		abort();
	port_id_of_switch_name(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const fuzz[])(const char *text) = { fuzz_filter, fuzz_cidr, fuzz_address,
							  fuzz_name,   fuzz_rule, fuzz_prefix };
	char *text;

	if (size == 0)
		return 0;
	text = xmalloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 0xff)
		fuzz_chunk(data + 1, size - 1);
	else
		fuzz[data[0] % ARRAY_LENGTH(fuzz)](text);
	free(text);
	return 0;
}
