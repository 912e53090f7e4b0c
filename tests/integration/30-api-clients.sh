#!/bin/bash
# Foreign clients against the API's machinery: gRPC by python3-grpcio, REST by curl and by raw
# sockets, JSON against Google's own implementation.  The server is a library of books, see
# tests/fakes/api/server.
#
#     python3-grpcio -- gRPC 127.0.0.1:21051 --+
#                                              +-- library of books
#     curl, sockets --- REST 127.0.0.1:21080 --+
limit=120
. "$(dirname "$0")/lib.sh"

cd "$root"
python=/usr/bin/python3 # Debian's, which python3-grpcio is for
protoc -I. --python_out="$tmp" tests/unit/api/testing.proto proto/google/api/*.proto proto/google/rpc/*.proto proto/grpc/*.proto
export PYTHONPATH=$tmp PYTHONDONTWRITEBYTECODE=1

"$build/tests/fakes/api/server/server" 127.0.0.1:21051 127.0.0.1:21080 1000 >"$tmp/server.log" 2>&1 &
server=$!
wait_for 5 "the server" grep -q ready "$tmp/server.log"

say "gRPC by python3-grpcio"
$python tests/integration/api_grpc.py 127.0.0.1:21051 http://127.0.0.1:21080/metrics

say "JSON against Google's implementation"
$python tests/integration/api_json.py http://127.0.0.1:21080 "${SEED:-1}"

base=http://127.0.0.1:21080
# What curl gets, on one line: CODE BODY
rest() { curl -sS -m 100 -o "$tmp/body" -w '%{http_code} ' "$@" && cat "$tmp/body"; }
# expect PATTERN CURL-ARGUMENTS...
expect() {
	local pattern=$1 got
	shift
	got=$(rest "$@")
	# shellcheck disable=SC2254
	case $got in
	$pattern) ;;
	*) fail "$*: expected $pattern, got $got" ;;
	esac
}

say "REST by curl"
expect '200 ok*' $base/healthz
expect '200 {"name":"shelves/a/books/1","title":"Moby Dick"}*' -d '{"title":"Moby Dick"}' "$base/v1/shelves/a/books?book_id=1"
expect '409 *"status":"ALREADY_EXISTS"*' -d '{"title":"Moby Dick"}' "$base/v1/shelves/a/books?bookId=1"
expect '200 *"title":"Moby Dick"*' $base/v1/shelves/a/books/1
expect '200 {"books":\[{*}\]}*' $base/v1/shelves/a/books
expect '200 *"title":"Moby Dick","author":{"name":"Melville"}*' -X PATCH -d '{"author":{"name":"Melville"}}' $base/v1/shelves/a/books/1
expect '200 *"author":{"name":"Melville","born":1819}*' -X PATCH -d '{"author":{"born":1819}}' $base/v1/shelves/a/books/1
expect '200 {"name":"shelves/a/books/1","author"*' -X PATCH -d '{}' "$base/v1/shelves/a/books/1?update_mask=title"
expect '400 *update_mask: \\"titel\\"*' -X PATCH -d '{}' "$base/v1/shelves/a/books/1?update_mask=titel"
expect '200 *"name":"shelves/b/books/1"*' -d '{"toShelf":"shelves/b"}' $base/v1/shelves/a/books/1:move
expect '404 *"status":"NOT_FOUND"*"resourceName":"shelves/a/books/1"*' $base/v1/shelves/a/books/1
expect '200 {}*' -X DELETE $base/v1/shelves/b/books/1
expect '501 *UNIMPLEMENTED*' -X POST $base/v1/shelves/b/books/1:burn
expect '404 *there is no path /v1/nothing*' $base/v1/nothing
expect '405 *use GET, PATCH, DELETE*' -X PUT $base/v1/shelves/b/books/1
expect '405 *use GET*' -X POST $base/metrics
expect '403 *other sites*' -H 'Origin: http://example.com' $base/v1/shelves/a/books
expect '200 {"padding":"AA=="}*' -H "Origin: $base" "$base/v1/shelves/a/books:watch?count=1&padding=1"
says '^weft_api_calls_total\{method="weft.testing.Library/CreateBook",code="OK"\} ' rest $base/metrics
curl -sS $base/openapi.json | $python tests/integration/api_openapi.py || fail "openapi.json is not sound"

say "wrong JSON: the error names the field and what was expected"
bad() { # FIELD PART-OF-MESSAGE JSON
	expect "400 *$2*\"field\":\"$1\"*" -d "$3" "$base/v1/shelves/a/books?book_id=2"
}
bad book 'line 1, column 1: not JSON' '{'
bad book 'not JSON' 'title=x'
bad book 'nested deeper than 64' "$(printf '[%.0s' {1..2000})"
bad book.titel 'book.titel: there is no such field' '{"titel":"x"}'
bad book.title 'expected a text, got 5' '{"title":5}'
bad book.n_pages 'an integer from 0 to 4294967295, got -1' '{"nPages":-1}'
bad book.n_pages 'got 1.5' '{"nPages":1.5}'
bad book.n_pages 'got \\"many\\"' '{"n_pages":"many"}'
bad book.n_pages 'given twice' '{"nPages":1,"n_pages":2}'
bad book.binding 'one of NONE, BINDING_UNSPECIFIED, PAPER, LEATHER' '{"binding":"GLUE"}'
bad 'book.tags\[1\]' 'expected a value, got null' '{"tags":["a",null]}'
bad 'book.labels\[\\"a\\"\]' 'expected a text, got an object' '{"labels":{"a":{}}}'
bad book.author 'expected an object, got a list' '{"author":[]}'
bad book.create_time 'expected a time like' '{"createTime":"yesterday"}'
bad book.title 'give the book a title' '{}'
expect '400 *"field":"bookIdd"*' -d '{}' "$base/v1/shelves/a/books?bookIdd=2"
expect '400 *page_size: expected an integer*got \\"x\\"*' "$base/v1/shelves/a/books?page_size=x"
expect '400 *takes no body*' -X GET -d '{}' $base/v1/shelves/a/books
expect '400 *percent-encoded UTF-8*' $base/v1/shelves/a/books/%ff
expect '400 *percent-encoded UTF-8*' "$base/v1/shelves/a/books?page_token=%0"
expect '400 *only one field of its group*' -d '{"oInt32":1,"oString":"x"}' $base/v1/echo

say "bodies that are too big, announced or not"
head -c 1100000 /dev/zero >"$tmp/big"
expect '413 *bigger than 1048576 bytes*' -H 'Expect:' --data-binary @"$tmp/big" $base/v1/echo
expect '413 *bigger than 1048576 bytes*' -H 'Transfer-Encoding: chunked' -H 'Expect:' --data-binary @"$tmp/big" $base/v1/echo

say "streams"
[ "$(curl -sS -m 200 "$base/v1/shelves/a/books:watch?count=20000&padding=300" | wc -l)" = 20000 ] ||
	fail "a stream of 20000 events was not whole"
expect '200 data: {}*data: {"index":1}*' -H 'Accept: text/event-stream' "$base/v1/shelves/a/books:watch?count=2"
expect '200 {}*' "$base/v1/sleep?delay=0.1s"

say "half requests, vanished and slow readers"
$python tests/integration/api_sockets.py 21080

grep -q VmHWM "/proc/$server/status"
peak=$(awk '/VmHWM/ { print $2 }' "/proc/$server/status")
[ "$peak" -lt 200000 ] || fail "the server took $peak kB at its peak"
kill $server
wait $server
grep -qx '0 waiting' "$tmp/server.log" || fail "handlers were left without a caller: $(tail -n 1 "$tmp/server.log")"
