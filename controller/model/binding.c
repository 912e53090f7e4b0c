#include "controller/model/binding.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_OPTION_VALUE 1024
#define DEFAULT_MEMORY	 "512M"

struct kind_option {
	Weft__V1__BindingKind kind;
	const char *key;
	bool is_required;
	const char *help;
	bool (*is_good)(const char *value);
};

static bool is_text(const char *value)
{
	return *value != '\0';
}

static bool is_size(const char *value)
{
	char *end;
	unsigned long long n = strtoull(value, &end, 10);

	return *value >= '1' && *value <= '9' && n < 1000000 &&
	       (strcmp(end, "M") == 0 || strcmp(end, "G") == 0);
}

static bool is_number(const char *value, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	return *value >= '0' && *value <= '9' && !*end && n >= min && n <= max;
}

static bool is_queues(const char *value)
{
	return is_number(value, 1, 16);
}

static bool is_vectors(const char *value)
{
	return is_number(value, 0, 128);
}

/* What the kernel allows, less what a shell or an XML document would take amiss. */
static bool is_ifname(const char *value)
{
	size_t n =
		strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@");

	return n > 0 && n < 16 && !value[n] && value[0] != '.';
}

static const struct kind_option options[] = {
	{ WEFT__V1__BINDING_KIND__VHOST_USER, "memory", false,
	  "give megabytes or gigabytes, as 512M", is_size },
	{ WEFT__V1__BINDING_KIND__VHOST_USER, "queues", false, "give 1 to 16", is_queues },
	{ WEFT__V1__BINDING_KIND__VHOST_USER, "vectors", false, "give 0 to 128", is_vectors },
	{ WEFT__V1__BINDING_KIND__TAP, "netns", false, "give a path or a name of ip netns",
	  is_text },
	{ WEFT__V1__BINDING_KIND__TAP, "ifname", false,
	  "give an interface name of 1 to 15 characters", is_ifname },
	{ WEFT__V1__BINDING_KIND__VETH, "ifname", true, "give the name of an existing interface",
	  is_ifname },
	{ WEFT__V1__BINDING_KIND__DPDK, "devargs", true,
	  "give DPDK's words for the device, as "
	  "0000:03:00.0 or net_null0",
	  is_text },
};

static const struct kind_option *find_option(Weft__V1__BindingKind kind, const char *key)
{
	for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
		if (options[i].kind == kind && strcmp(options[i].key, key) == 0)
			return &options[i];
	return NULL;
}

static bool has_option(const Weft__V1__AttachPortRequest *request, const char *key)
{
	for (size_t i = 0; i < request->n_options; i++)
		if (strcmp(request->options[i]->key, key) == 0)
			return true;
	return false;
}

static const char *kind_name(Weft__V1__BindingKind kind)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&weft__v1__binding_kind__descriptor, kind);

	return v ? v->name : "";
}

static int unknown_option(Weft__V1__BindingKind kind, const char *key, struct status *st)
{
	struct buf known = BUF_INIT;
	char path[FIELD_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
		if (options[i].kind == kind)
			buf_printf(&known, "%s%s", known.size ? ", " : "", options[i].key);
	snprintf(path, sizeof(path), "options.%.60s", key);
	status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: %s has no such option: there are %s",
		   path, kind_name(kind), buf_str(&known));
	buf_fini(&known);
	return -1;
}

static int check_option(Weft__V1__BindingKind kind, const char *key, const char *value,
			struct status *st)
{
	const struct kind_option *o = find_option(kind, key);
	char path[FIELD_SIZE];

	if (!o)
		return unknown_option(kind, key, st);
	if (o->is_good(value) && strlen(value) <= MAX_OPTION_VALUE)
		return 0;
	snprintf(path, sizeof(path), "options.%s", key);
	return status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: \"%.100s\": %s", path, value,
			  o->help);
}

int binding_check(const Weft__V1__AttachPortRequest *request, struct status *st)
{
	char path[FIELD_SIZE];

	if (request->kind < WEFT__V1__BINDING_KIND__VHOST_USER ||
	    request->kind > WEFT__V1__BINDING_KIND__DPDK)
		return status_set(st, STATUS_INVALID_ARGUMENT, "kind",
				  "kind: give VHOST_USER, TAP, VETH or DPDK");
	if (request->n_options > 16)
		return status_set(st, STATUS_INVALID_ARGUMENT, "options",
				  "options: %zu options: give at most 16", request->n_options);
	for (size_t i = 0; i < request->n_options; i++)
		if (check_option(request->kind, request->options[i]->key,
				 request->options[i]->value, st) != 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
		const struct kind_option *o = &options[i];

		if (o->kind != request->kind || !o->is_required || has_option(request, o->key))
			continue;
		snprintf(path, sizeof(path), "options.%s", o->key);
		return status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: is required for %s: %s",
				  path, kind_name(request->kind), o->help);
	}
	return 0;
}

const char *binding_option(const Weft__V1__PortBinding *b, const char *key)
{
	for (size_t i = 0; i < b->n_options; i++)
		if (strcmp(b->options[i]->key, key) == 0)
			return b->options[i]->value;
	return NULL;
}

