# Checks #include "dir/file.h" lines against the layer list (first argument).
# Reports: an unknown layer, a forbidden dependency, a private header used from another
# directory, a quoted include that is not root-relative.  Exit status 1 if any.
function layer_of(path) {
	while (path != "") {
		if (path in rank)
			return path
		if (!sub(/\/[^\/]*$/, "", path))
			return ""
	}
	return ""
}
function dir(path) { sub(/\/[^\/]*$/, "", path); return path }
function bad(msg) { printf "%s:%d: %s\n", FILENAME, FNR, msg; failed = 1 }
FNR == NR {
	sub(/#.*/, "")
	if (NF == 0)
		next
	rank[$1] = ++n
	for (i = 3; i <= NF; i++) {
		if ($i != "*" && !($i in rank))
			bad("layer " $i " is not listed above " $1)
		allow[$1, $i] = 1
	}
	next
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\"")
	inc = q[2]
	if (inc !~ /\//) {
		bad("not root-relative: " inc)
		next
	}
	from = layer_of(dir(FILENAME))
	to = layer_of(dir(inc))
	if (from == "")
		bad("no layer for this file")
	else if (to == "")
		bad("no layer for " inc)
	else if (to != from && !allow[from, to] && !allow[from, "*"])
		bad(from " may not include " to ": " inc)
	if (inc ~ /_priv\.h$/ && dir(inc) != dir(FILENAME) && from != "tests")
		bad("private header of " dir(inc) ": " inc)
}
END { exit failed }
