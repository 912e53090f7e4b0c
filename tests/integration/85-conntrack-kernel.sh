#!/bin/bash
# The kernel's connection tracking as the reference: hundreds of random connections, in order and
# out of it, are judged by the kernel and by ours; docs/connections.md names each difference.
limit=120
. "$(dirname "$0")/lib.sh"

nft list ruleset >/dev/null 2>&1 ||
	fail "this kernel has no nf_tables and nf_conntrack to compare with: load them (modprobe nf_conntrack nft_ct)"
# Debian's python, as everywhere in these tests.
/usr/bin/python3 "$root/tests/conntrack/compare.py" "$build/tests/conntrack/judge" 800 1
