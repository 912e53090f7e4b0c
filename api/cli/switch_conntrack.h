#ifndef API_CLI_SWITCH_CONNTRACK_H
#define API_CLI_SWITCH_CONNTRACK_H

/* What the verbs of `weft switch conntrack` share: which connections are meant, and one connection
 * as text. */

#include "api/cli/switch_verbs.h"
#include "api/cli/table.h"

typedef Weft__Switch__V1__TrackedConnection sw_connection;
typedef Weft__Switch__V1__ConnectionFilter sw_connection_filter;

#define SW_CONNECTION_OPTIONS                                                                      \
	{ .name = "zone", .value = "ZONE", .help = "only of this zone, 0 to 65535" },              \
		{ .name = "proto",                                                                 \
		  .value = "PROTOCOL",                                                             \
		  .help = "only of this protocol, by name or number",                              \
		  .choices = "tcp udp icmp icmpv6 sctp gre" },                                     \
		{ .name = "src",                                                                   \
		  .value = "ADDRESS",                                                              \
		  .help = "only those begun by this address or prefix" },                          \
		{ .name = "dst",                                                                   \
		  .value = "ADDRESS",                                                              \
		  .help = "only those begun towards this address or prefix" },                     \
		{ .name = "sport", .value = "PORT", .help = "only begun from this port" },         \
		{ .name = "dport", .value = "PORT", .help = "only begun towards this port" },      \
		{ .name = "state",                                                                 \
		  .value = "STATE",                                                                \
		  .help = "only in this state, as the list shows it",                              \
		  .choices = "SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK "         \
			     "TIME_WAIT CLOSE UNANSWERED ANSWERED STREAM" },                       \
		{ .name = "mark",                                                                  \
		  .value = "N[/MASK]",                                                             \
		  .help = "only with this mark, of the bits of the mask" },                        \
	{                                                                                          \
		.name = "label", .value = "N[/MASK]",                                              \
		.help = "only with this label, of the bits of the mask"                            \
	}

/* By those options.  0, or -1 with ST filled.  *IS_EMPTY: none was given. */
int sw_connection_filter_read(const struct cli_args *args, sw_connection_filter *filter,
			      bool *is_empty, struct status *st);

/* A row of the table with these columns. */
#define SW_CONNECTION_HEADS                                                                        \
	{                                                                                          \
		">ZONE", "PROTOCOL", "STATE", "FROM", "TO", "NAT", ">MARK", ">LEFT", "NOTES", NULL \
	}
void sw_connection_row(struct cli_table *table, const sw_connection *c);
/* A line as conntrack -L writes it, and as ovs-appctl dpctl/dump-conntrack does. */
void sw_connection_as_conntrack(const sw_connection *c, struct buf *out);
void sw_connection_as_ovs(const sw_connection *c, struct buf *out);

#endif
