/* Attaching ports: what the caller gets, what the switch is asked, and what happens when switch,
 * store or controller fail on the way. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/fakes/controller/model_world.h"

#define ATTACH "PortService/AttachPort"
#define DETACH "PortService/DetachPort"
#define TAP_ON_H1                                                                                  \
	"{\"name\":\"projects/acme/ports/p\",\"kind\":\"TAP\",\"host\":\"infrastructure/hosts/"    \
	"h1\","                                                                                    \
	"\"options\":{\"netns\":\"ct1\"}}"
#define GET_PORT "PortService/GetPort", "{\"name\":\"projects/acme/ports/p\"}"
#define GET_HOST "HostService/GetHost", "{\"name\":\"infrastructure/hosts/h1\"}"

static int setup(void **state)
{
	struct model_world *w = xcalloc(1, sizeof(*w));

	model_world_init(w);
	call_ok(w, "ProjectService/CreateProject", "{\"projectId\":\"acme\"}");
	call_ok(w, "NetworkService/CreateNetwork",
		"{\"parent\":\"projects/acme\",\"networkId\":\"blue\",\"network\":{\"mtu\":9000}}");
	call_ok(w, "PortService/CreatePort",
		"{\"parent\":\"projects/acme\",\"portId\":\"p\",\"port\":"
		"{\"network\":\"projects/acme/networks/"
		"blue\",\"macAddress\":\"02:00:00:00:00:01\"}}");
	world_connect_host(w, 1, "h1");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	model_world_fini(*state);
	free(*state);
	return 0;
}

static void assert_asked(struct model_world *w, const char *expected)
{
	assert_string_equal(buf_str(&w->plugs), expected);
	buf_clear(&w->plugs);
}

static void test_hosts_appear(void **state)
{
	struct model_world *w = *state;
	const char *h = call_ok(w, GET_HOST);

	assert_string_equal(answered(h, "datapathId"), "0000000000000001");
	assert_string_equal(answered(h, "state"), "CONNECTED");
	assert_string_equal(answered(h, "address"), "tcp:127.0.0.1:1000");
	call_fails(w, "HostService/UpdateHost",
		   "{\"host\":{\"name\":\"infrastructure/hosts/h1\",\"datapathId\":\"9\"}}",
		   STATUS_FAILED_PRECONDITION, "host.datapath_id", "is connected");
	model_host_disconnected(w->model, 1, "gone");
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_HOST), "state"), "DISCONNECTED");
	call_ok(w, "HostService/UpdateHost",
		"{\"host\":{\"name\":\"infrastructure/hosts/h1\",\"datapathId\":\"9\"}}");
	call_ok(w, "HostService/UpdateHost",
		"{\"host\":{\"name\":\"infrastructure/hosts/h1\",\"datapathId\":\"1\"}}");
	world_connect_host(w, 1, "renamed");
	assert_string_equal(answered(call_ok(w, GET_HOST), "state"), "CONNECTED");
	/* another switch of the same name is another host */
	world_connect_host(w, 0x20000000002, "h1");
	call_ok(w, "HostService/GetHost", "{\"name\":\"infrastructure/hosts/h1-020000000002\"}");
	/* one that was created before its switch came */
	call_ok(w, "HostService/CreateHost",
		"{\"parent\":\"infrastructure\",\"hostId\":\"rack-7-x\"}");
	world_connect_host(w, 3, "Rack 7/X");
	h = call_ok(w, "HostService/GetHost", "{\"name\":\"infrastructure/hosts/rack-7-x\"}");
	assert_string_equal(answered(h, "datapathId"), "0000000000000003");
	call_fails(
		w, "HostService/CreateHost",
		"{\"parent\":\"infrastructure\",\"hostId\":\"y\",\"host\":{\"datapathId\":\"3\"}}",
		STATUS_ALREADY_EXISTS, "host.datapath_id", "rack-7-x");
	call_fails(w, "HostService/CreateHost",
		   "{\"parent\":\"infrastructure\",\"hostId\":\"y\",\"host\":{\"datapathId\":"
		   "\"xyz\"}}",
		   STATUS_INVALID_ARGUMENT, "host.datapath_id", "hexadecimal");
	call_fails(w, "HostService/CreateHost",
		   "{\"parent\":\"infrastructure\",\"hostId\":\"y\",\"host\":{\"ovsdb\":"
		   "\"nonsense\"}}",
		   STATUS_INVALID_ARGUMENT, "host.ovsdb", "HOST:PORT");
}

