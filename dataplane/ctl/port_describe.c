#include "dataplane/ctl/port_describe.h"

#include <stdio.h>

#include <openflow/openflow-1.3.h>

/* A port has a MAC of its own in OpenFlow; one that the guest's is not known for gets one made
 * from its number, in the range for local use. */
static void mac_of(const struct port_info *info, uint8_t mac[6])
{
	if (info->has_mac) {
		memcpy(mac, info->mac, 6);
		return;
	}
	mac[0] = 0x0a;
	mac[1] = 0;
	store_be32(mac + 2, info->number);
}

void port_describe(const struct port_info *info, struct of_port *out)
{
	uint32_t config = out->config;

	*out = (struct of_port){
		.port_no = info->number,
		.config = config,
		.state = info->is_up ? 0 : OFPPS_LINK_DOWN,
		.curr_speed = info->speed_mbps * 1000,
		.max_speed = info->speed_mbps * 1000,
	};
	mac_of(info, out->hw_addr);
	snprintf(out->name, sizeof(out->name), "%s", info->name);
}

void port_describe_stats(const struct port_info *info, const struct port_stats *stats,
			 uint64_t now_ns, struct of_port_stats *out)
{
	uint64_t age_ns = now_ns - info->added_ns;

	*out = (struct of_port_stats){
		.port_no = info->number,
		.rx_packets = stats->rx_packets,
		.tx_packets = stats->tx_packets,
		.rx_bytes = stats->rx_bytes,
		.tx_bytes = stats->tx_bytes,
		.rx_dropped = stats->rx_dropped,
		.tx_dropped = stats->tx_dropped,
		.rx_errors = stats->rx_errors,
		.tx_errors = stats->tx_errors,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
	};
}

/* Tenths of a percent, at least one. */
static uint16_t rate_of(uint64_t kbps, uint32_t speed_mbps)
{
	uint64_t rate;

	if (!kbps || !speed_mbps)
		return OF_RATE_UNSET;
	rate = kbps / speed_mbps;
	return MAX_OF(MIN_OF(rate, 1000), 1);
}

void port_describe_queue(const struct port_info *info, const struct port_queue_info *queue,
			 const struct port_queue_stats *stats, uint64_t now_ns,
			 struct of_queue_desc *desc, struct of_queue_stats *out)
{
	uint64_t age_ns = now_ns - info->added_ns;

	*desc = (struct of_queue_desc){
		.port_no = info->number,
		.queue_id = queue->id,
		.min_rate = OF_RATE_UNSET,
		.max_rate = rate_of(queue->max_kbps, info->speed_mbps),
	};
	*out = (struct of_queue_stats){
		.port_no = info->number,
		.queue_id = queue->id,
		.tx_packets = stats->tx_packets,
		.tx_bytes = stats->tx_bytes,
		.tx_errors = stats->tx_errors,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
	};
}
