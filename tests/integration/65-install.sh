#!/bin/bash
# make install into a folder, what is there, and that the installed files fit the programs.
limit=60
. "$(dirname "$0")/lib.sh"

dest=$tmp/dest
make -C "$root" BUILD="${build#"$root"/}" NO_SETUP=1 --no-print-directory install DESTDIR="$dest" PREFIX=/usr >"$tmp/install.log" 2>&1

say "everything is in its place"
for f in usr/bin/weft usr/bin/weft-dataplane usr/bin/weft-controller usr/bin/weft-bench \
	usr/share/man/man1/weft.1 usr/share/man/man1/weft-bench.1 \
	usr/share/man/man8/weft-dataplane.8 usr/share/man/man8/weft-controller.8 \
	usr/share/man/man5/weft-dataplane.conf.5 usr/share/man/man5/weft-controller.conf.5 \
	lib/systemd/system/weft-dataplane.service lib/systemd/system/weft-controller.service \
	etc/weft/weft-dataplane.conf etc/weft/weft-controller.conf \
	usr/share/bash-completion/completions/weft usr/share/bash-completion/completions/weft-bench usr/share/doc/weft/README.md; do
	[ -s "$dest/$f" ] || fail "$f is not there"
done
grep -q '^ExecStart=/usr/bin/weft-dataplane ' "$dest/lib/systemd/system/weft-dataplane.service"
says '^weft ' "$dest/usr/bin/weft" --version

# Keys of a configuration: set, "#key = default", or "# key = example".
keys_of_conf() { sed -n 's/^\(# \?\)\?\([a-z][a-z-]*\) = .*/\2/p' "$1" | sort -u; }
# Options of a program that may stand in a file.
options_of() { "$1" --help | grep -oE '^ +(-[a-z], )?--[a-z-]+' | sed 's/.*--//' | grep -vxE 'help|version|config' | sort -u; }

for program in weft-dataplane weft-controller; do
	conf=$dest/etc/weft/$program.conf
	say "$program.conf tells of every option, and of no other; so do the manual pages"
	keys_of_conf "$conf" >"$tmp/keys"
	options_of "$dest/usr/bin/$program" >"$tmp/options"
	[ "$(wc -l <"$tmp/options")" -ge 4 ] || fail "$program --help tells no options"
	diff "$tmp/options" "$tmp/keys" || fail "keys of $program.conf are not the options of $program"
	while read -r key; do
		grep -qE "^\.It (Fl [a-z] , )?Fl -$key( |\$)" "$dest/usr/share/man/man8/$program.8" ||
			fail "$program(8) does not tell of --$key"
		grep -qE "^\.It Cm $key( |\$)" "$dest/usr/share/man/man5/$program.conf.5" ||
			fail "$program.conf(5) does not tell of $key"
	done <"$tmp/keys"
	sed 's/^#\([a-z][a-z-]* = .*\)/\1/' "$conf" >"$tmp/$program.conf"
done

say "both start with their configuration, its defaults written out"
sed -i "s|^socket = .*|socket = $socket|; s|^controller = .*|controller = tcp:127.0.0.1:6653|" "$tmp/weft-dataplane.conf"
sed -i "s|^store = .*|store = sqlite:$tmp/weft.db|" "$tmp/weft-controller.conf"
mkdir -p /run/weft
start_controller -c "$tmp/weft-controller.conf"
start_dataplane -c "$tmp/weft-dataplane.conf"
wait_for 20 "the host to connect" host_is_connected

say "a configuration that was changed stays, the new one is put beside it"
echo '# mine' >>"$dest/etc/weft/weft-controller.conf"
make -C "$root" BUILD="${build#"$root"/}" NO_SETUP=1 --no-print-directory install DESTDIR="$dest" PREFIX=/usr >>"$tmp/install.log" 2>&1
grep -q '# mine' "$dest/etc/weft/weft-controller.conf" && [ -s "$dest/etc/weft/weft-controller.conf.new" ]

say "the completion completes"
says '^network' bash -c ". $dest/usr/share/bash-completion/completions/weft; COMP_WORDS=(weft netw); COMP_CWORD=1; _weft; printf '%s\n' \"\${COMPREPLY[@]}\""

says '^--pattern' env PATH="$dest/usr/bin:$PATH" bash -c ". $dest/usr/share/bash-completion/completions/weft-bench
	COMP_WORDS=(weft-bench generate --pat); COMP_CWORD=2; _weft_bench; printf '%s\n' \"\${COMPREPLY[@]}\""

say "uninstall leaves the configuration alone"
make -C "$root" BUILD="${build#"$root"/}" NO_SETUP=1 --no-print-directory uninstall DESTDIR="$dest" PREFIX=/usr >>"$tmp/install.log" 2>&1
find "$dest" -type f | sort >"$tmp/left"
[ "$(grep -vc /etc/weft/ "$tmp/left")" = 0 ] || fail "left: $(grep -v /etc/weft/ "$tmp/left")"