bool binding_is_as_asked(const Weft__V1__PortBinding *b, const Weft__V1__AttachPortRequest *request)
{
	if (b->kind != request->kind || strcmp(b->host, request->host) != 0 ||
	    b->n_options != request->n_options)
		return false;
	for (size_t i = 0; i < request->n_options; i++) {
		const char *value = binding_option(b, request->options[i]->key);

		if (!value || strcmp(value, request->options[i]->value) != 0)
			return false;
	}
	return true;
}

Weft__V1__PortBinding *binding_create(const Weft__V1__AttachPortRequest *request,
				      const char *switch_port)
{
	Weft__V1__PortBinding *b =
		(Weft__V1__PortBinding *)msg_create(&weft__v1__port_binding__descriptor);

	b->kind = request->kind;
	text_set(&b->host, request->host);
	text_set(&b->switch_port, switch_port);
	b->options = xcalloc(MAX_OF(request->n_options, 1u), sizeof(*b->options));
	for (size_t i = 0; i < request->n_options; i++) {
		Weft__V1__PortBinding__OptionsEntry *e =
			(void *)msg_create(&weft__v1__port_binding__options_entry__descriptor);

		text_set(&e->key, request->options[i]->key);
		text_set(&e->value, request->options[i]->value);
		b->options[b->n_options++] = e;
	}
	return b;
}

/* QEMU takes a comma in a value doubled. */
static void add_escaped(struct buf *out, const char *value)
{
	for (; *value; value++)
		buf_printf(out, *value == ',' ? ",," : "%c", *value);
}

static void add_arg(Weft__V1__PortBinding *b, struct buf *arg)
{
	texts_add(&b->qemu_args, &b->n_qemu_args, buf_str(arg));
	buf_clear(arg);
}

static void add_args(Weft__V1__PortBinding *b, const char *first, struct buf *second)
{
	texts_add(&b->qemu_args, &b->n_qemu_args, first);
	add_arg(b, second);
}

static void add_device(Weft__V1__Port *p, struct buf *arg, const char *id, const char *queues)
{
	Weft__V1__PortBinding *b = p->binding;
	const char *vectors = binding_option(b, "vectors");

	buf_printf(arg, "virtio-net-pci,netdev=%s,mac=%s,host_mtu=%u", id, p->mac_address, b->mtu);
	if (queues)
		buf_puts(arg, ",mq=on");
	if (vectors)
		buf_printf(arg, ",vectors=%s", vectors);
	add_args(b, "-device", arg);
}

static void vhost_user_args(Weft__V1__Port *p)
{
	Weft__V1__PortBinding *b = p->binding;
	const char *memory = binding_option(b, "memory"), *queues = binding_option(b, "queues");
	const char *id = b->switch_port;
	struct buf arg = BUF_INIT;

	memory = memory ? memory : DEFAULT_MEMORY;
	if (queues && strcmp(queues, "1") == 0)
		queues = NULL;
	buf_printf(&arg, "%s", memory);
	add_args(b, "-m", &arg);
	buf_printf(&arg, "memory-backend-memfd,id=weft-mem,size=%s,share=on", memory);
	add_args(b, "-object", &arg);
	buf_puts(&arg, "memory-backend=weft-mem");
	add_args(b, "-machine", &arg);
	buf_printf(&arg, "socket,id=%s-chr,path=", id);
	add_escaped(&arg, b->socket_path);
	buf_puts(&arg, ",reconnect=1");
	add_args(b, "-chardev", &arg);
	buf_printf(&arg, "vhost-user,id=%s,chardev=%s-chr,queues=%s", id, id,
		   queues ? queues : "1");
	add_args(b, "-netdev", &arg);
	add_device(p, &arg, id, queues);
	buf_fini(&arg);
}

static void add_xml_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '\'':
			buf_puts(out, "&apos;");
			break;
		default:
			buf_printf(out, "%c", *text);
		}
	}
}

/* libvirt refuses <mtu> on vhostuser; host_mtu is left to its default there. */
static void vhost_user_xml(const Weft__V1__Port *p, struct buf *xml)
{
	const char *queues = binding_option(p->binding, "queues");

	buf_printf(xml,
		   "<interface type='vhostuser'>\n  <mac address='%s'/>\n"
		   "  <source type='unix' path='",
		   p->mac_address);
	add_xml_text(xml, p->binding->socket_path);
	buf_puts(xml, "' mode='client'>\n    <reconnect enabled='yes' timeout='1'/>\n  </source>\n"
		      "  <model type='virtio'/>\n");
	if (queues)
		buf_printf(xml, "  <driver queues='%s'/>\n", queues);
	buf_puts(xml, "</interface>\n");
}

void binding_fill(Weft__V1__Port *p, const struct plug_result *result, uint32_t mtu)
{
	Weft__V1__PortBinding *b = p->binding;
	struct buf xml = BUF_INIT;

	msg_field_clear(&b->base, msg_field(&b->base, "qemu_args"));
	b->of_port = result->of_port;
	b->mtu = mtu;
	text_set(&b->socket_path, result->socket_path);
	text_set(&b->interface_name, result->interface_name);
	if (b->kind == WEFT__V1__BINDING_KIND__VHOST_USER) {
		vhost_user_args(p);
		vhost_user_xml(p, &xml);
	}
	text_set(&b->libvirt_xml, buf_str(&xml));
	buf_fini(&xml);
}
