/* Security groups, admin policies and what guards a port, as a caller meets them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "controller/model/model_priv.h"
#include "controller/model/rule.h"
#include "controller/model/selector.h"
#include "tests/fakes/controller/model_world.h"
#include "tests/fakes/controller/quoted.h"

#define WEB "projects/acme/securityGroups/web"

static int setup(void **state)
{
	struct model_world *w = xcalloc(1, sizeof(*w));

	model_world_init(w);
	ok(w, "ProjectService/CreateProject", "{'projectId':'acme'}");
	ok(w, "ProjectService/CreateProject", "{'projectId':'globex'}");
	ok(w, "NetworkService/CreateNetwork", "{'parent':'projects/acme','networkId':'blue'}");
	ok(w, "SubnetService/CreateSubnet",
	   "{'parent':'projects/acme/networks/blue','subnetId':'s','subnet':{'cidr':'10.0.0.0/"
	   "24'}}");
	ok(w, "SecurityGroupService/CreateSecurityGroup",
	   "{'parent':'projects/acme','securityGroupId':'web'}");
	ok(w, "AddressGroupService/CreateAddressGroup",
	   "{'parent':'projects/acme','addressGroupId':'bad'}");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	model_world_fini(*state);
	free(*state);
	return 0;
}

static const char *port(struct model_world *w, const char *id, const char *fields)
{
	return ok(w, "PortService/CreatePort",
		  "{'parent':'projects/acme','portId':'%s','port':{'network':"
		  "'projects/acme/networks/blue'%s}}",
		  id, fields);
}

static const Weft__V1__SecurityGroup *group(struct model_world *w, const char *name)
{
	const struct resource *r = model_find(w->model, name);

	assert_non_null(r);
	return (const Weft__V1__SecurityGroup *)resource_msg(r);
}

/* The group has RULE, in JSON with ' for ", and answers WANTED in it. */
static void rule_becomes(struct model_world *w, const char *rule, const char *wanted)
{
	char *text = quoted("%s", wanted);
	const char *g =
		ok(w, "SecurityGroupService/ReplaceRules", "{'name':'" WEB "','rules':[%s]}", rule);

	if (!strstr(g, text))
		fail_msg("%s became %s", rule, g);
	free(text);
}

static void rule_refused(struct model_world *w, const char *rule, const char *field,
			 const char *words)
{
	char *path = xasprintf("rules[0]%s", field), *other = xasprintf("security_group.%s", path);

	refused(w, "SecurityGroupService/AddRules", STATUS_INVALID_ARGUMENT, path, words,
		"{'name':'" WEB "','rules':[%s]}", rule);
	refused(w, "SecurityGroupService/UpdateSecurityGroup", STATUS_INVALID_ARGUMENT, other,
		words, "{'securityGroup':{'name':'" WEB "','rules':[%s]}}", rule);
	free(other);
	free(path);
}

static void test_default_group(void **state)
{
	struct model_world *w = *state;
	const Weft__V1__SecurityGroup *g = group(w, "projects/acme/securityGroups/default");

	assert_int_equal(g->n_rules, 2);
	assert_int_equal(g->rules[0]->direction, WEFT__V1__DIRECTION__INGRESS);
	assert_string_equal(g->rules[0]->remote_group, "projects/acme/securityGroups/default");
	assert_int_equal(g->rules[1]->direction, WEFT__V1__DIRECTION__EGRESS);
	assert_string_equal(g->rules[1]->remote_group, "");
	refused(w, "SecurityGroupService/DeleteSecurityGroup", STATUS_FAILED_PRECONDITION, "name",
		"goes with projects/acme", "{'name':'projects/acme/securityGroups/default'}");
	refused(w, "SecurityGroupService/CreateSecurityGroup", STATUS_ALREADY_EXISTS,
		"security_group_id", "exists already",
		"{'parent':'projects/acme','securityGroupId':'default'}");
	ok(w, "SecurityGroupService/ReplaceRules",
	   "{'name':'projects/acme/securityGroups/default','rules':[]}");
	/* with its project it goes, and comes anew */
	ok(w, "ProjectService/DeleteProject", "{'name':'projects/globex'}");
	assert_null(model_find(w->model, "projects/globex/securityGroups/default"));
	ok(w, "ProjectService/CreateProject", "{'projectId':'globex'}");
	assert_non_null(model_find(w->model, "projects/globex/securityGroups/default"));
	ok(w, "ProjectService/CreateProject", "{'projectId':'not-made','validateOnly':true}");
	assert_null(model_find(w->model, "projects/not-made/securityGroups/default"));
}

