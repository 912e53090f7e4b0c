#!/bin/bash
# What the API's machinery cannot serve is refused when the program is built.
. "$(dirname "$0")/lib.sh"

cd "$root"
# refused PART-OF-MESSAGE: the .proto on standard input
refused() {
	{
		echo 'syntax = "proto3"; package t; import "proto/google/api/annotations.proto";'
		echo 'import "google/protobuf/any.proto";'
		cat
	} >"$tmp/t.proto"
	protoc -I. -I"$tmp" --include_imports --include_source_info --descriptor_set_out="$tmp/t.pb" \
		"$tmp/t.proto" 2>"$tmp/protoc.log" || fail "protoc: $(cat "$tmp/protoc.log")"
	! "$build/apigen/apigen" "$tmp/t.pb" t_schema "$tmp/t.c" t.proto 2>"$tmp/apigen.log" ||
		fail "taken, but should be refused: $1"
	grep -qF "$1" "$tmp/apigen.log" || fail "expected '$1', got: $(cat "$tmp/apigen.log")"
}

refused 't.A contains itself' <<<'message A { A a = 1; } service S { rpc M(A) returns (A); }'
refused 't.A contains itself' <<<'message B { map<string, A> a = 1; } message A { B b = 1; } service S { rpc M(A) returns (A); }'
refused 't.A.a: protobuf-c has no proto3 optional' <<<'message A { optional int32 a = 1; } service S { rpc M(A) returns (A); }'
refused 'google.protobuf.Any is not supported' <<<'message A { google.protobuf.Any a = 1; } service S { rpc M(A) returns (A); }'
refused 'allow_alias is not supported' <<<'enum E { option allow_alias = true; X = 0; Y = 0; } message A { E e = 1; } service S { rpc M(A) returns (A); }'
route() { echo "message A { string a = 1; repeated string r = 2; } service S { rpc M(A) returns (A) { option (google.api.http) = { $1 }; } rpc N(A) returns (A) { option (google.api.http) = { $2 }; } }"; }
other='get: "/v1/other"'
refused 'M: path template "/v1/{a": } is expected' <<<"$(route 'get: "/v1/{a"' "$other")"
refused '{b} of /v1/{b} is no single scalar field of t.A' <<<"$(route 'get: "/v1/{b}"' "$other")"
refused '{r} of /v1/{r} is no single scalar field of t.A' <<<"$(route 'get: "/v1/{r}"' "$other")"
refused 'M: body "a" is no message in t.A' <<<"$(route 'post: "/v1/x" body: "a"' "$other")"
refused 'M: GET has no body' <<<"$(route 'get: "/v1/x" body: "*"' "$other")"
refused 'M and N have the same route GET/v1/*:' <<<"$(route 'get: "/v1/{a}"' 'get: "/v1/*"')"
refused 'M: response_body is not supported' <<<"$(route 'get: "/v1/x" response_body: "a"' "$other")"
