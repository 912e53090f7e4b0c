#ifndef CONTROLLER_MODEL_IP_H
#define CONTROLLER_MODEL_IP_H

/* IP and MAC addresses of resources: text to bytes and back, and ranges. */

#include "lib/util.h"

#define IP_TEXT_SIZE  46
#define MAC_TEXT_SIZE 18

/* Network order; IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that one order and one
 * length serve both. */
struct ip {
	uint8_t bytes[16];
};

struct ip_range {
	struct ip first, last;
	unsigned length; /* of the prefix in 128 bits: an IPv4 /24 is 120 */
};

/* Numeric IPv4 or IPv6 text; IPv4-mapped text is refused. */
bool ip_parse(struct ip *ip, const char *text);
bool ip_is_v4(const struct ip *ip);
void ip_format(const struct ip *ip, char text[IP_TEXT_SIZE]);
int ip_compare(const struct ip *a, const struct ip *b);
/* The next address; all ones becomes zero. */
void ip_increment(struct ip *ip);
bool ip_range_has(const struct ip_range *r, const struct ip *ip);

/* "10.0.0.0/24"; NULL, or what is wrong with it. */
const char *ip_parse_cidr(struct ip_range *r, const char *text);
/* As ip_parse_cidr(), but a single address is good as well, and a length of 0. */
const char *ip_parse_prefix(struct ip_range *r, const char *text);
/* Fill LAST from FIRST and LENGTH; NULL, or what is wrong. */
const char *ip_range_end(struct ip_range *r);
void ip_format_cidr(const struct ip_range *r, char text[IP_TEXT_SIZE + 4]);
/* Why IP cannot be a host's address in R (network, broadcast, anycast), or NULL. */
const char *ip_range_reserves(const struct ip_range *r, const struct ip *ip);

/* "02:00:00:00:00:01". */
bool mac_parse(uint8_t mac[6], const char *text);
void mac_format(const uint8_t mac[6], char text[MAC_TEXT_SIZE]);

#endif