static void test_normal_forms(void **state)
{
	struct model_world *w = *state;

	rule_becomes(w,
		     "{'direction':'INGRESS','protocol':'TCP','ports':['443','80','81-90','85']}",
		     "'protocol':'tcp','ports':['80-90','443']");
	rule_becomes(w, "{'direction':'INGRESS','protocol':'6'}", "'protocol':'tcp'");
	rule_becomes(w, "{'direction':'INGRESS','protocol':'253'}", "'protocol':'253'");
	rule_becomes(w, "{'direction':'EGRESS','protocol':'58'}",
		     "'ethertype':'IPV6','protocol':'icmpv6'");
	rule_becomes(w, "{'direction':'INGRESS','protocol':'icmp','icmpType':0,'icmpCode':0}",
		     "'ethertype':'IPV4','protocol':'icmp','icmpType':0,'icmpCode':0");
	rule_becomes(w, "{'direction':'INGRESS','remotePrefix':'10.0.0.9'}",
		     "'ethertype':'IPV4','remotePrefix':'10.0.0.9/32'");
	rule_becomes(w, "{'direction':'INGRESS','remotePrefix':'FD00::/8'}",
		     "'ethertype':'IPV6','remotePrefix':'fd00::/8'");
	rule_becomes(w, "{'direction':'INGRESS','remotePrefix':'0.0.0.0/0'}",
		     "'remotePrefix':'0.0.0.0/0'");
	rule_becomes(w, "{'direction':'INGRESS','remotePrefix':'::/0'}", "'remotePrefix':'::/0'");
	rule_becomes(w, "{'direction':'INGRESS','protocol':'udp','ports':['0-65535']}",
		     "'ports':['0-65535']");
	rule_becomes(w, "{'direction':'INGRESS','remoteGroup':'" WEB "'}",
		     "'remoteGroup':'" WEB "'");
	rule_becomes(w, "", "'stateful':'STATEFUL'");
}

static void test_bad_rules(void **state)
{
	struct model_world *w = *state;

	rule_refused(w, "{}", ".direction", "INGRESS or EGRESS");
	rule_refused(w, "{'direction':'INGRESS','protocol':'tpc'}", ".protocol", "no protocol");
	rule_refused(w, "{'direction':'INGRESS','protocol':'256'}", ".protocol", "0 to 255");
	rule_refused(w, "{'direction':'INGRESS','protocol':'tcp','ports':['80','x']}", ".ports[1]",
		     "no ports");
	rule_refused(w, "{'direction':'INGRESS','protocol':'tcp','ports':['90-80']}", ".ports[0]",
		     "no ports");
	rule_refused(w, "{'direction':'INGRESS','protocol':'tcp','ports':['65536']}", ".ports[0]",
		     "no ports");
	rule_refused(w, "{'direction':'INGRESS','protocol':'tcp','ports':['80 ']}", ".ports[0]",
		     "no ports");
	rule_refused(w, "{'direction':'INGRESS','ports':['80']}", ".ports", "have ports");
	rule_refused(w, "{'direction':'INGRESS','protocol':'icmp','ports':['80']}", ".ports",
		     "have ports");
	rule_refused(w, "{'direction':'INGRESS','protocol':'tcp','icmpType':8}", ".icmp_type",
		     "icmp or icmpv6");
	rule_refused(w, "{'direction':'INGRESS','protocol':'icmp','icmpCode':1}", ".icmp_code",
		     "icmp_type");
	rule_refused(w, "{'direction':'INGRESS','protocol':'icmp','icmpType':256}", ".icmp_type",
		     "0 to 255");
	rule_refused(w, "{'direction':'INGRESS','remotePrefix':'10.0.0.1/8'}", ".remote_prefix",
		     "bits beyond");
	rule_refused(w, "{'direction':'INGRESS','remotePrefix':'ten'}", ".remote_prefix",
		     "IP address");
	rule_refused(w, "{'direction':'INGRESS','ethertype':'IPV6','remotePrefix':'10.0.0.1'}",
		     ".ethertype", "remote_prefix is of IPv4");
	rule_refused(w, "{'direction':'INGRESS','ethertype':'IPV6','protocol':'icmp'}",
		     ".ethertype", "protocol is of IPv4");
	rule_refused(w, "{'direction':'INGRESS','protocol':'icmp','remotePrefix':'fd00::/8'}", "",
		     "no packet has both");
	rule_refused(w,
		     "{'direction':'INGRESS','remotePrefix':'10.0.0.0/8','remoteGroup':'" WEB "'}",
		     "", "give one of");
	rule_refused(w, "{'direction':'INGRESS','id':'No'}", ".id", "lower-case letters");
	rule_refused(w, "{'direction':'INGRESS','description':'\\u001b[2J'}", ".description",
		     "control character");
	rule_refused(
		w, "{'direction':'INGRESS','remoteGroup':'projects/globex/securityGroups/default'}",
		".remote_group", "not of projects/acme");
	rule_refused(w, "{'direction':'INGRESS','addressGroup':'" WEB "'}", ".address_group",
		     "names no address group");
	refused(w, "SecurityGroupService/AddRules", STATUS_FAILED_PRECONDITION,
		"rules[0].address_group", "does not exist",
		"{'name':'" WEB "','rules':[{'direction':'INGRESS',"
		"'addressGroup':'projects/acme/addressGroups/none'}]}");
}

