#include "controller/model/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool ip_parse(struct ip *ip, const char *text)
{
	memcpy(ip->bytes, v4_prefix, sizeof(v4_prefix));
	if (inet_pton(AF_INET, text, ip->bytes + 12) == 1)
		return true;
	return inet_pton(AF_INET6, text, ip->bytes) == 1 && !ip_is_v4(ip);
}

void ip_format(const struct ip *ip, char text[IP_TEXT_SIZE])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + 12, text, IP_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, ip->bytes, text, IP_TEXT_SIZE);
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

void ip_increment(struct ip *ip)
{
	for (int i = 15; i >= 0 && ++ip->bytes[i] == 0; i--)
		;
}

bool ip_range_has(const struct ip_range *r, const struct ip *ip)
{
	return ip_compare(ip, &r->first) >= 0 && ip_compare(ip, &r->last) <= 0;
}

const char *ip_range_end(struct ip_range *r)
{
	r->last = r->first;
	for (unsigned bit = r->length; bit < 128; bit++) {
		uint8_t mask = 0x80 >> (bit % 8);

		if (r->first.bytes[bit / 8] & mask)
			return "bits beyond the prefix length are set";
		r->last.bytes[bit / 8] |= mask;
	}
	return NULL;
}

static const char *parse_range(struct ip_range *r, const char *text, const char *slash,
			       unsigned min_length)
{
	char address[IP_TEXT_SIZE];
	unsigned long length;
	char *end;
	bool is_v4;

	if ((size_t)(slash - text) >= sizeof(address))
		return "the part before '/' is no IP address";
	memcpy(address, text, slash - text);
	address[slash - text] = '\0';
	if (!ip_parse(&r->first, address))
		return "the part before '/' is no IP address";
	is_v4 = ip_is_v4(&r->first);
	length = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || length > (is_v4 ? 32 : 128) ||
	    length < min_length) {
		if (min_length)
			return is_v4 ? "the prefix length must be 1 to 32"
				     : "the prefix length must be 1 to 128";
		return is_v4 ? "the prefix length must be 0 to 32"
			     : "the prefix length must be 0 to 128";
	}
	r->length = is_v4 ? length + 96 : length;
	return ip_range_end(r);
}

const char *ip_parse_cidr(struct ip_range *r, const char *text)
{
	const char *slash = strchr(text, '/');

	if (!slash)
		return "give an address and a prefix length, as 10.0.0.0/24";
	return parse_range(r, text, slash, 1);
}

const char *ip_parse_prefix(struct ip_range *r, const char *text)
{
	const char *slash = strchr(text, '/');

	if (slash)
		return parse_range(r, text, slash, 0);
	if (!ip_parse(&r->first, text))
		return "give an IP address, or one with a prefix length, as 10.0.0.0/24";
	r->length = 128;
	return ip_range_end(r);
}

void ip_format_cidr(const struct ip_range *r, char text[IP_TEXT_SIZE + 4])
{
	size_t n;

	ip_format(&r->first, text);
	n = strlen(text);
	snprintf(text + n, IP_TEXT_SIZE + 4 - n, "/%u",
		 ip_is_v4(&r->first) ? r->length - 96 : r->length);
}

const char *ip_range_reserves(const struct ip_range *r, const struct ip *ip)
{
	/* Two addresses or one: all are hosts' (RFC 3021, RFC 6164). */
	if (r->length >= 127)
		return NULL;
	if (ip_compare(ip, &r->first) == 0)
		return ip_is_v4(ip) ? "is the subnet's network address"
				    : "is the subnet's router anycast address (RFC 4291)";
	if (ip_is_v4(ip) && ip_compare(ip, &r->last) == 0)
		return "is the subnet's broadcast address";
	return NULL;
}

bool mac_parse(uint8_t mac[6], const char *text)
{
	for (int i = 0; i < 6; i++, text += 3) {
		char digits[3] = { text[0], text[0] ? text[1] : '\0', '\0' };
		char *end;

		mac[i] = strtoul(digits, &end, 16);
		if (end != digits + 2 || digits[0] == ' ' || digits[0] == '+' || digits[0] == '-' ||
		    text[2] != (i < 5 ? ':' : '\0'))
			return false;
	}
	return true;
}

void mac_format(const uint8_t mac[6], char text[MAC_TEXT_SIZE])
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}
