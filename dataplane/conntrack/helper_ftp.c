/* FTP: the client says PORT (RFC 959) or EPRT (RFC 2428) and where it takes the data connection, or
 * the server does in its answers 227 and 229. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include "dataplane/conntrack/helper_class.h"

enum form {
	FORM_COMMAS, /* 10,0,0,1,4,1 */
	FORM_EPRT,   /* |1|10.0.0.1|1025| */
	FORM_EPSV,   /* |||1025| */
};

/* What is left of a line. */
struct line {
	const uint8_t *at, *end;
};

static size_t left(const struct line *l)
{
	return l->end - l->at;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool skip(struct line *l, uint8_t c)
{
	if (!left(l) || *l->at != c)
		return false;
	l->at++;
	return true;
}

/* Letters of either case, as RFC 959 has it; WORD is in capitals. */
static bool skip_word(struct line *l, const char *word)
{
	size_t n = strlen(word);

	if (left(l) < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = l->at[i];

		if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != (uint8_t)word[i])
			return false;
	}
	l->at += n;
	return true;
}

/* A decimal number of at most MAX and as many digits. */
static bool number(struct line *l, uint32_t max, uint32_t *out)
{
	const uint8_t *start = l->at;
	uint32_t room = max;

	*out = 0;
	for (; left(l) && is_digit(*l->at); l->at++, room /= 10) {
		if (!room)
			return false;
		*out = *out * 10 + (*l->at - '0');
	}
	return l->at > start && *out <= max;
}

static bool is_end(const struct line *l)
{
	for (const uint8_t *p = l->at; p < l->end; p++) {
		if (*p != ' ')
			return false;
	}
	return true;
}

/* h1,h2,h3,h4,p1,p2 */
static bool parse_commas(struct line *l, struct helper_announcement *out)
{
	uint8_t bytes[6];

	for (unsigned i = 0; i < 6; i++) {
		uint32_t v;

		if ((i > 0 && !skip(l, ',')) || !number(l, 255, &v))
			return false;
		bytes[i] = v;
	}
	out->form = FORM_COMMAS;
	out->family = 4;
	memcpy(out->address.bytes, bytes, 4);
	memcpy(&out->port, bytes + 4, 2);
	return true;
}

/* The delimiter that begins L: any that is no letter of an address (RFC 2428 section 2). */
static bool delimiter(struct line *l, uint8_t *out)
{
	if (!left(l))
		return false;
	*out = *l->at++;
	return *out >= 33 && *out <= 126 && !is_digit(*out) && *out != '.' && *out != ':';
}

static bool port_and_delimiter(struct line *l, struct helper_announcement *out)
{
	uint32_t port;

	if (!number(l, 65535, &port) || !skip(l, out->delimiter))
		return false;
	store_be16(&out->port, port);
	return true;
}

static bool address(struct line *l, struct helper_announcement *out)
{
	const uint8_t *end = memchr(l->at, out->delimiter, left(l));
	char text[INET6_ADDRSTRLEN];
	size_t size = end ? (size_t)(end - l->at) : 0;

	if (size == 0 || size >= sizeof(text))
		return false;
	memcpy(text, l->at, size);
	text[size] = '\0';
	l->at = end + 1;
	return inet_pton(out->family == 4 ? AF_INET : AF_INET6, text, out->address.bytes) == 1;
}

/* |1|132.235.1.2|6275| or |2|1080::8:800:200C:417A|5282| */
static bool parse_eprt(struct line *l, struct helper_announcement *out)
{
	uint32_t protocol;

	if (!delimiter(l, &out->delimiter) || !number(l, 2, &protocol) || protocol == 0 ||
	    !skip(l, out->delimiter))
		return false;
	out->form = FORM_EPRT;
	out->family = protocol == 1 ? 4 : 6;
	return address(l, out) && port_and_delimiter(l, out);
}

/* |||6446| */
static bool parse_epsv(struct line *l, struct helper_announcement *out)
{
	if (!delimiter(l, &out->delimiter) || !skip(l, out->delimiter) || !skip(l, out->delimiter))
		return false;
	out->form = FORM_EPSV;
	return port_and_delimiter(l, out);
}

/* L and START are in the line at DATA; what lies between is the text. */
static bool told(const struct line *l, const uint8_t *start, const uint8_t *data,
		 struct helper_announcement *out)
{
	out->offset = start - data;
	out->size = l->at - start;
	return out->size <= HELPER_TEXT_MAX && out->port;
}

static bool parse_command(struct line l, const uint8_t *data, struct helper_announcement *out)
{
	const uint8_t *start;
	bool is_port = skip_word(&l, "PORT ");

	if (!is_port && !skip_word(&l, "EPRT "))
		return false;
	while (skip(&l, ' '))
		;
	start = l.at;
	if (is_port ? !parse_commas(&l, out) : !parse_eprt(&l, out))
		return false;
	return is_end(&l) && told(&l, start, data, out);
}

/* "227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)"; some leave the parentheses out, so what counts
 * is where the digits begin (RFC 1123 section 4.1.2.6). */
static bool parse_227(struct line l, const uint8_t *data, struct helper_announcement *out)
{
	const uint8_t *start;

	while (left(&l) && !is_digit(*l.at))
		l.at++;
	start = l.at;
	return parse_commas(&l, out) && told(&l, start, data, out);
}

/* "229 Entering Extended Passive Mode (|||6446|)" */
static bool parse_229(struct line l, const uint8_t *data, struct helper_announcement *out)
{
	const uint8_t *start;

	while (left(&l) && *l.at != '(')
		l.at++;
	if (!skip(&l, '('))
		return false;
	start = l.at;
	return parse_epsv(&l, out) && told(&l, start, data, out) && skip(&l, ')');
}

static bool parse(bool is_reply, const uint8_t *data, size_t size, struct helper_announcement *out)
{
	struct line l = { data, data + size };

	*out = (struct helper_announcement){ 0 };
	if (!is_reply)
		return parse_command(l, data, out);
	if (skip_word(&l, "227 "))
		return parse_227(l, data, out);
	return skip_word(&l, "229 ") && parse_229(l, data, out);
}

static size_t print(const struct helper_announcement *a, uint8_t family,
		    const struct ct_address *address_to, uint16_t port, char *text)
{
	const uint8_t *h = address_to->bytes, *p = (const uint8_t *)&port;
	char name[INET6_ADDRSTRLEN];
	uint8_t d = a->delimiter;

	switch ((enum form)a->form) {
	case FORM_COMMAS:
		return snprintf(text, HELPER_TEXT_MAX, "%u,%u,%u,%u,%u,%u", h[0], h[1], h[2], h[3],
				p[0], p[1]);
	case FORM_EPRT:
		inet_ntop(family == 4 ? AF_INET : AF_INET6, h, name, sizeof(name));
		return snprintf(text, HELPER_TEXT_MAX, "%c%c%c%s%c%u%c", d, family == 4 ? '1' : '2',
				d, name, d, load_be16(p), d);
	case FORM_EPSV:
		return snprintf(text, HELPER_TEXT_MAX, "%c%c%c%u%c", d, d, d, load_be16(p), d);
	}
	return 0;
}

static const struct helper_class helper_ftp = {
	.name = "ftp", .proto = IPPROTO_TCP, .port = 21, .parse = parse, .print = print
};
REGISTRY_ADD(helper_class, helper_ftp);
