# Completion of `weft-bench` for bash: modes, and the options that the program itself tells.

_weft_bench() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} mode=${COMP_WORDS[1]:-}
	local modes="switch generate rfc2544 reflect"

	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "$modes --help" -- "$word"))
		return
	fi
	case $before in
	--tx | --rx | --port)
		compopt -o nospace
		COMPREPLY=($(compgen -W "dpdk vhost-user virtio-user memif tap af_packet" -S : -- "$word"))
		;;
	--pattern)
		COMPREPLY=($(compgen -W "sequential uniform zipf:1 new" -- "$word"))
		;;
	*)
		[[ " $modes " = *" $mode "* ]] || return
		COMPREPLY=($(compgen -W "$(weft-bench "$mode" --help 2>/dev/null |
			grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+')" -- "$word"))
		;;
	esac
}
complete -F _weft_bench weft-bench
