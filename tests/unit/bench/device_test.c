/* Ports as people write them, and what DPDK is told. */

#include "tests/bench/tool/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void assert_devargs(const char *text, const char *wanted, const char *wanted_netns)
{
	struct status st = STATUS_INIT;
	char devargs[384], netns[256];

	assert_int_equal(device_parse(text, 3, devargs, sizeof(devargs), netns, "tx", &st), 0);
	assert_string_equal(devargs, wanted);
	assert_string_equal(netns, wanted_netns);
}

static void short_names_become_devices(void **state)
{
	(void)state;
	assert_devargs("dpdk:0000:01:00.0", "0000:01:00.0", "");
	assert_devargs("dpdk:net_null0,size=64", "net_null0,size=64", "");
	assert_devargs("vhost-user:/run/a", "net_vhost3,iface=/run/a,queues=1", "");
	assert_devargs("vhost-user:/run/a,client", "net_vhost3,iface=/run/a,queues=1,client=1", "");
	assert_devargs("virtio-user:/run/a,server",
		       "net_virtio_user3,path=/run/a,queues=1,queue_size=1024,server=1", "");
	assert_devargs("memif:/run/m,server,id=7",
		       "net_memif3,socket=/run/m,socket-abstract=no,role=server,id=7", "");
	assert_devargs("tap:t0,netns=red", "net_tap3,iface=t0", "/run/netns/red");
	assert_devargs("af_packet:eth0,netns=/proc/9/ns/net",
		       "net_af_packet3,iface=eth0,qdisc_bypass=1", "/proc/9/ns/net");
}

static void what_is_no_port_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"eth0",
		"dpdk:",
		"tap:",
		"tap",
		"tap:interfacename16chars",
		"tap:t0,server",
		"tap:t0,netns=",
		"memif:/m,id=",
		"memif:/m,id=1x",
		"memif:/m,id=12345678901",
		"vhost-user:/a,server",
		"virtio-user:/a,client",
		"vhost-user:/a,",
		"memif:/m,,server",
		"Tap:t0",
		"vhost-user:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct status st = STATUS_INIT;
		char devargs[384], netns[256];

		assert_int_equal(
			device_parse(bad[i], 0, devargs, sizeof(devargs), netns, "rx", &st), -1);
		assert_string_equal(st.field, "rx");
		assert_non_null(strstr(st.message, "--rx: '"));
	}
}

static void who_connects_needs_its_other_side(void **state)
{
	(void)state;
	assert_true(device_connects("virtio-user:/a"));
	assert_true(device_connects("memif:/a,id=3"));
	assert_false(device_connects("memif:/a,server"));
	assert_false(device_connects("vhost-user:/a"));
	assert_false(device_connects("dpdk:net_null0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_become_devices),
		cmocka_unit_test(what_is_no_port_is_refused),
		cmocka_unit_test(who_connects_needs_its_other_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
