#!/bin/bash
# The whole API of the real controller, over REST with curl and over gRPC with a foreign client; the
# controller is killed between acknowledged calls, and everything acknowledged is there again.
. "$(dirname "$0")/lib.sh"

api=http://127.0.0.1:8080/v1
start_controller

# METHOD PATH [BODY]: the answer, which must be a success.
rest() {
	curl -sS --fail-with-body -X "$1" ${3:+-d "$3"} "$api$2" || fail "$1 $2 ${3:-}"
}

# HTTP-STATUS FIELD METHOD PATH [BODY]: refused, with that field named in details or message.
rest_refused() {
	local status=$1 field=$2 got
	shift 2
	got=$(curl -sS -o "$tmp/answer" -w '%{http_code}' -X "$1" ${3:+-d "$3"} "$api$2")
	[ "$got" = "$status" ] || fail "$* answered $got: $(cat "$tmp/answer")"
	grep -qF -- "$field" "$tmp/answer" || fail "$* did not name $field: $(cat "$tmp/answer")"
}

kill_and_restart() {
	stop "$controller_pid"
	start_controller
}

say "create, each call followed by kill -9"
rest POST '/projects?projectId=acme' '{"labels":{"env":"prod"}}' | jq -e '.state == "ACTIVE"' >/dev/null
kill_and_restart
rest POST '/projects/acme/networks?networkId=blue' '{"mtu":9000}' >/dev/null
kill_and_restart
rest POST '/projects/acme/networks/blue/subnets?subnetId=v4' '{"cidr":"10.0.0.0/24","gatewayIp":"10.0.0.1"}' >/dev/null
rest POST '/projects/acme/networks/blue/subnets?subnetId=v6' '{"cidr":"fd00:1::/64"}' >/dev/null
kill_and_restart
rest POST '/projects/acme/ports?portId=p1' '{"network":"projects/acme/networks/blue"}' >"$tmp/p1"
kill_and_restart
rest GET /projects/acme/ports/p1 | diff - "$tmp/p1"
jq -e '[.ipAddresses[].address] == ["10.0.0.2","fd00:1::1"]' "$tmp/p1" >/dev/null || fail "$(cat "$tmp/p1")"
rest GET /projects/acme/networks/blue | jq -e '.subnets | length == 2' >/dev/null

say "kill -9 in the midst of many calls: what was acknowledged is there"
for round in 1 2 3; do
	: >"$tmp/acknowledged"
	for i in $(seq 200); do
		curl -sS --fail -o /dev/null -X POST "$api/projects?projectId=r$round-$i" -d '{}' 2>/dev/null || break
		echo "r$round-$i" >>"$tmp/acknowledged"
	done &
	writer=$!
	wait_for 10 "calls to be acknowledged" grep -q "r$round-$((round * 10))$" "$tmp/acknowledged"
	stop "$controller_pid"
	wait "$writer" || true
	start_controller
	rest GET "/projects?pageSize=1000" >"$tmp/projects"
	while read -r id; do
		jq -e --arg n "projects/$id" 'any(.projects[]; .name == $n)' "$tmp/projects" >/dev/null || fail "$id is lost"
	done <"$tmp/acknowledged"
	say "$(wc -l <"$tmp/acknowledged") acknowledged, all there"
done

say "bad input: status and field"
rest_refused 400 network_id POST '/projects/acme/networks?networkId=Blue' '{}'
rest_refused 409 network_id POST '/projects/acme/networks?networkId=blue' '{}'
rest_refused 404 parent POST '/projects/nobody/networks?networkId=blue' '{}'
rest_refused 400 network.mtu POST '/projects/acme/networks?networkId=x' '{"mtu":1}'
rest_refused 400 colour POST '/projects/acme/networks?networkId=x' '{"colour":"blue"}'
rest_refused 400 mtu POST '/projects/acme/networks?networkId=x' '{"mtu":"large"}'
rest_refused 400 line POST '/projects/acme/networks?networkId=x' '{"mtu":'
rest_refused 400 subnet.cidr POST '/projects/acme/networks/blue/subnets?subnetId=x' '{"cidr":"10.0.0.128/25"}'
rest_refused 400 'port.ip_addresses[0].address' POST '/projects/acme/ports?portId=x' \
	'{"network":"projects/acme/networks/blue","ipAddresses":[{"address":"10.0.1.5"}]}'
rest_refused 409 'projects/acme/ports/p1' POST '/projects/acme/ports?portId=x' \
	'{"network":"projects/acme/networks/blue","ipAddresses":[{"address":"10.0.0.2"}]}'
rest POST '/projects?projectId=globex' '{}' >/dev/null
rest_refused 400 port.network POST '/projects/globex/ports?portId=x' '{"network":"projects/acme/networks/blue"}'
rest_refused 400 'projects/acme/ports/p1' DELETE /projects/acme/networks/blue
rest_refused 404 name GET /projects/acme/networks/none
rest_refused 400 'infrastructure/hosts/none' POST /projects/acme/ports/p1:attach \
	'{"kind":"TAP","host":"infrastructure/hosts/none"}'
