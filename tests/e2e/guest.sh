#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=400
#
# The test of scripts/guest itself, run on the host. What it promises is what
# every other end-to-end test stands on: exact arguments, separate exact
# streams, an honest status, and a kernel log that can fail a passing command.
# Prints "ok NAME" or "not ok NAME: why" per case; 0 when all are ok.
#
# shellcheck disable=SC2016,SC2317	# scripts for the guest; calls by name
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
guest=$root/scripts/guest
tmp=$(mktemp -d)
failed=0
pid=
trap 'status=$?; [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$tmp"; exit "$status"' EXIT
trap 'exit 130' INT TERM

# check NAME COMMAND…: one case; COMMAND's output is the reason if it fails.
check() {
	local name=$1 why
	shift
	if why=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name: ${why:-$*}"
		failed=1
	fi
}

# in_guest ARG…: run it; leaves status, and the streams in $tmp/out and err.
in_guest() {
	status=0
	"$guest" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

is() { [ "$1" = "$2" ] || { printf 'expected %q, got %q\n' "$2" "$1"; return 1; }; }
has() { grep -qF -- "$2" "$1" || { echo "no '$2' in: $(tail -c 600 "$1")"; return 1; }; }
hasnt() { ! grep -F -- "$2" "$1"; }
empty() { [ ! -s "$1" ] || { tail -c 600 "$1"; return 1; }; }

# What one boot can show about the place where a command finds itself. The
# script records; the host compares.
surroundings() {
	local big every
	big=$(head -c 100000 /dev/zero | tr '\0' x)
	every=$(printf '\\x%02x' {1..255})
	# shellcheck disable=SC1003,SC2059
	args=($'line one\nline two\n' 'it'\''s "quoted" $HOME `id` \' '' ' ' '*'
		"$(printf "$every")" "$big")
	mkdir "$tmp/shared" "$tmp/private"
	echo before >"$tmp/private/file"
	KELP_GREETING=$'two\nlines' NOT_OURS=1 in_guest --out "$tmp/shared" -t 60 -- bash -c '
		shared=$1 private=$2; shift 2
		printf "%s\0" "$@" >"$shared/args"
		printf %s "${KELP_GREETING-}" >"$shared/greeting"
		env >"$shared/env"
		umask >"$shared/umask"; pwd >"$shared/pwd"; id -u >"$shared/uid"
		wc -c </proc/self/fd/0 >"$shared/stdin"
		cat "$private/file" >"$shared/read"
		echo after >"$private/file" && echo new >"$private/new" &&
			echo gone >/tmp/kelp-guest-discarded && cat "$private/file" >"$shared/wrote"
		modprobe veth && ip link add type veth && echo yes >"$shared/veth"
		ping -c 1 -W 2 127.0.0.1 >/dev/null 2>&1 ||
			ip -o addr show lo | grep -q "127.0.0.1/8" && echo yes >"$shared/lo"
		printf "$(printf "\\\\x%02x" {0..255})"
		echo to stderr >&2
		echo reopened >/dev/stderr
		exit 7' bash "$tmp/shared" "$tmp/private" "${args[@]}"
	printf '%s\0' "${args[@]}" >"$tmp/args"
	# shellcheck disable=SC2059
	printf "$(printf '\\x%02x' {0..255})" >"$tmp/bytes"
	printf 'to stderr\nreopened\n' >"$tmp/stderr"
	check 'exit status 7 is returned' is "$status" 7
	check 'arguments arrive byte for byte' cmp "$tmp/args" "$tmp/shared/args"
	check 'standard output is exact and alone' cmp "$tmp/bytes" "$tmp/out"
	check 'standard error is exact and alone' cmp "$tmp/stderr" "$tmp/err"
	check 'KELP_ variables travel' is "$(cat "$tmp/shared/greeting")" $'two\nlines'
	check 'other variables stay' hasnt "$tmp/shared/env" NOT_OURS
	check 'umask is 022' is "$(cat "$tmp/shared/umask")" 0022
	check 'runs at the root of the repository' is "$(cat "$tmp/shared/pwd")" "$root"
	check 'runs as root' is "$(cat "$tmp/shared/uid")" 0
	check 'standard input is empty' is "$(cat "$tmp/shared/stdin")" 0
	check 'host files are there, /tmp included' is "$(cat "$tmp/shared/read")" before
	check 'they can be written in the guest' is "$(cat "$tmp/shared/wrote")" after
	check 'but do not change on the host' is "$(cat "$tmp/private/"*)" before
	check 'nor do new files appear' is "$(ls -d /tmp/kelp-guest-discarded 2>&-)" ''
	check 'modprobe veth works' is "$(cat "$tmp/shared/veth")" yes
	check 'loopback is up' is "$(cat "$tmp/shared/lo")" yes
}

other_kernel() {
	in_guest -k 6.12 -- uname -r
	check '6.12 runs' is "$status" 0
	check '6.12 prints its release and nothing else' \
		is "$(cat "$tmp/out")" "$("$root/scripts/setup" path release 6.12)"
	check 'nothing on standard error' empty "$tmp/err"
}

panics() {
	in_guest -t 60 -- sh -c 'echo c >/proc/sysrq-trigger'
	check 'a panic returns 70' is "$status" 70
	check 'with the kernel log' has "$tmp/err" 'Kernel panic'

	# The machine stays in its panic for longer than the command may take.
	in_guest -t 1 -- sh -c 'echo 4 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger'
	check 'a panic beats a time-out' is "$status" 70
}

warning() {
	local kdir
	kdir=$("$root/scripts/setup" path kdir 6.1)
	cp -r "$root/tests/e2e/warn" "$tmp/warn"
	make -s -C "$kdir" M="$tmp/warn" modules >"$tmp/make" 2>&1 || cat "$tmp/make"
	in_guest -t 60 -- sh -c 'insmod "$1" && echo inserted' sh "$tmp/warn/kelp_warn.ko"
	check 'a warning returns 70' is "$status" 70
	check 'though the command ran' is "$(cat "$tmp/out")" inserted
	check 'and shows the warning' has "$tmp/err" 'a deliberate warning'
}

time_out() {
	local start=$SECONDS
	in_guest -t 2 -- sh -c 'echo begun; trap "" TERM; while :; do sleep 100; done'	# endless
	check 'a command that never ends returns 124' is "$status" 124
	check 'its output until then is there' is "$(cat "$tmp/out")" begun
	check 'and it took no longer than it had to' test $((SECONDS - start)) -lt 60
}

# Standard input with -i, output while the command still runs, a forwarded port.
streams() {
	local port=$((20000 + RANDOM % 10000)) deadline=$((SECONDS + 60)) answer='' want
	head -c 300000 /dev/urandom >"$tmp/in"
	want=$(sha256sum <"$tmp/in")
	"$guest" -i -t 60 --forward "$port:7000" -- bash -c 'sha256sum
		exec python3 -c "
import socket
s = socket.create_server((\"\", 7000))
print(\"listening\", flush=True)
c, _ = s.accept()
c.sendall(b\"hello\")
c.close()"' <"$tmp/in" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	until grep -q listening "$tmp/out" || [ $SECONDS -gt $deadline ] ||
		! kill -0 "$pid" 2>/dev/null; do
		sleep 0.1	# poll
	done
	answer=$(exec 3<>"/dev/tcp/127.0.0.1/$port" && head -c 5 <&3) || true
	status=0
	wait "$pid" || status=$?
	pid=
	check 'a forwarded port leads into the guest' is "$answer" hello
	check 'standard input arrives with -i' is "$(head -n 1 "$tmp/out")" "$want"
	check 'and the status is the command'\''s' is "$status $(cat "$tmp/err")" '0 '
}

misuse() {
	in_guest
	check 'no command is refused' is "$status" 125
	in_guest -k 5.10 -- true
	check 'an unknown kernel is refused' is "$status" 125
	check 'with a sentence of the tool' has "$tmp/err" 'guest: '
}

"$root/scripts/setup" build 6.1 guest 6.1 6.12
misuse
surroundings
other_kernel
panics
warning
time_out
streams
exit "$failed"
