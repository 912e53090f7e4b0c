/* Requests made from a command line and the schema: names, fields, masks. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "api/cli/args.h"
#include "api/cli/help.h"
#include "api/cli/resource.h"

#define REQUEST(...) request((const char *[]){ "weft", __VA_ARGS__, NULL })

static struct cli cli;
static struct status st;
static char *text;

static int reset(void **state)
{
	(void)state;
	arena_clear(&cli.arena);
	free(text);
	text = NULL;
	return 0;
}

/* The request that a command line makes, as JSON with sorted keys; NULL with ST. */
static const char *request(const char **argv)
{
	struct cli_parsed p;
	json_t *j;
	int argc = 0;

	while (argv[argc])
		argc++;
	reset(NULL);
	cli = (struct cli){ 0 };
	st = STATUS_INIT;
	if (cli_parse(&cli, argc, (char **)argv, &p, &st) < 0)
		return NULL;
	assert_non_null(p.verb);
	if (cli_args_check(p.verb, &p.args, &st) < 0)
		return NULL;
	j = resource_request(&cli, &p.args, p.verb->method, &st);
	if (!j)
		return NULL;
	text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(j);
	return text;
}

static void names_resources(void **state)
{
	(void)state;
	assert_string_equal(REQUEST("project", "get", "acme"), "{\"name\":\"projects/acme\"}");
	assert_string_equal(REQUEST("network", "get", "blue", "--project", "acme"),
			    "{\"name\":\"projects/acme/networks/blue\"}");
	assert_string_equal(REQUEST("subnet", "get", "s", "--network", "blue", "--project", "acme"),
			    "{\"name\":\"projects/acme/networks/blue/subnets/s\"}");
	assert_string_equal(REQUEST("network", "get", "projects/x/networks/y"),
			    "{\"name\":\"projects/x/networks/y\"}");
	assert_string_equal(REQUEST("host", "get", "node1"),
			    "{\"name\":\"infrastructure/hosts/node1\"}");
	assert_string_equal(REQUEST("host", "list"), "{\"parent\":\"infrastructure\"}");
	assert_string_equal(REQUEST("project", "list"), "{}");
}

static void creates(void **state)
{
	(void)state;
	assert_string_equal(REQUEST("project", "create", "acme", "--display-name", "Acme",
				    "--label", "a=1", "--label", "b=2=3"),
			    "{\"project\":{\"displayName\":\"Acme\",\"labels\":{\"a\":\"1\",\"b\":"
			    "\"2=3\"}},\"projectId\":\"acme\"}");
	assert_string_equal(
		REQUEST("network", "create", "blue", "--project", "acme", "--mtu", "9000"),
		"{\"network\":{\"mtu\":9000},\"networkId\":\"blue\",\"parent\":"
		"\"projects/acme\"}");
	assert_string_equal(REQUEST("port", "create", "p", "--project", "acme", "--network", "blue",
				    "--mac", "02:00:00:00:00:01", "--ip", "10.0.0.1", "--ip",
				    "fd00::1", "--anti-spoofing", "off"),
			    "{\"parent\":\"projects/acme\",\"port\":{\"antiSpoofing\":"
			    "\"ANTI_SPOOFING_OFF\",\"ipAddresses\":[{\"address\":\"10.0.0.1\"},"
			    "{\"address\":\"fd00::1\"}],\"macAddress\":\"02:00:00:00:00:01\","
			    "\"network\":\"projects/acme/networks/blue\"},\"portId\":\"p\"}");
	assert_string_equal(
		REQUEST("subnet", "create", "s", "--project", "acme", "--network", "blue", "--cidr",
			"10.0.0.0/24", "--gateway", "10.0.0.1", "--pool", "10.0.0.5-10.0.0.9",
			"--validate-only"),
		"{\"parent\":\"projects/acme/networks/blue\",\"subnet\":{"
		"\"allocationPools\":[{\"first\":\"10.0.0.5\",\"last\":\"10.0.0.9\"}],"
		"\"cidr\":\"10.0.0.0/24\",\"gatewayIp\":\"10.0.0.1\"},\"subnetId\":\"s\","
		"\"validateOnly\":true}");
}