head -c 2000000 /dev/zero | tr '\0' ' ' >"$tmp/big"
rest_refused 413 '' POST '/projects?projectId=big' "@$tmp/big"
rest GET /projects/acme/ports | jq -e '.ports | length == 1' >/dev/null || fail "a refused call left something"

say "update, etag, idempotency"
rest PATCH /projects/acme/networks/blue '{"displayName":"Blue","mtu":1400}' | jq -e '.mtu == 1400' >/dev/null
rest_refused 409 etag PATCH /projects/acme/networks/blue '{"mtu":1500,"etag":"0000000000000000"}'
first=$(rest POST '/projects/acme/networks?networkId=once&requestId=r-1' '{}')
kill_and_restart
[ "$(rest POST '/projects/acme/networks?networkId=once&requestId=r-1' '{}')" = "$first" ] || fail "not the first answer"
rest DELETE /projects/acme/networks/once >/dev/null
rest_refused 404 name DELETE /projects/acme/networks/once
rest DELETE '/projects/acme/networks/once?allowMissing=true' >/dev/null

say "security groups: a set of rules is replaced as a whole, also by a call before kill -9"
rest GET /projects/acme/securityGroups/default | jq -e '.rules | length == 2' >/dev/null
rest GET /projects/acme/ports/p1 | jq -e '.securityGroups == ["projects/acme/securityGroups/default"]' >/dev/null
rest POST '/projects/acme/securityGroups?securityGroupId=web' '{"rules":[{"id":"a","direction":"INGRESS","protocol":"6","ports":["443","80"]}]}' >/dev/null
number=$(rest GET /projects/acme/securityGroups/web | jq -r '.rules[0].number')
rest POST /projects/acme/securityGroups/web:addRules '{"rules":[{"direction":"EGRESS","remotePrefix":"10.0.0.0/8"}]}' |
	jq -e '.rules | length == 2' >/dev/null
rest POST /projects/acme/securityGroups/web:replaceRules '{"rules":[{"direction":"INGRESS","protocol":"tcp","ports":["80","443"]},{"id":"dns","direction":"EGRESS","protocol":"udp","ports":["53"]}]}' >"$tmp/web"
kill_and_restart
rest GET /projects/acme/securityGroups/web | diff - "$tmp/web"
jq -e --arg n "$number" '.rules[0].id == "a" and .rules[0].number == $n and .rules[1].id == "dns"' "$tmp/web" >/dev/null || fail "$(cat "$tmp/web")"
rest POST /projects/acme/securityGroups/web:removeRules '{"ruleIds":["dns"]}' | jq -e '.rules | length == 1' >/dev/null
rest_refused 400 'rules[1].ports[1]' POST /projects/acme/securityGroups/web:addRules \
	'{"rules":[{"direction":"EGRESS"},{"direction":"EGRESS","protocol":"tcp","ports":["1","x"]}]}'
rest_refused 400 'security_group.rules[0].remote_group' PATCH /projects/acme/securityGroups/web \
	'{"rules":[{"direction":"EGRESS","remoteGroup":"projects/acme/securityGroups/none"}]}'
rest_refused 400 projects/acme/ports/p1 DELETE /projects/acme
rest PATCH '/projects/acme/ports/p1?updateMask=securityGroups' '{"securityGroups":["projects/acme/securityGroups/web"]}' >/dev/null
rest_refused 400 projects/acme/ports/p1 DELETE /projects/acme/securityGroups/web

say "address groups: 100,000 entries, and a watch that is told the change"
rest POST '/projects/acme/addressGroups?addressGroupId=bad' '{}' >/dev/null
for part in $(seq 0 9); do
	seq $((part * 10000)) $((part * 10000 + 9999)) |
		awk '{ printf "%s\"10.%d.%d.%d\"", (NR > 1) ? "," : "{\"addresses\":[", $1 / 65536, $1 / 256 % 256, $1 % 256 } END { print "]}" }' >"$tmp/addresses"
	rest POST /projects/acme/addressGroups/bad:addAddresses "@$tmp/addresses" >"$tmp/bad"
done
jq -e '.addressCount == 100000' "$tmp/bad" >/dev/null || fail "$(cat "$tmp/bad")"
kill_and_restart
revision=$(rest POST /projects/acme/addressGroups/bad:removeAddresses '{"addresses":["10.1.0.7"]}' | jq -r .revision)
rest_refused 429 addresses POST /projects/acme/addressGroups/bad:addAddresses '{"addresses":["fd00::1","fd00::2"]}'
token='' total=0
while :; do
	rest GET "/projects/acme/addressGroups/bad:listAddresses?pageSize=10000&pageToken=$token" >"$tmp/page"
	total=$((total + $(jq '.addresses | length' "$tmp/page")))
	token=$(jq -r '.nextPageToken // ""' "$tmp/page")
	[ -n "$token" ] || break
