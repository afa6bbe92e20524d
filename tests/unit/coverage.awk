# SPDX-License-Identifier: GPL-2.0-only
#
# gcov's summary in, one line per file out; status 1 when a file is below the
# floor or missing. A file compiled into two programs counts by its best run.

BEGIN {
	nr = split(want, names, " ")
	for (i = 1; i <= nr; i++)
		wanted[names[i] ".c"] = 1
}

/^File / {
	file = $2
	gsub(/'/, "", file)
}

/^Lines executed:/ && file in wanted {
	split($2, part, /[:%]/)
	if (!(file in best) || part[2] > best[file] + 0) {
		best[file] = part[2]
		lines[file] = $4
	}
}

END {
	bad = 0
	for (i = 1; i <= nr; i++) {
		file = names[i] ".c"
		if (!(file in best)) {
			printf "%-24s not covered\n", file
			bad = 1
			continue
		}
		printf "%-24s %6.2f %% of %d lines\n", file, best[file], \
			lines[file]
		if (best[file] + 0 < floor)
			bad = 1
	}
	exit bad
}