static void test_rules_twice(void **state)
{
	struct model_world *w = *state;

	/* The same in another writing. */
	refused(w, "SecurityGroupService/AddRules", STATUS_INVALID_ARGUMENT, "rules[1]",
		"the same as rules[0]",
		"{'name':'" WEB "','rules':[{'direction':'INGRESS','protocol':'tcp',"
		"'ports':['80-81']},{'direction':'INGRESS','protocol':'6','ports':['81','80'],"
		"'description':'again','log':true}]}");
	refused(w, "SecurityGroupService/AddRules", STATUS_INVALID_ARGUMENT, "rules[1]",
		"the id of rules[0]",
		"{'name':'" WEB "','rules':[{'direction':'INGRESS','id':'a'},"
		"{'direction':'EGRESS','id':'a'}]}");
	ok(w, "SecurityGroupService/AddRules",
	   "{'name':'" WEB "','rules':[{'direction':'INGRESS','id':'a'}]}");
	refused(w, "SecurityGroupService/AddRules", STATUS_ALREADY_EXISTS, "rules[0]",
		"rule \"a\" says the same", "{'name':'" WEB "','rules':[{'direction':'INGRESS'}]}");
	refused(w, "SecurityGroupService/AddRules", STATUS_ALREADY_EXISTS, "rules[0]",
		"there is a rule \"a\"",
		"{'name':'" WEB "','rules':[{'direction':'EGRESS','id':'a'}]}");
}

static void test_rules_keep_their_numbers(void **state)
{
	struct model_world *w = *state;
	const Weft__V1__SecurityGroup *g;
	uint64_t web, dns;
	unsigned next;
	char id[64];

	ok(w, "SecurityGroupService/AddRules",
	   "{'name':'" WEB "','rules':[{'direction':'INGRESS','protocol':'tcp','ports':['80']},"
	   "{'id':'dns','direction':'INGRESS','protocol':'udp','ports':['53']}]}");
	g = group(w, WEB);
	assert_int_equal(g->n_rules, 2);
	web = g->rules[0]->number;
	dns = g->rules[1]->number;
	snprintf(id, sizeof(id), "%s", g->rules[0]->id);
	assert_true(web && dns && web != dns);
	assert_true(id[0] == 'r');
	/* Said again without its id it is the same rule; with its id it may say something else. */
	ok(w, "SecurityGroupService/ReplaceRules",
	   "{'name':'" WEB "','rules':[{'id':'dns','direction':'INGRESS','protocol':'udp',"
	   "'ports':['5353'],'number':'77'},{'direction':'INGRESS','protocol':'tcp','ports':['80'],"
	   "'description':'new words'},{'direction':'EGRESS'}]}");
	g = group(w, WEB);
	assert_int_equal(g->n_rules, 3);
	assert_int_equal(g->rules[0]->number, dns);
	assert_int_equal(g->rules[1]->number, web);
	assert_string_equal(g->rules[1]->id, id);
	assert_string_equal(g->rules[1]->description, "new words");
	assert_true(g->rules[2]->number != web && g->rules[2]->number != dns);
	ok(w, "SecurityGroupService/RemoveRules", "{'name':'" WEB "','ruleIds':['dns','%s']}", id);
	assert_int_equal(group(w, WEB)->n_rules, 1);
	refused(w, "SecurityGroupService/RemoveRules", STATUS_NOT_FOUND, "rule_ids[0]",
		"no rule \"dns\"", "{'name':'" WEB "','ruleIds':['dns']}");
	/* Ids that users have chosen do not stand in the way of ours. */
	next = group(w, WEB)->rules[0]->number + 1;
	for (unsigned i = 0; i < 8; i++)
		ok(w, "SecurityGroupService/AddRules",
		   "{'name':'" WEB
		   "','rules':[{'id':'r%u','direction':'INGRESS','protocol':'%u'}]}",
		   next + 8 + i, i);
	ok(w, "SecurityGroupService/AddRules",
	   "{'name':'" WEB "','rules':[{'direction':'INGRESS','protocol':'sctp'}]}");
	assert_int_equal(group(w, WEB)->n_rules, 10);
}