static void test_attach(void **state)
{
	struct model_world *w = *state;
	const char *p = call_ok(w, ATTACH, TAP_ON_H1);
	int64_t revision;

	assert_asked(w, "plug 1 wp6 TAP port=0 mac=02:00:00:00:00:01 mtu=9000 netns=ct1\n");
	assert_string_equal(answered(p, "state"), "ACTIVE");
	assert_string_equal(answered(p, "interfaceName"), "eth0");
	assert_string_equal(answered(p, "switchPort"), "wp6");
	assert_non_null(strstr(p, "\"ofPort\":1"));
	assert_null(strstr(p, "qemuArgs"));
	/* again: the same answer, nothing asked, nothing written */
	revision = store_revision(w->store);
	p = call_ok(w, ATTACH, TAP_ON_H1);
	assert_string_equal(answered(p, "state"), "ACTIVE");
	assert_asked(w, "");
	assert_int_equal(store_revision(w->store), revision);
	call_fails(w, ATTACH,
		   "{\"name\":\"projects/acme/ports/p\",\"kind\":\"TAP\","
		   "\"host\":\"infrastructure/hosts/h1\"}",
		   STATUS_FAILED_PRECONDITION, "host", "detach it first");
	call_fails(w, "PortService/DeletePort", "{\"name\":\"projects/acme/ports/p\"}",
		   STATUS_FAILED_PRECONDITION, "name", "detach it first");
	call_fails(w, "HostService/DeleteHost", "{\"name\":\"infrastructure/hosts/h1\"}",
		   STATUS_FAILED_PRECONDITION, "name", "in use by projects/acme/ports/p");
	call_fails(w, "PortService/UpdatePort",
		   "{\"port\":{\"name\":\"projects/acme/ports/p\","
		   "\"macAddress\":\"02:00:00:00:00:02\"}}",
		   STATUS_FAILED_PRECONDITION, "port.mac_address", "detach");
	p = call_ok(w, DETACH, "{\"name\":\"projects/acme/ports/p\"}");
	assert_string_equal(answered(p, "state"), "DOWN");
	assert_null(strstr(p, "binding"));
	assert_asked(w, "unplug 1 wp6\n");
	call_ok(w, DETACH, "{\"name\":\"projects/acme/ports/p\"}");
	assert_asked(w, "");
	call_ok(w, "PortService/DeletePort", "{\"name\":\"projects/acme/ports/p\"}");
}

static void test_vhost_user_tells_qemu_and_libvirt(void **state)
{
	struct model_world *w = *state;
	const char *p =
		call_ok(w, ATTACH,
			"{\"name\":\"projects/acme/ports/p\",\"kind\":\"VHOST_USER\","
			"\"host\":\"infrastructure/hosts/h1\","
			"\"options\":{\"memory\":\"1G\",\"queues\":\"2\",\"vectors\":\"0\"}}");

	assert_string_equal(answered(p, "socketPath"), "/run/weft/wp6.sock");
	assert_non_null(
		strstr(p, "\"qemuArgs\":[\"-m\",\"1G\",\"-object\","
			  "\"memory-backend-memfd,id=weft-mem,size=1G,share=on\",\"-machine\","
			  "\"memory-backend=weft-mem\",\"-chardev\","
			  "\"socket,id=wp6-chr,path=/run/weft/wp6.sock,reconnect=1\",\"-netdev\","
			  "\"vhost-user,id=wp6,chardev=wp6-chr,queues=2\",\"-device\","
			  "\"virtio-net-pci,netdev=wp6,mac=02:00:00:00:00:01,host_mtu=9000,mq=on,"
			  "vectors=0\"]"));
	assert_non_null(strstr(p, "<source type='unix' path='/run/weft/wp6.sock' mode='client'>"));
}

