# Guests and containers for tests and the demo.  Source it; $guest_dir (from mkguest) and $tmp (a
# private folder for sockets and logs) must be set.  Everything started here is known by its
# process id in $guest_pids, and guests_stop ends it.
#
#   guest_start NAME QEMU-ARGUMENT...    begin to boot; arguments are the network devices
#   guest_wait NAME                      until its agent answers
#   guest_exec NAME [-t SECONDS] COMMAND output and exit status are the command's
#   guest_kill NAME                      kill -9 of its QEMU
#   ct_start NAME / ct_exec NAME CMD... / ct_stop NAME     containers: network namespaces
#
# A container here is a named network namespace with processes of its own: what every container
# runtime makes, without the runtime.

guest_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
declare -A guest_pids=() ct_names=()
guest_memory_mb=192

# Hardware virtualization only where the CPU really has it: a /dev/kvm without vmx or svm cannot
# boot an ordinary kernel.
if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then
	guest_accel=kvm guest_cpu=host guest_net_options=
else
	# Debian's QEMU 7.2 crashes with vhost-user and MSI-X where there is no KVM.
	guest_accel=tcg,thread=multi guest_cpu=qemu64 guest_net_options=,vectors=0
fi

guest_start() { # NAME QEMU-ARGUMENT...
	local name=$1 dir=$tmp/guest-$1
	shift
	mkdir -p "$dir"
	rm -f "$dir/agent" "$dir/console.log"
	qemu-system-x86_64 -name "$name" -M q35 -accel $guest_accel -cpu $guest_cpu -smp 1 \
		-m $guest_memory_mb \
		-object memory-backend-memfd,id=mem,size=${guest_memory_mb}M,share=on \
		-machine memory-backend=mem \
		-nodefaults -no-user-config -display none -no-reboot \
		-chardev file,id=console,path="$dir/console.log" -serial chardev:console \
		-chardev socket,id=agent,path="$dir/agent",server=on,wait=off -serial chardev:agent \
		-kernel "$guest_dir/vmlinux" -initrd "$guest_dir/initrd" \
		-append "console=ttyS0 quiet nokaslr mitigations=off tsc=reliable no_timer_check lpj=4000000 random.trust_cpu=on panic=-1" \
		"$@" >"$dir/qemu.log" 2>&1 </dev/null 3>&- &
	guest_pids[$name]=$!
}

# Arguments of a vhost-user network card on the switch's socket.
guest_vhost_args() { # SOCKET MAC
	echo "-chardev socket,id=vhost,path=$1,reconnect=1 -netdev vhost-user,id=net,chardev=vhost" \
		"-device virtio-net-pci,netdev=net,mac=$2,romfile=$guest_net_options"
}

guest_is_up() { kill -0 "${guest_pids[$1]}" 2>/dev/null; }

guest_wait() { # NAME
	local i
	for i in $(seq 1 3000); do
		guest_is_up "$1" || break
		grep -q GUEST-UP "$tmp/guest-$1/console.log" 2>/dev/null &&
			guest_exec "$1" -t 30 true && return 0
		sleep 0.1
	done
	echo "guest $1 did not come up:" >&2
	tail -n 5 "$tmp/guest-$1/qemu.log" "$tmp/guest-$1/console.log" >&2
	return 1
}

guest_exec() { # NAME [-t SECONDS] COMMAND
	local name=$1 seconds=300
	shift
	[ "$1" = -t ] && { seconds=$2; shift 2; }
	"$guest_here/agent-call" "$tmp/guest-$name/agent" "$seconds" "$*"
}

guest_kill() { # NAME
	[ -n "${guest_pids[$1]:-}" ] || return 0
	kill -KILL "${guest_pids[$1]}" 2>/dev/null || true
	wait "${guest_pids[$1]}" 2>/dev/null || true
	unset "guest_pids[$1]"
}

ct_start() { # NAME
	[ ! -e "/run/netns/$1" ] || return 1 # somebody else's, not to be removed with ours
	ct_names[$1]=1 # before it is there: who interrupts us removes it
	ip netns add "$1" || return 1
	ip -n "$1" link set lo up
	# No router advertisements or duplicate detection delays: addresses work at once.
	ip netns exec "$1" sh -c 'for f in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 >$f; done'
}

ct_exec() { # NAME COMMAND...
	local name=$1
	shift
	ip netns exec "$name" "$@"
}

# End a namespace's processes, then the namespace.  The namespace itself must go too: a
# process that outlived it would keep its interfaces.
ct_stop() { # NAME
	local pid
	for pid in $(ip netns pids "$1" 2>/dev/null); do kill "$pid" 2>/dev/null; done
	ip netns del "$1" 2>/dev/null
	unset "ct_names[$1]"
}

guests_stop() {
	local name
	for name in "${!guest_pids[@]}"; do guest_kill "$name"; done
	for name in "${!ct_names[@]}"; do ct_stop "$name"; done
}