static void test_rule_methods(void **state)
{
	struct model_world *w = *state;
	const char *g;
	int64_t revision;
	char etag[32];

	refused(w, "SecurityGroupService/AddRules", STATUS_INVALID_ARGUMENT, "rules", "required",
		"{'name':'" WEB "'}");
	refused(w, "SecurityGroupService/RemoveRules", STATUS_INVALID_ARGUMENT, "rule_ids",
		"required", "{'name':'" WEB "'}");
	refused(w, "SecurityGroupService/AddRules", STATUS_NOT_FOUND, "name",
		"there is no security group",
		"{'name':'projects/acme/securityGroups/none','rules':[{'direction':'EGRESS'}]}");
	refused(w, "SecurityGroupService/ReplaceRules", STATUS_ABORTED, "etag", "somebody else",
		"{'name':'" WEB "','etag':'0'}");
	g = ok(w, "SecurityGroupService/AddRules",
	       "{'name':'" WEB "','rules':[{'direction':'EGRESS'}],'requestId':'once'}");
	snprintf(etag, sizeof(etag), "%s", answered(g, "etag"));
	revision = store_revision(w->store);
	g = ok(w, "SecurityGroupService/AddRules",
	       "{'name':'" WEB "','rules':[{'direction':'EGRESS'}],'requestId':'once'}");
	assert_string_equal(answered(g, "etag"), etag);
	ok(w, "SecurityGroupService/ReplaceRules", "{'name':'" WEB "','validateOnly':true}");
	/* What is there already is no change. */
	ok(w, "SecurityGroupService/ReplaceRules",
	   "{'name':'" WEB "','rules':[{'direction':'EGRESS'}]}");
	assert_int_equal(store_revision(w->store), revision);
	assert_int_equal(group(w, WEB)->n_rules, 1);
}

static void test_many_rules(void **state)
{
	struct model_world *w = *state;
	struct buf rules = BUF_INIT;

	for (unsigned i = 0; i < 4096; i++)
		buf_printf(&rules,
			   "%s{'direction':'INGRESS','protocol':'tcp','ports':['%u'],"
			   "'remotePrefix':'fd00:%x::/64'}",
			   i ? "," : "", i, i);
	ok(w, "SecurityGroupService/ReplaceRules",
	   "{'name':'" WEB "','rules':[%s],'requestId':'x'}", buf_str(&rules));
	assert_int_equal(group(w, WEB)->n_rules, 4096);
	refused(w, "SecurityGroupService/AddRules", STATUS_INVALID_ARGUMENT, "security_group.rules",
		"at most 4096", "{'name':'" WEB "','rules':[{'direction':'EGRESS'}]}");
	buf_fini(&rules);
}

