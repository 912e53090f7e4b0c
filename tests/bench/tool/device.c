#include "tests/bench/tool/device.h"

#include <errno.h>
#include <rte_alarm.h>
#include <rte_bus.h>
#include <rte_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "dataplane/port/netns.h"
#include "dataplane/worker/hush.h"
#include "lib/addr.h"
#include "tests/bench/tool/frame.h"

enum {
	N_DESCRIPTORS = 1024,
	N_BUFFERS = 8191,
	N_LARGE_BUFFERS = 4095,
	CACHE_SIZE = 256,
	MAX_PATH = 108, /* of a Unix socket, with its NUL */
	MAX_IFNAME = 16,
	MAX_SMALL_FRAME = 1800, /* with room for what frame_put() writes behind it, and for tags */
	LARGE_FRAME = 10240,
	LARGE_ROOM = LARGE_FRAME + RTE_PKTMBUF_HEADROOM,
};

/* --- names --- */

enum { WORD_SERVER = 1, WORD_CLIENT = 2, WORD_NETNS = 4, WORD_ID = 8 };

/* A short name: TYPE:NAME[,WORD...]. */
struct kind {
	const char *type, *what, *format; /* of number and name */
	size_t max_name;
	unsigned words;
};

static const struct kind kinds[] = {
	{ "vhost-user", "a socket's path", "net_vhost%u,iface=%s,queues=1", MAX_PATH, WORD_CLIENT },
	{ "virtio-user", "a socket's path", "net_virtio_user%u,path=%s,queues=1,queue_size=1024",
	  MAX_PATH, WORD_SERVER },
	{ "memif", "a socket's path", "net_memif%u,socket=%s,socket-abstract=no", MAX_PATH,
	  WORD_SERVER | WORD_ID },
	{ "tap", "an interface's name", "net_tap%u,iface=%s", MAX_IFNAME, WORD_NETNS },
	{ "af_packet", "an interface's name", "net_af_packet%u,iface=%s,qdisc_bypass=1", MAX_IFNAME,
	  WORD_NETNS },
};

static int refuse(const char *text, const char *option, struct status *st)
{
	return status_set(
		st, STATUS_INVALID_ARGUMENT, option,
		"--%s: '%.100s' is not a port: give dpdk:DEVICE, vhost-user:PATH[,client], "
		"virtio-user:PATH[,server], memif:PATH[,server][,id=N], "
		"tap:NAME[,netns=NS] or af_packet:NAME[,netns=NS]",
		option, text);
}

static const struct kind *find_kind(const char *text)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		size_t n = strlen(kinds[i].type);

		if (strncmp(text, kinds[i].type, n) == 0 && text[n] == ':')
			return &kinds[i];
	}
	return NULL;
}

static size_t append(char *to, size_t size, const char *more)
{
	size_t n = strlen(to);

	return n + snprintf(to + n, size - n, "%s", more);
}

/* One word behind the name, appended to DEVARGS as the driver has it. */
static int add_word(const struct kind *k, const char *word, char *devargs, size_t size, char *netns)
{
	if ((k->words & WORD_CLIENT) && strcmp(word, "client") == 0) {
		append(devargs, size, ",client=1");
	} else if ((k->words & WORD_SERVER) && strcmp(word, "server") == 0) {
		append(devargs, size, k->words & WORD_ID ? ",role=server" : ",server=1");
	} else if ((k->words & WORD_ID) && strncmp(word, "id=", 3) == 0 &&
		   strspn(word + 3, "0123456789") == strlen(word + 3) && word[3] &&
		   strlen(word) <= 12) {
		append(devargs, size, ",");
		append(devargs, size, word);
	} else if ((k->words & WORD_NETNS) && strncmp(word, "netns=", 6) == 0 && word[6]) {
		netns_path(word + 6, netns, 256);
	} else {
		return -1;
	}
	return 0;
}

int device_parse(const char *text, unsigned n, char *devargs, size_t size, char *netns,
		 const char *option, struct status *st)
{
	const struct kind *k = find_kind(text);
	char copy[256], *at = copy, *name, *word;

	*netns = '\0';
	if (strncmp(text, "dpdk:", 5) == 0 && text[5]) {
		if ((size_t)snprintf(devargs, size, "%s", text + 5) < size)
			return 0;
		return refuse(text, option, st);
	}
	if (!k ||
	    (size_t)snprintf(copy, sizeof(copy), "%s", text + strlen(k->type) + 1) >= sizeof(copy))
		return refuse(text, option, st);
	name = strsep(&at, ",");
	if (!*name || strlen(name) >= k->max_name)
		return status_set(st, STATUS_INVALID_ARGUMENT, option,
				  "--%s: '%.100s': %s is to have 1 to %zu characters", option, text,
				  k->what, k->max_name - 1);
	snprintf(devargs, size, k->format, n, name);
	while ((word = strsep(&at, ",")))
		if (add_word(k, word, devargs, size, netns) < 0)
			return refuse(text, option, st);
	return 0;
}