static void test_attach_refused(void **state)
{
	static const struct {
		const char *rest, *field, *words;
		enum status_code code;
	} bad[] = {
		{ "\"host\":\"infrastructure/hosts/h1\"", "kind", "VHOST_USER", 3 },
		{ "\"kind\":\"EXTERNAL\",\"host\":\"infrastructure/hosts/h1\"", "kind", "TAP", 3 },
		{ "\"kind\":\"TAP\"", "host", "infrastructure/hosts/*", 3 },
		{ "\"kind\":\"TAP\",\"host\":\"infrastructure/hosts/none\"", "host",
		  "no infrastructure", 9 },
		{ "\"kind\":\"TAP\",\"host\":\"infrastructure/hosts/"
		  "h1\",\"options\":{\"color\":\"red\"}",
		  "options.color", "netns, ifname", 3 },
		{ "\"kind\":\"TAP\",\"host\":\"infrastructure/hosts/h1\","
		  "\"options\":{\"ifname\":\"a name too long for it\"}",
		  "options.ifname", "15", 3 },
		{ "\"kind\":\"VETH\",\"host\":\"infrastructure/hosts/h1\"", "options.ifname",
		  "required", 3 },
		{ "\"kind\":\"VETH\",\"host\":\"infrastructure/hosts/h1\","
		  "\"options\":{\"ifname\":\"v\",\"netns\":\"ct1\"}",
		  "options.netns", "there are ifname", 3 },
		{ "\"kind\":\"DPDK\",\"host\":\"infrastructure/hosts/h1\"", "options.devargs",
		  "required", 3 },
		{ "\"kind\":\"VHOST_USER\",\"host\":\"infrastructure/hosts/h1\","
		  "\"options\":{\"queues\":\"17\"}",
		  "options.queues", "1 to 16", 3 },
		{ "\"kind\":\"VHOST_USER\",\"host\":\"infrastructure/hosts/h1\","
		  "\"options\":{\"memory\":\"lots\"}",
		  "options.memory", "512M", 3 },
	};
	struct model_world *w = *state;
	int64_t before = store_revision(w->store);

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		char *r = xasprintf("{\"name\":\"projects/acme/ports/p\",%s}", bad[i].rest);

		call_fails(w, ATTACH, r, bad[i].code, bad[i].field, bad[i].words);
		free(r);
	}
	assert_int_equal(store_revision(w->store), before);
	model_host_disconnected(w->model, 1, "gone");
	call_fails(w, ATTACH, TAP_ON_H1, STATUS_FAILED_PRECONDITION, "host", "is not connected");
	assert_asked(w, "");
}

static void test_switch_refuses(void **state)
{
	struct model_world *w = *state;
	const char *p;

	status_set(&w->plug_failure, STATUS_INVALID_ARGUMENT, NULL, "there is no namespace ct1");
	call_fails(w, ATTACH, TAP_ON_H1, STATUS_INVALID_ARGUMENT, "", "there is no namespace ct1");
	p = call_ok(w, GET_PORT);
	assert_string_equal(answered(p, "state"), "DOWN");
	assert_null(strstr(p, "binding"));
	w->plug_failure = STATUS_INIT;
	call_ok(w, ATTACH, TAP_ON_H1);
}

static void test_not_acknowledged_in_time(void **state)
{
	struct model_world *w = *state;
	const char *p;

	w->is_acknowledging = false;
	call_fails(w, ATTACH, TAP_ON_H1, STATUS_DEADLINE_EXCEEDED, "", "stays PENDING");
	p = call_ok(w, GET_PORT);
	assert_string_equal(answered(p, "state"), "PENDING");
	model_port_acknowledged(w->model, 6, false, "the switch refused a flow");
	loop_virtual_settle(w->loop);
	p = call_ok(w, GET_PORT);
	assert_string_equal(answered(p, "stateReason"), "the switch refused a flow");
	model_port_acknowledged(w->model, 6, true, "");
	loop_virtual_settle(w->loop);
	p = call_ok(w, GET_PORT);
	assert_string_equal(answered(p, "state"), "ACTIVE");
	assert_null(strstr(p, "stateReason"));
}

/* A change of what the switch enforces makes the port PENDING in the answer already. */
static void test_update_of_an_attached_port(void **state)
{
	struct model_world *w = *state;
	const char *p;

	call_ok(w, ATTACH, TAP_ON_H1);
	p = call_ok(w, "PortService/UpdatePort",
		    "{\"port\":{\"name\":\"projects/acme/ports/p\",\"displayName\":\"P\"}}");
	assert_string_equal(answered(p, "state"), "ACTIVE");
	p = call_ok(w, "PortService/UpdatePort",
		    "{\"port\":{\"name\":\"projects/acme/ports/p\","
		    "\"antiSpoofing\":\"ANTI_SPOOFING_OFF\"}}");
	assert_string_equal(answered(p, "state"), "PENDING");
	model_port_acknowledged(w->model, 6, true, "");
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "ACTIVE");
}