done
[ "$total" = 99999 ] || fail "$total addresses are listed"
has_change() { jq -s -e 'any(.[]; .addressChange.removed == ["10.1.0.7/32"])' "$tmp/events"; }
watch_until() { # COMMAND that tells whether $tmp/events has what is awaited, CURL-OPTION...
	local has=$1
	shift
	curl -sN "$@" >"$tmp/events" 2>/dev/null </dev/null 9>&- &
	wait_for 10 "what a watch tells: $has" "$has"
	stop $! TERM
}
watch_until has_change "$api/projects/acme:watch?fromRevision=$((revision - 1))"
[ "$(wc -c <"$tmp/events")" -lt 2000 ] || fail "a watch is told more than the change"
rest DELETE /projects/acme/addressGroups/bad >/dev/null

say "admin policies"
rest POST '/infrastructure/adminPolicies?adminPolicyId=guard' '{"tier":1,"subject":"labels.env = prod","rules":[{"action":"DENY","direction":"INGRESS","remoteSelector":"labels.role = test"}]}' >/dev/null
rest_refused 400 'admin_policy.rules[0].action' PATCH /infrastructure/adminPolicies/guard '{"rules":[{"direction":"INGRESS"}]}'
rest GET /infrastructure/adminPolicies | jq -e '.adminPolicies[0].rules[0].action == "DENY"' >/dev/null
rest DELETE /infrastructure/adminPolicies/guard >/dev/null

say "watch goes on where it was, over kill -9"
revision=$(rest GET /projects/acme/networks/blue | jq -r .revision)
rest PATCH /projects/acme/networks/blue '{"mtu":1300}' >/dev/null
kill_and_restart
rest DELETE /projects/acme/ports/p1 >/dev/null
has_both() { jq -s -e 'map(.type) | index("MODIFIED") != null and index("DELETED") != null' "$tmp/events"; }
watch_until has_both "$api/projects/acme:watch?fromRevision=$revision"
jq -s -e 'all(.[]; (.revision | tonumber) > '"$revision"')' "$tmp/events" >/dev/null

say "server-sent events go on where a browser says it was"
last_id() { awk '$1 == "id:" { id = $2 } END { print id + 0 }' "$tmp/events"; }
has_last() { [ "$(last_id)" -ge "$newest" ]; }
newest=$(curl -sS --fail http://127.0.0.1:8080/metrics | sed -n 's/^weft_store_revision //p')
watch_until has_last -H 'Accept: text/event-stream' "$api/watch?fromRevision=$revision"
last=$(last_id)
rest PATCH /projects/acme/networks/blue '{"mtu":1280}' >/dev/null
has_newer() { grep '^data: .*"mtu":1280' "$tmp/events"; }
watch_until has_newer -H 'Accept: text/event-stream' -H "Last-Event-ID: $last" "$api/watch?fromRevision=$revision"
[ "$(grep -c '^data: ' "$tmp/events")" = 1 ] && grep -q '^data: .*"mtu":1280' "$tmp/events" || fail "$(cat "$tmp/events")"

say "the same by gRPC, with a foreign client"
/usr/bin/python3 "$root/tests/integration/api_resources.py" "$root" "$tmp" 127.0.0.1:50051

say "what tools ask for"
curl -sS --fail http://127.0.0.1:8080/openapi.json |
	jq -e '[.paths | keys[] | select(test("ports.*:attach$"))] | length == 1' >/dev/null
says '^weft_store_revision [0-9]' curl -sS --fail http://127.0.0.1:8080/metrics

say "SIGTERM ends it"
kill -TERM "$controller_pid"
wait "$controller_pid" || fail "weft-controller ended with status $?"

say "a full disk: said, nothing lost, and it goes on when there is space"
mkdir "$tmp/small"
mount -t tmpfs -o size=1m tmpfs "$tmp/small"
start_controller --store "sqlite:$tmp/small/weft.db"
rest POST '/projects?projectId=before' '{}' >/dev/null
head -c 2000000 /dev/zero >"$tmp/small/ballast" 2>/dev/null || true
i=0
until [ "$(curl -sS -o "$tmp/answer" -w '%{http_code}' -X POST "$api/projects?projectId=full$i" -d '{}')" != 200 ]; do
	[ $((i += 1)) -lt 2000 ] || fail "a full disk takes everything"
done
jq -e '.code == 8' "$tmp/answer" >/dev/null || fail "$(cat "$tmp/answer")" # RESOURCE_EXHAUSTED
grep -q 'no space left for the store' "$tmp/answer" || fail "$(cat "$tmp/answer")"
rest_refused 404 name GET "/projects/full$i"
rest GET /projects/before >/dev/null
rm "$tmp/small/ballast"
rest POST '/projects?projectId=after' '{}' >/dev/null
stop "$controller_pid"
start_controller --store "sqlite:$tmp/small/weft.db"
rest GET "/projects?pageSize=1000" >"$tmp/projects"
jq -e --argjson n $((i + 2)) '.projects | length == $n' "$tmp/projects" >/dev/null || fail "not $((i + 2)) projects are left"
stop "$controller_pid"
umount "$tmp/small"