bool device_connects(const char *text)
{
	return strncmp(text, "virtio-user:", 12) == 0 ||
	       (strncmp(text, "memif:", 6) == 0 && !strstr(text, ",server"));
}

/* --- opening --- */

struct opening {
	struct device *device;
	const char *devargs, *option;
	unsigned frame_size;
	struct status *st;
	const char *what; /* failed, and why: an errno */
	int error;
};

/* WHAT and the reason; open_here() makes the message of them when it has heard the driver. */
static int fail(struct opening *o, const char *what, int error)
{
	o->what = what;
	o->error = error;
	return -1;
}

static int plug(struct opening *o)
{
	struct rte_dev_iterator it;
	uint16_t id;
	int rc = rte_dev_probe(o->devargs);

	if (rc < 0)
		return fail(o,
			    "DPDK cannot make it. Is it there, does somebody listen at its socket, "
			    "is a PCI device bound to vfio-pci, are you root?",
			    -rc);
	o->device->is_plugged = true;
	RTE_ETH_FOREACH_MATCHING_DEV(id, o->devargs, &it)
	{
		if (o->device->ethdev == RTE_MAX_ETHPORTS)
			o->device->ethdev = id;
	}
	return o->device->ethdev == RTE_MAX_ETHPORTS ? fail(o, "no network device", ENODEV) : 0;
}

static int make_pool(struct opening *o)
{
	bool is_large = o->frame_size > MAX_SMALL_FRAME;
	unsigned room = is_large ? LARGE_ROOM : RTE_MBUF_DEFAULT_BUF_SIZE;
	char name[32];

	snprintf(name, sizeof(name), "bench-%u", o->device->ethdev);
	o->device->pool = rte_pktmbuf_pool_create(name, is_large ? N_LARGE_BUFFERS : N_BUFFERS,
						  CACHE_SIZE, 0, room, SOCKET_ID_ANY);
	if (o->device->pool)
		return 0;
	return fail(o, "no memory for packet buffers; --memory MB gives more", rte_errno);
}

static_assert((int)FRAME_ROOM <= (int)LARGE_FRAME, "frame_put() writes within the buffer");