static void test_in_use(void **state)
{
	struct model_world *w = *state;

	/* A group that uses itself may go; one that another uses may not. */
	ok(w, "SecurityGroupService/AddRules",
	   "{'name':'" WEB "','rules':[{'direction':'INGRESS','remoteGroup':'" WEB "'}]}");
	ok(w, "SecurityGroupService/CreateSecurityGroup",
	   "{'parent':'projects/acme','securityGroupId':'db','securityGroup':{'rules':["
	   "{'direction':'INGRESS','remoteGroup':'" WEB "'},"
	   "{'direction':'EGRESS','addressGroup':'projects/acme/addressGroups/bad'}]}}");
	refused(w, "SecurityGroupService/DeleteSecurityGroup", STATUS_FAILED_PRECONDITION, "name",
		"in use by projects/acme/securityGroups/db", "{'name':'" WEB "'}");
	refused(w, "AddressGroupService/DeleteAddressGroup", STATUS_FAILED_PRECONDITION, "name",
		"in use by projects/acme/securityGroups/db",
		"{'name':'projects/acme/addressGroups/bad'}");
	port(w, "p", ",'securityGroups':['projects/acme/securityGroups/db']");
	refused(w, "SecurityGroupService/DeleteSecurityGroup", STATUS_FAILED_PRECONDITION, "name",
		"in use by projects/acme/ports/p", "{'name':'projects/acme/securityGroups/db'}");
	assert_non_null(strstr(ok(w, "SecurityGroupService/GetSecurityGroup",
				  "{'name':'projects/acme/securityGroups/db'}"),
			       "\"portCount\":1"));
	ok(w, "PortService/DeletePort", "{'name':'projects/acme/ports/p'}");
	ok(w, "SecurityGroupService/DeleteSecurityGroup",
	   "{'name':'projects/acme/securityGroups/db'}");
	ok(w, "SecurityGroupService/DeleteSecurityGroup", "{'name':'" WEB "'}");
	ok(w, "AddressGroupService/DeleteAddressGroup",
	   "{'name':'projects/acme/addressGroups/bad'}");
}

static void port_refused(struct model_world *w, const char *fields, const char *field,
			 const char *words)
{
	refused(w, "PortService/CreatePort", STATUS_INVALID_ARGUMENT, field, words,
		"{'parent':'projects/acme','portId':'bad','port':{'network':"
		"'projects/acme/networks/blue'%s}}",
		fields);
}

static void test_ports(void **state)
{
	struct model_world *w = *state;
	const char *p = port(w, "p", "");

	assert_non_null(strstr(p, "\"securityGroups\":[\"projects/acme/securityGroups/default\"]"));
	assert_non_null(strstr(p, "\"portSecurity\":\"PORT_SECURITY_ON\""));
	p = ok(w, "PortService/UpdatePort",
	       "{'port':{'name':'projects/acme/ports/p'},'updateMask':'securityGroups'}");
	assert_null(strstr(p, "\"securityGroups\""));
	/* What is empty stays so. */
	p = ok(w, "PortService/UpdatePort",
	       "{'port':{'name':'projects/acme/ports/p','displayName':'x'}}");
	assert_null(strstr(p, "\"securityGroups\""));
	p = ok(w, "PortService/UpdatePort",
	       "{'port':{'name':'projects/acme/ports/p','allowedAddressPairs':[{'ipPrefix':"
	       "'10.0.0.100','macAddress':'00:00:5E:00:01:0A'},{'ipPrefix':'fd00::/64'}],"
	       "'limits':{'packetsPerSecond':1000}}}");
	assert_non_null(strstr(p, "{\"ipPrefix\":\"10.0.0.100/32\",\"macAddress\":"
				  "\"00:00:5e:00:01:0a\"},{\"ipPrefix\":\"fd00::/64\"}"));
	assert_non_null(strstr(p, "\"limits\":{\"packetsPerSecond\":1000}"));
	p = ok(w, "PortService/UpdatePort",
	       "{'port':{'name':'projects/acme/ports/p','limits':{'newConnectionsPerSecond':7}},"
	       "'updateMask':'limits.newConnectionsPerSecond,limits.broadcastPacketsPerSecond'}");
	assert_non_null(
		strstr(p, "\"limits\":{\"packetsPerSecond\":1000,\"newConnectionsPerSecond\":7}"));
	refused(w, "PortService/UpdatePort", STATUS_INVALID_ARGUMENT, "update_mask",
		"x is no field of a PortLimits",
		"{'port':{'name':'projects/acme/ports/p'},'updateMask':'limits.x'}");
	refused(w, "PortService/UpdatePort", STATUS_INVALID_ARGUMENT, "update_mask",
		"only be changed as a whole",
		"{'port':{'name':'projects/acme/ports/p'},'updateMask':'ipAddresses.address'}");
	p = ok(w, "PortService/UpdatePort",
	       "{'port':{'name':'projects/acme/ports/p','limits':{}},'updateMask':'limits'}");
	assert_null(strstr(p, "\"limits\""));
	p = port(w, "router", ",'portSecurity':'PORT_SECURITY_OFF'");
	assert_non_null(strstr(p, "\"portSecurity\":\"PORT_SECURITY_OFF\""));
	assert_non_null(strstr(p, "securityGroups/default"));
}

