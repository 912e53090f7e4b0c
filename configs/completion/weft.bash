# Completion of `weft` for bash.  The program itself knows what may follow.

_weft() {
	local IFS=$'\n' words
	words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	# bash takes '=' for a word of its own; weft does not.
	COMPREPLY=($(weft __complete -- "${words[@]}" 2>/dev/null))
}
complete -o default -F _weft weft