static int set_up_queues(const struct device *d, const struct rte_eth_conf *conf)
{
	uint16_t n_rx = N_DESCRIPTORS, n_tx = N_DESCRIPTORS;
	int ret = rte_eth_dev_configure(d->ethdev, 1, 1, conf);

	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(d->ethdev, &n_rx, &n_tx);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(d->ethdev, 0, n_rx, SOCKET_ID_ANY, NULL, d->pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(d->ethdev, 0, n_tx, SOCKET_ID_ANY, NULL);
	return ret;
}

static int set_up(struct opening *o)
{
	const struct device *d = o->device;
	unsigned mtu = o->frame_size - RTE_ETHER_HDR_LEN;
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(d->ethdev, &info);
	/* an interface of the kernel keeps its own, whatever net_af_packet believes it to be */
	bool has_mtu = mtu > RTE_ETHER_MTU && strncmp(d->text, "af_packet:", 10) != 0;

	if (ret == 0 && has_mtu && mtu > info.max_mtu)
		return status_set(o->st, STATUS_FAILED_PRECONDITION, "size",
				  "--size: %s takes no frames of %u bytes", d->text,
				  o->frame_size + RTE_ETHER_CRC_LEN);
	if (has_mtu)
		conf.rxmode.mtu = mtu;
	if (ret == 0)
		ret = set_up_queues(d, &conf);
	if (ret == 0 && has_mtu) {
		ret = rte_eth_dev_set_mtu(d->ethdev, mtu);
		ret = ret == -ENOTSUP ? 0 : ret;
	}
	if (ret == 0)
		ret = rte_eth_dev_start(d->ethdev);
	if (ret < 0)
		return fail(o, "cannot set it up", -ret);
	rte_eth_promiscuous_enable(d->ethdev); /* some have none to turn on */
	return 0;
}

static int open_here(void *arg)
{
	struct opening *o = arg;
	struct hush hush;
	char said[256];
	int rc;

	hush_begin(&hush);
	rc = plug(o) < 0 || make_pool(o) < 0 || set_up(o) < 0 ? -1 : 0;
	hush_end(&hush, false, said, sizeof(said));
	if (rc == 0)
		return 0;
	return status_set(o->st, STATUS_FAILED_PRECONDITION, o->option, "--%s: %s: %s (%s)",
			  o->option, o->device->text, o->what,
			  said[0] ? said : rte_strerror(o->error));
}

/* Of a run that was killed: nobody listens there any more. */
static void remove_stale(const char *text)
{
	struct status st = STATUS_INIT;
	struct addr address;
	char *path;

	if (strncmp(text, "vhost-user:", 11) != 0)
		return;
	path = xasprintf("unix:%.*s", (int)strcspn(text + 11, ","), text + 11);
	if (addr_parse(&address, path, NULL, &st) == 0)
		addr_remove_stale(&address);
	free(path);
}

int device_open(struct device *d, const char *text, unsigned n, unsigned frame_size,
		const char *option, struct status *st)
{
	char devargs[384];
	struct opening o = { d, devargs, option, frame_size, st, "", 0 };

	device_init(d);
	snprintf(d->text, sizeof(d->text), "%s", text);
	if (device_parse(text, n, devargs, sizeof(devargs), d->netns, option, st) < 0)
		return -1;
	if (strncmp(text, "af_packet:", 10) == 0) /* LARGE_FRAME, twice in a block */
		append(devargs, sizeof(devargs),
		       frame_size > MAX_SMALL_FRAME ? ",framesz=10240,blocksz=20480,framecnt=1024"
						    : ",blocksz=65536,framecnt=4096");
	remove_stale(text);
	if (netns_call(d->netns, open_here, &o, st) == 0)
		return 0;
	device_close(d);
	return -1;
}

static int close_here(void *arg)
{
	struct device *d = arg;
	struct rte_eth_dev_info info;
	struct rte_device *dev = NULL;

	if (d->ethdev != RTE_MAX_ETHPORTS && rte_eth_dev_info_get(d->ethdev, &info) == 0) {
		dev = info.device;
		rte_eth_dev_stop(d->ethdev);
		rte_eth_dev_close(d->ethdev);
	}
	if (d->is_plugged && dev)
		rte_dev_remove(dev);
	return 0;
}

void device_close(struct device *d)
{
	struct status st = STATUS_INIT;
	struct hush hush;
	char why[16];

	hush_begin(&hush);
	netns_call(d->netns, close_here, d, &st);
	hush_end(&hush, false, why, sizeof(why));
	rte_mempool_free(d->pool);
	device_init(d);
}

/* --- while it is there --- */

static bool is_up(const struct device *d)
{
	struct rte_eth_link link = { 0 };

	return rte_eth_link_get_nowait(d->ethdev, &link) == 0 && link.link_status;
}

int devices_wait(struct device *const *list, unsigned n, unsigned seconds, const bool *stop,
		 struct status *st)
{
	struct timespec nap = { .tv_nsec = 10 * NS_PER_MS };
	unsigned n_naps = seconds * 100, i = 0;

	while (i < n && !__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		if (is_up(list[i])) {
			i++;
			continue;
		}
		if (!n_naps--)
			return status_set(
				st, STATUS_UNAVAILABLE, NULL,
				"%s has no link after %u s: is its other side there and up? "
				"--wait SECONDS waits longer",
				list[i]->text, seconds);
		nanosleep(&nap, NULL);
	}
	return 0;
}

static void set_true(void *arg)
{
	__atomic_store_n((bool *)arg, true, __ATOMIC_RELEASE);
}

/* A driver marks the link down as it begins to take the connection down, in EAL's interrupt thread;
 * an alarm is called by the same thread, so after that. */
void device_wait_down(const struct device *d, unsigned seconds)
{
	struct timespec nap = { .tv_nsec = NS_PER_MS };
	unsigned n_naps = seconds * 1000;
	bool is_done = false;

	while (is_up(d) && n_naps--)
		nanosleep(&nap, NULL);
	if (rte_eal_alarm_set(1, set_true, &is_done) < 0)
		return;
	while (!__atomic_load_n(&is_done, __ATOMIC_ACQUIRE))
		nanosleep(&nap, NULL);
}

double device_link_bits(const struct device *d)
{
	struct rte_eth_dev_info info;
	struct rte_eth_link link = { 0 };

	/* what a virtual device tells is a made-up number */
	if (rte_eth_dev_info_get(d->ethdev, &info) < 0 || !info.device ||
	    !rte_dev_bus(info.device) ||
	    strcmp(rte_bus_name(rte_dev_bus(info.device)), "vdev") == 0)
		return 0;
	rte_eth_link_get_nowait(d->ethdev, &link);
	return link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed * 1e6;
}

void device_count_from_here(struct device *d)
{
	rte_eth_stats_get(d->ethdev, &d->before);
}

uint64_t device_missed(const struct device *d)
{
	struct rte_eth_stats now = { 0 };

	rte_eth_stats_get(d->ethdev, &now);
	return now.imissed - d->before.imissed + now.rx_nombuf - d->before.rx_nombuf;
}

unsigned device_flush(struct device *d)
{
	struct rte_mbuf *pkts[64];
	unsigned n, sum = 0;

	while (sum < 65536 && (n = rte_eth_rx_burst(d->ethdev, 0, pkts, 64))) {
		rte_pktmbuf_free_bulk(pkts, n);
		sum += n;
	}
	return sum;
}
