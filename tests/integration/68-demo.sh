#!/bin/bash
# The demonstration keeps its promises, and cleans up, also when it is interrupted.
limit=240
. "$(dirname "$0")/lib.sh"

export BUILD=$build GUEST_DIR=$guest_dir TMPDIR=$tmp
nothing_is_left() {
	[ -z "$(ls /run/netns)" ] || fail "namespaces are left: $(ls /run/netns)"
	[ -z "$(pgrep 'weft-|qemu')" ] || fail "processes are left: $(pgrep -a 'weft-|qemu')"
	[ -z "$(ls -d "$tmp"/weft-demo.* 2>/dev/null)" ] || fail "its folder is left"
}

say "interrupted in the middle"
setsid --wait python3 - "$root/tests/demo/demo.sh" >"$tmp/interrupted.log" 2>&1 <<'PYTHON' || fail "$(tail -n 5 "$tmp/interrupted.log")"
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
demo = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True,
                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
for line in demo.stdout:
    if "acme has container db" in line:
        os.killpg(0, signal.SIGINT)
        break
demo.stdout.read()
sys.exit(0 if demo.wait() == 130 else "the demonstration ended with %d" % demo.returncode)
PYTHON
nothing_is_left

say "kept, then stopped"
KEEP=1 "$root/tests/demo/demo.sh" >"$tmp/demo.log" 2>&1 || fail "$(grep -A8 FAILED "$tmp/demo.log")"
says ' 0 broken' cat "$tmp/demo.log"
"$(sed -n 's|^ *\(/.*/stop\)$|\1|p' "$tmp/demo.log")"
wait_for 10 "everything to end" bash -c '! pgrep "weft-|qemu"'
nothing_is_left
