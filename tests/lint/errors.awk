# Checks docs/openflow-errors.md against proto/openflow/errors.def and the tests: every code has one
# row, with the numbers that each version gives it; every test that a row names exists; a code that
# is never sent names none.
#
#	awk -f errors.awk errors.def openflow-errors.md TEST.c...
#
# A row is "| CODE | number | when | `x_test`: case; case; `y_test`: case |"; a case is a function,
# or the name at the beginning of a row of a table in that file.
function bad(where, msg) { printf "%s: %s\n", where, msg; failed = 1 }
function trim(s) { gsub(/^[ \t`]+|[ \t`]+$/, "", s); return s }

# What VERSION (3 to 5) is told for a code: "1/9", or an experimenter's "ONF 2600".
function told(code, version,	n, a, old) {
	if (version >= since[code])
		return wire[code]
	old = older[code]
	if (old ~ /^(ONF|NX)\(/) {
		n = split(old, a, /[()]/)
		return a[1] " " a[2]
	}
	sub(/^OLD\(/, "", old)
	split(old, a, /[, ()]+/)
	return a[2] in wire ? told(a[2], version) : type[a[1]] "/" a[2]
}
function numbers(code,		s) {
	s = told(code, 5)
	if (told(code, 4) != told(code, 5))
		s = s "; " (told(code, 3) == told(code, 4) ? "before 1.5" : "1.4") ": " told(code, 4)
	if (told(code, 3) != told(code, 4))
		s = s "; 1.3: " told(code, 3)
	return s
}
function define(line,	a, args) {
	args = line
	sub(/^[A-Z_]+\(/, "", args)
	sub(/\)$/, "", args)
	if (line ~ /^OF_ERROR_TYPE/) {
		split(args, a, /, */)
		type[a[1]] = a[2]
	} else if (line ~ /^OF_ERROR_NX/) {
		split(args, a, /, */)
		wire[a[1]] = "NX " a[2]
		since[a[1]] = 3
	} else if (line ~ /^OF_ERROR_SINCE/) {
		split(args, a, /, */)
		wire[a[3]] = type[a[2]] "/" a[4]
		since[a[3]] = substr(a[1], 3)
		match(args, /(OLD|ONF|NX)\(/)
		older[a[3]] = substr(args, RSTART)
	} else {
		split(args, a, /, */)
		wire[a[2]] = type[a[1]] "/" a[3]
		since[a[2]] = 3
	}
}

FNR == 1 {
	file = FILENAME
	sub(/.*\//, "", file)
	sub(/\.c$/, "", file)
}
FILENAME ~ /errors\.def$/ {
	if (!joined && !/^OF_ERROR/)
		next
	sub(/^[ \t]+/, joined ? " " : "")
	joined = joined $0
	if (gsub(/\(/, "(", joined) != gsub(/\)/, ")", joined))
		next
	define(joined)
	joined = ""
	next
}
FILENAME ~ /\.md$/ {
	n = split($0, cell, /\|/)
	code = trim(cell[2])
	if (n != 6 || code !~ /^(OFP|NX)[A-Z0-9]*_[A-Z0-9_]+$/)
		next
	where = FILENAME ":" FNR
	if (!(code in wire)) {
		bad(where, code " is not in errors.def")
		next
	}
	if (code in seen)
		bad(where, code " has two rows")
	seen[code] = 1
	if (trim(cell[3]) != numbers(code))
		bad(where, code " is told as " numbers(code) ", not " trim(cell[3]))
	if (trim(cell[4]) == "")
		bad(where, code " does not say when")
	if (cell[4] ~ /Never:/ ? trim(cell[5]) != "" : trim(cell[5]) == "")
		bad(where, code (cell[4] ~ /Never:/ ? " is never sent and names a test" : " names no test"))
	n_refs = split(cell[5], refs, /;/)
	for (i = 1; i <= n_refs; i++) {
		name = refs[i]
		if (split(name, ref, /`: */) == 2) {
			in_file = trim(ref[1])
			name = ref[2]
		}
		if (trim(name) != "")
			wanted[in_file, trim(name)] = where
	}
	next
}
/^static void [a-z0-9_]+\(/ {
	name = $3
	sub(/\(.*/, "", name)
	there[file, name] = 1
}
/^[ \t]*\{ "[^"]+",/ {
	split($0, quoted, /"/)
	there[file, quoted[2]] = 1
}
END {
	for (code in wire)
		if (!(code in seen))
			bad("docs", code " of errors.def has no row")
	for (w in wanted)
		if (!(w in there)) {
			split(w, ref, SUBSEP)
			bad(wanted[w], "no case \"" ref[2] "\" in " ref[1] ".c")
		}
	exit failed
}