static void test_bad_ports(void **state)
{
	struct model_world *w = *state;

	port_refused(w, ",'securityGroups':['projects/globex/securityGroups/default']",
		     "port.security_groups[0]", "not of projects/acme");
	port_refused(w, ",'securityGroups':['web']", "port.security_groups[0]",
		     "projects/*/securityGroups/*");
	port_refused(w, ",'securityGroups':['" WEB "','" WEB "']", "port.security_groups[1]",
		     "given twice");
	port_refused(w, ",'portSecurity':7", "port.port_security", "no value");
	port_refused(w, ",'allowedAddressPairs':[{}]", "port.allowed_address_pairs[0].ip_prefix",
		     "IP address");
	port_refused(w,
		     ",'allowedAddressPairs':[{'ipPrefix':'10.0.0.1','macAddress':'01:00:00:00:00:"
		     "00'}]",
		     "port.allowed_address_pairs[0].mac_address", "unicast");
	port_refused(w,
		     ",'allowedAddressPairs':[{'ipPrefix':'10.0.0.1'},{'ipPrefix':'10.0.0.1/32'}]",
		     "port.allowed_address_pairs[1]", "the same as the 1.");
	refused(w, "PortService/CreatePort", STATUS_FAILED_PRECONDITION, "port.security_groups[0]",
		"does not exist",
		"{'parent':'projects/acme','portId':'bad','port':{'network':"
		"'projects/acme/networks/blue','securityGroups':"
		"['projects/acme/securityGroups/none']}}");
}

#define CREATE_POLICY "AdminPolicyService/CreateAdminPolicy"

static void policy_refused(struct model_world *w, const char *fields, const char *field,
			   const char *words)
{
	refused(w, CREATE_POLICY, STATUS_INVALID_ARGUMENT, field, words,
		"{'parent':'infrastructure','adminPolicyId':'bad','adminPolicy':{%s}}", fields);
}

static void test_admin_policies(void **state)
{
	struct model_world *w = *state;
	const char *p;

	p = ok(w, CREATE_POLICY,
	       "{'parent':'infrastructure','adminPolicyId':'guard','adminPolicy':{'tier':1,"
	       "'priority':10,'subject':'labels.env = \\\"prod\\\" AND name = "
	       "\\\"projects/acme/*\\\"',"
	       "'rules':[{'direction':'INGRESS','action':'DENY','protocol':'TCP','ports':['23'],"
	       "'log':true},{'direction':'INGRESS','action':'PASS','remoteSelector':"
	       "'labels.role = monitor'},{'direction':'EGRESS','action':'ALLOW','addressGroup':"
	       "'projects/acme/addressGroups/bad'}]}}");
	assert_non_null(strstr(p, "\"protocol\":\"tcp\",\"ports\":[\"23\"]"));
	refused(w, "AddressGroupService/DeleteAddressGroup", STATUS_FAILED_PRECONDITION, "name",
		"in use by infrastructure/adminPolicies/guard",
		"{'name':'projects/acme/addressGroups/bad'}");
	policy_refused(w, "'tier':16", "admin_policy.tier", "0 to 15");
	policy_refused(w, "'priority':65536", "admin_policy.priority", "0 to 65535");
	policy_refused(w, "'subject':'labels.env = '", "admin_policy.subject", "missing");
	policy_refused(w, "'subject':'state = ACTIVE'", "admin_policy.subject",
		       "labels, name, network");
	policy_refused(w, "'subject':'nameless = 1'", "admin_policy.subject", "no field");
	policy_refused(w, "'rules':[{'direction':'INGRESS'}]", "admin_policy.rules[0].action",
		       "ALLOW, DENY or PASS");
	policy_refused(w, "'rules':[{'action':'DENY'}]", "admin_policy.rules[0].direction",
		       "INGRESS or EGRESS");
	policy_refused(w, "'rules':[{'direction':'INGRESS','action':'DENY','remoteSelector':'x'}]",
		       "admin_policy.rules[0].remote_selector", "x is no field");
	policy_refused(w,
		       "'rules':[{'direction':'INGRESS','action':'DENY','remoteSelector':"
		       "'labels.a:*','remotePrefix':'10.0.0.1'}]",
		       "admin_policy.rules[0]", "give one of");
	ok(w, "AdminPolicyService/DeleteAdminPolicy",
	   "{'name':'infrastructure/adminPolicies/guard'}");
}