static void connect_with(struct model_world *w, const struct host_port_report *ports, size_t n)
{
	struct host_report r = { .datapath_id = 1,
				 .name = "h1",
				 .address = "",
				 .software = "",
				 .is_pluggable = true,
				 .ports = ports,
				 .n_ports = n };

	model_host_disconnected(w->model, 1, "restarts");
	loop_virtual_settle(w->loop);
	buf_clear(&w->plugs);
	model_host_connected(w->model, &r);
	loop_virtual_settle(w->loop);
}

static void test_switch_restarts(void **state)
{
	struct model_world *w = *state;
	const struct host_port_report same[] = { { "wp6", 1 }, { "eth7", 9 } };
	const struct host_port_report stray[] = { { "wp6", 1 }, { "wp63", 4 }, { "wpx", 5 } };

	call_ok(w, ATTACH, TAP_ON_H1);
	/* it has what it should: nothing is asked and the port stays ACTIVE */
	connect_with(w, same, 2);
	assert_asked(w, "");
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "ACTIVE");
	/* it has lost all: the port is plugged under its number, and ACTIVE when all is sent */
	connect_with(w, NULL, 0);
	assert_asked(w, "plug 1 wp6 TAP port=1 mac=02:00:00:00:00:01 mtu=9000 netns=ct1\n");
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "PENDING");
	model_host_synced(w->model, 1, true);
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "ACTIVE");
	/* what is attached there no more is unplugged; what is not ours is left alone */
	connect_with(w, stray, 3);
	assert_asked(w, "unplug 1 wp63\n");
	/* detached while it was away */
	model_host_disconnected(w->model, 1, "gone");
	call_ok(w, DETACH, "{\"name\":\"projects/acme/ports/p\"}");
	connect_with(w, same, 2);
	assert_asked(w, "unplug 1 wp6\n");
}

/* What was acknowledged holds until the switch is there and says otherwise. */
static void test_controller_restarts(void **state)
{
	struct model_world *w = *state;
	const struct host_port_report same[] = { { "wp6", 1 } };
	int64_t before;

	call_ok(w, ATTACH, TAP_ON_H1);
	model_world_restart(w);
	loop_virtual_settle(w->loop);
	before = store_revision(w->store);
	model_port_acknowledged(w->model, 6, false, "waiting");
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "ACTIVE");
	assert_int_equal(store_revision(w->store), before);
	connect_with(w, same, 1);
	model_host_synced(w->model, 1, true);
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "stateReason"), "waiting");
}

/* The controller dies after the intent is durable and before the switch has answered. */
static void test_controller_dies_while_plugging(void **state)
{
	struct model_world *w = *state;
	struct test_call c;

	w->plug_delay_ns = NS_PER_SEC;
	w->is_acknowledging = false;
	call_begin(w, &c, ATTACH, TAP_ON_H1);
	loop_virtual_settle(w->loop);
	assert_false(c.is_over);
	loop_virtual_run_for(w->loop, 20 * NS_PER_SEC);
	call_fini(&c);
	model_world_restart(w);
	assert_string_equal(answered(call_ok(w, GET_HOST), "state"), "DISCONNECTED");
	w->plug_delay_ns = 0;
	w->is_acknowledging = true;
	connect_with(w, NULL, 0);
	model_host_synced(w->model, 1, true);
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "ACTIVE");
}

static void test_detached_while_plugging(void **state)
{
	struct model_world *w = *state;
	struct test_call attach;

	w->plug_delay_ns = NS_PER_SEC;
	call_begin(w, &attach, ATTACH, TAP_ON_H1);
	loop_virtual_run_for(w->loop, NS_PER_MS);
	call_ok(w, DETACH, "{\"name\":\"projects/acme/ports/p\"}");
	loop_virtual_run_for(w->loop, 5 * NS_PER_SEC);
	assert_true(attach.is_over);
	assert_int_equal(attach.status.code, STATUS_ABORTED);
	call_fini(&attach);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "DOWN");
}

static void test_two_callers_attach(void **state)
{
	struct model_world *w = *state;
	struct test_call a, b;

	w->plug_delay_ns = NS_PER_MS;
	call_begin(w, &a, ATTACH, TAP_ON_H1);
	call_begin(w, &b, ATTACH, TAP_ON_H1);
	loop_virtual_run_for(w->loop, NS_PER_SEC);
	assert_int_equal(a.status.code, STATUS_OK);
	assert_int_equal(b.status.code, STATUS_OK);
	assert_string_equal(buf_str(&a.responses), buf_str(&b.responses));
	assert_asked(w, "plug 1 wp6 TAP port=0 mac=02:00:00:00:00:01 mtu=9000 netns=ct1\n");
	call_fini(&a);
	call_fini(&b);
}

