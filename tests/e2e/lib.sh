# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What shell suites share; a suite sources it and ends with finish. Verdicts
# go to standard output, one line per test; what commands print goes to
# standard error, which lands in the suite's log.

failures=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kelp-test.XXXXXX")

cleanup_commands=()

# at_exit COMMAND… - run when the suite ends, last registered first.
at_exit() {
	cleanup_commands+=("$(printf '%q ' "$@")")
}

__at_exit() {
	local status=$? i
	for ((i = ${#cleanup_commands[@]} - 1; i >= 0; i--)); do
		eval "${cleanup_commands[i]}" >&2 || true
	done
	rm -rf "$scratch"
	exit "$status"
}
trap __at_exit EXIT
trap 'exit 130' INT TERM

ok() {
	printf 'ok %s\n' "$1"
}

# not_ok NAME WHY…
not_ok() {
	local name=$1
	shift
	failures=$((failures + 1))
	printf 'not ok %s: %s\n' "$name" "$*"
}

# skip NAME WHY…
skip() {
	local name=$1
	shift
	printf 'skip %s: %s\n' "$name" "$*"
}

# check NAME COMMAND… - one test: does the command succeed? A function runs
# in a subshell with errexit, so that any command of its body may fail it;
# variables that it sets are gone afterwards.
check() {
	local name=$1 status
	shift
	printf '# %s\n' "$*" >&2
	set +e
	(set -e; trap - EXIT; "$@") >&2
	status=$?
	set -e
	if [ "$status" -eq 0 ]; then
		ok "$name"
	else
		not_ok "$name" "exit status $status: $*"
	fi
}

# wait_for SECONDS COMMAND… - poll until it succeeds; fails after SECONDS.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05 # poll
	done
}

# equal WHAT EXPECTED FOUND
equal() {
	[ "$2" = "$3" ] || {
		printf '%s: expected %q, found %q\n' "$1" "$2" "$3" >&2
		return 1
	}
}

# fails STATUS COMMAND… - the command ends with exactly that status.
fails() {
	local expected=$1 status=0
	shift
	"$@" || status=$?
	equal "status of $*" "$expected" "$status"
}

kelp_loaded() {
	[ -d /sys/module/kelp ]
}

# kelp_load [PARAMETER=VALUE…] - insert the module; it will count its objects.
kelp_load() {
	insmod "$KELP_KO" census=1 "$@"
}

# kelp_unload [SECONDS] - remove it within that time, 5 s unless given.
kelp_unload() {
	timeout "${1:-5}" rmmod kelp
}

kelp_reload() {
	! kelp_loaded || kelp_unload 5
	kelp_load "$@"
}

# finish - the last line of a suite.
finish() {
	[ "$failures" -eq 0 ] || exit 1
}
