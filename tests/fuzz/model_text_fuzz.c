/* fuzz: component=controller */

/* Texts of API requests that the model parses itself: filters, prefixes, addresses, names.  The
 * first byte chooses.  What is accepted is in normal form, and its normal form means the same. */

#include <stdlib.h>

#include "controller/model/filter.h"
#include "controller/model/ip.h"
#include "controller/model/name.h"
#include "controller/model/reflect.h"
#include "controller/model/report.h"
#include "proto/weft/v1/port.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
							  fuzz_name };
	char *text;

	if (size == 0)
		return 0;
	text = xmalloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	fuzz[data[0] % ARRAY_LENGTH(fuzz)](text);
	free(text);
	return 0;
}