static void creates_what_guards(void **state)
{
	(void)state;
	assert_string_equal(REQUEST("security-group", "create", "web", "--project", "acme",
				    "--stateful", "stateless"),
			    "{\"parent\":\"projects/acme\",\"securityGroup\":{\"stateful\":"
			    "\"STATELESS\"},\"securityGroupId\":\"web\"}");
	assert_string_equal(REQUEST("admin-policy", "create", "p", "--tier", "1", "--subject",
				    "labels.env = prod"),
			    "{\"adminPolicy\":{\"subject\":\"labels.env = prod\",\"tier\":1},"
			    "\"adminPolicyId\":\"p\",\"parent\":\"infrastructure\"}");
	assert_string_equal(REQUEST("admin-policy", "list"), "{\"parent\":\"infrastructure\"}");
	assert_string_equal(REQUEST("port", "create", "p", "--project", "acme", "--network", "n",
				    "--security-group", "web", "--security-group",
				    "projects/acme/securityGroups/db", "--allowed-address",
				    "10.0.0.100,00:00:5e:00:01:0a", "--allowed-address",
				    "fd00::/64", "--limit-packets-per-second", "9"),
			    "{\"parent\":\"projects/acme\",\"port\":{\"allowedAddressPairs\":["
			    "{\"ipPrefix\":\"10.0.0.100\",\"macAddress\":\"00:00:5e:00:01:0a\"},"
			    "{\"ipPrefix\":\"fd00::/64\"}],\"limits\":{\"packetsPerSecond\":9},"
			    "\"network\":\"projects/acme/networks/n\",\"securityGroups\":["
			    "\"projects/acme/securityGroups/web\","
			    "\"projects/acme/securityGroups/db\"]},\"portId\":\"p\"}");
	assert_string_equal(REQUEST("port", "update", "p", "--project", "acme", "--security-group",
				    "", "--port-security", "off", "--limit-packets-per-second",
				    "0"),
			    "{\"port\":{\"limits\":{\"packetsPerSecond\":0},\"name\":"
			    "\"projects/acme/ports/p\",\"portSecurity\":\"PORT_SECURITY_OFF\","
			    "\"securityGroups\":[]},\"updateMask\":"
			    "\"securityGroups,portSecurity,limits.packetsPerSecond\"}");
	assert_null(REQUEST("port", "update", "p", "--project", "acme",
			    "--limit-packets-per-second", "many"));
	assert_string_equal(st.message, "--limit-packets-per-second takes a number, not 'many'");
}

static void updates_with_a_mask(void **state)
{
	(void)state;
	assert_string_equal(REQUEST("network", "update", "blue", "--project", "acme", "--mtu",
				    "1400", "--display-name", ""),
			    "{\"network\":{\"displayName\":\"\",\"mtu\":1400,\"name\":"
			    "\"projects/acme/networks/blue\"},\"updateMask\":\"displayName,mtu\"}");
	assert_string_equal(REQUEST("port", "update", "p", "--project", "acme", "--ip", ""),
			    "{\"port\":{\"ipAddresses\":[],\"name\":\"projects/acme/ports/p\"},"
			    "\"updateMask\":\"ipAddresses\"}");
	assert_null(REQUEST("port", "update", "p", "--project", "acme"));
	assert_string_equal(st.message, "nothing to change. See: weft port update --help");
}

static void deletes(void **state)
{
	(void)state;
	assert_string_equal(
		REQUEST("port", "delete", "p", "--project", "acme", "--etag", "e",
			"--allow-missing"),
		"{\"allowMissing\":true,\"etag\":\"e\",\"name\":\"projects/acme/ports/p\"}");
}

static void refuses(void **state)
{
	(void)state;
	assert_null(REQUEST("network", "list"));
	assert_string_equal(st.message, "--project PROJECT is required, or set WEFT_PROJECT");
	assert_null(REQUEST("subnet", "list", "--project", "acme"));
	assert_string_equal(st.message, "--network is required");
	assert_null(REQUEST("port", "create", "p", "--project", "acme"));
	assert_string_equal(st.message, "--network NETWORK is required");
	assert_null(REQUEST("network", "create", "b", "--project", "a", "--mtu", "big"));
	assert_string_equal(st.message, "--mtu takes a number, not 'big'");
	assert_null(REQUEST("project", "create", "a", "--label", "x"));
	assert_string_equal(st.message, "--label takes KEY=VALUE, not 'x'");
	assert_null(REQUEST("port", "create", "p", "--project", "a", "--network", "b",
			    "--anti-spoofing", "perhaps"));
	assert_string_equal(st.message, "--anti-spoofing takes on,off, not 'perhaps'");
}

/* Each verb has help with a usage line, and no option twice. */
static void helps_with_everything(void **state)
{
	const struct cli_verb *const *verbs;

	(void)state;
	cli = (struct cli){ 0 };
	verbs = cli_verbs(&cli);
	for (size_t i = 0; verbs[i]; i++) {
		struct buf out = BUF_INIT;

		help_verb(verbs[i], &out);
		assert_non_null(strstr(buf_str(&out), verbs[i]->words));
		assert_true(strlen(verbs[i]->help) > 10);
		buf_fini(&out);
		for (const struct cli_option *o = verbs[i]->options; o && o->name; o++) {
			assert_true(strlen(o->help) > 3);
			for (const struct cli_option *p = verbs[i]->options; p < o; p++)
				assert_string_not_equal(o->name, p->name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(names_resources, reset),
		cmocka_unit_test_teardown(creates, reset),
		cmocka_unit_test_teardown(creates_what_guards, reset),
		cmocka_unit_test_teardown(updates_with_a_mask, reset),
		cmocka_unit_test_teardown(deletes, reset),
		cmocka_unit_test_teardown(refuses, reset),
		cmocka_unit_test_teardown(helps_with_everything, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