static void test_full_disk(void **state)
{
	struct model_world *w = *state;

	store_mem_disk_set_full(w->disk, true);
	call_fails(w, ATTACH, TAP_ON_H1, STATUS_RESOURCE_EXHAUSTED, "", "full");
	assert_asked(w, "");
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "DOWN");
	store_mem_disk_set_full(w->disk, false);
	call_ok(w, ATTACH, TAP_ON_H1);
	/* a state that could not be stored is stored when there is space again */
	store_mem_disk_set_full(w->disk, true);
	model_host_synced(w->model, 1, false);
	loop_virtual_run_for(w->loop, 3 * NS_PER_SEC);
	assert_string_equal(answered(call_ok(w, GET_HOST), "state"), "CONNECTED");
	store_mem_disk_set_full(w->disk, false);
	loop_virtual_run_for(w->loop, 3 * NS_PER_SEC);
	assert_string_equal(answered(call_ok(w, GET_HOST), "state"), "SYNCING");
}

static void test_found_by_iface_id(void **state)
{
	struct model_world *w = *state;
	const char *p;

	model_port_found(w->model, 1, "projects/acme/ports/p", 7, "vnet0");
	loop_virtual_settle(w->loop);
	model_port_acknowledged(w->model, 6, true, "");
	loop_virtual_settle(w->loop);
	p = call_ok(w, GET_PORT);
	assert_string_equal(answered(p, "kind"), "EXTERNAL");
	assert_string_equal(answered(p, "interfaceName"), "vnet0");
	assert_string_equal(answered(p, "state"), "ACTIVE");
	call_fails(w, DETACH, "{\"name\":\"projects/acme/ports/p\"}", STATUS_FAILED_PRECONDITION,
		   "name", "plugged by others");
	model_port_found(w->model, 1, "projects/acme/ports/p", 0, "vnet0");
	model_port_found(w->model, 1, "projects/acme/ports/none", 7, "vnet0");
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "DOWN");
}

static void test_port_lost(void **state)
{
	struct model_world *w = *state;
	const char *p;

	call_ok(w, ATTACH, TAP_ON_H1);
	buf_clear(&w->plugs);
	model_port_lost(w->model, 2, "wp6");
	model_port_lost(w->model, 1, "wp4");
	loop_virtual_settle(w->loop);
	assert_string_equal(answered(call_ok(w, GET_PORT), "state"), "ACTIVE");
	model_port_lost(w->model, 1, "wp6");
	loop_virtual_settle(w->loop);
	p = call_ok(w, GET_PORT);
	assert_string_equal(answered(p, "state"), "PENDING");
	assert_non_null(strstr(answered(p, "stateReason"), "attach it again"));
	p = call_ok(w, ATTACH, TAP_ON_H1);
	assert_string_equal(answered(p, "state"), "ACTIVE");
	assert_asked(w, "plug 1 wp6 TAP port=0 mac=02:00:00:00:00:01 mtu=9000 netns=ct1\n");
}

static void test_switch_names(void **state)
{
	char name[PORT_SWITCH_NAME_SIZE];

	(void)state;
	port_switch_name(UINT32_MAX, name);
	assert_string_equal(name, "wpffffffff");
	assert_int_equal(port_id_of_switch_name(name), UINT32_MAX);
	assert_int_equal(port_id_of_switch_name("wp10"), 16);
	assert_int_equal(port_id_of_switch_name("wp010"), 0);
	assert_int_equal(port_id_of_switch_name("wp1ffffffff"), 0);
	assert_int_equal(port_id_of_switch_name("wp"), 0);
	assert_int_equal(port_id_of_switch_name("eth0"), 0);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hosts_appear),
		TEST(test_attach),
		TEST(test_vhost_user_tells_qemu_and_libvirt),
		TEST(test_attach_refused),
		TEST(test_switch_refuses),
		TEST(test_not_acknowledged_in_time),
		TEST(test_update_of_an_attached_port),
		TEST(test_switch_restarts),
		TEST(test_controller_restarts),
		TEST(test_controller_dies_while_plugging),
		TEST(test_detached_while_plugging),
		TEST(test_two_callers_attach),
		TEST(test_full_disk),
		TEST(test_port_lost),
		TEST(test_found_by_iface_id),
		cmocka_unit_test(test_switch_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