static void test_selector(void **state)
{
	struct status st = STATUS_INIT;
	struct selector *s =
		selector_parse("labels.env = prod AND name = \"projects/acme/*\"", "x", &st);
	const Weft__V1__Port *p;
	struct model_world *w = *state;

	port(w, "prod", ",'labels':{'env':'prod'}");
	port(w, "test", ",'labels':{'env':'test'}");
	p = (const Weft__V1__Port *)resource_msg(model_find(w->model, "projects/acme/ports/prod"));
	assert_true(selector_matches(s, p));
	p = (const Weft__V1__Port *)resource_msg(model_find(w->model, "projects/acme/ports/test"));
	assert_false(selector_matches(s, p));
	selector_destroy(s);
	assert_null(selector_parse("mac_address = x", "x", &st));
}

/* What apps read of a rule. */
static void test_match(void **state)
{
	struct model_world *w = *state;
	struct rule_match m;

	ok(w, "SecurityGroupService/AddRules",
	   "{'name':'" WEB "','rules':[{'direction':'INGRESS','protocol':'tcp','ports':['443',"
	   "'8000-8080'],'remotePrefix':'10.0.0.0/"
	   "8'},{'direction':'EGRESS'},{'direction':'INGRESS',"
	   "'protocol':'icmpv6','icmpType':0}]}");
	rule_match_of_security(group(w, WEB)->rules[0], &m);
	assert_true(m.is_ingress && m.is_v4 && !m.is_v6 && m.has_prefix);
	assert_int_equal(m.protocol, 6);
	assert_int_equal(m.n_ports, 2);
	assert_int_equal(m.ports[1].first, 8000);
	assert_int_equal(m.ports[1].last, 8080);
	assert_int_equal(m.prefix.length, 96 + 8);
	assert_int_equal(m.icmp_type, -1);
	rule_match_of_security(group(w, WEB)->rules[1], &m);
	assert_true(!m.is_ingress && m.is_v4 && m.is_v6 && !m.has_prefix);
	assert_int_equal(m.protocol, -1);
	rule_match_of_security(group(w, WEB)->rules[2], &m);
	assert_true(!m.is_v4 && m.is_v6);
	assert_int_equal(m.icmp_type, 0);
	assert_int_equal(m.icmp_code, -1);
}

/* Lists, and filters about fields that may be left out. */
static void test_lists(void **state)
{
	struct model_world *w = *state;
	const char *list;

	ok(w, "SecurityGroupService/AddRules",
	   "{'name':'" WEB "','rules':[{'direction':'INGRESS','protocol':'icmp','icmpType':8}]}");
	list = ok(w, "SecurityGroupService/ListSecurityGroups",
		  "{'parent':'projects/acme','filter':'rules.icmp_type = 8'}");
	assert_non_null(strstr(list, WEB));
	assert_null(strstr(list, "/default"));
	list = ok(w, "SecurityGroupService/ListSecurityGroups",
		  "{'parent':'projects/-','pageSize':2}");
	assert_non_null(strstr(list, "projects/acme/securityGroups/default"));
	assert_string_not_equal(answered(list, "nextPageToken"), "");
	list = ok(w, "AdminPolicyService/ListAdminPolicies", "{'parent':'infrastructure'}");
	assert_null(strstr(list, "adminPolicies\":["));
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_default_group),
		TEST(test_normal_forms),
		TEST(test_bad_rules),
		TEST(test_rules_twice),
		TEST(test_rules_keep_their_numbers),
		TEST(test_rule_methods),
		TEST(test_many_rules),
		TEST(test_in_use),
		TEST(test_ports),
		TEST(test_bad_ports),
		TEST(test_admin_policies),
		TEST(test_selector),
		TEST(test_match),
		TEST(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
