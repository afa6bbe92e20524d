# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What scripts/setup and scripts/guest share: where the cache is, how to speak
# to the user, how to take a lock, how to fetch one Debian package without
# installing it. Sourced; defines names only and touches nothing by itself.
#
# The cache, ${XDG_CACHE_HOME:-~/.cache}/kelp:
#   kernels/NAME      link to the kernel in use; NAME is 6.1, 6.12 or debug
#   kernels/RELEASE…/ vmlinux or bzImage, config id release lib/modules/RELEASE/ build
#   initramfs/        one image per kernel and per init, named by checksum
#   tools/checkpatch/ checkpatch.pl and its word lists
#   site/ peers/      the example web site; other servers, unpacked
#   work/ dl/ locks/  scratch
# Everything appears in its place by a rename when it is complete, so an
# interrupted run leaves nothing half done behind, only scratch.

KELP_SCRIPTS=${KELP_SCRIPTS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
CACHE=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/kelp

# modprobe, modinfo and depmod are there, and not everybody has it.
PATH=$PATH:/usr/sbin:/sbin

# A make that calls these scripts has nothing to say to the makes they call.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# The prefix of every message; scripts/guest sets its own.
SAY=${SAY:-setup}

say() { printf '%s: %s\n' "$SAY" "$*" >&2; }
die() { say "$*"; exit "${DIE_STATUS:-1}"; }

# as_root COMMAND…: run it as root, through sudo if need be.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo -- "$@"
	else
		die "this needs root, or sudo, which is not installed: $*"
	fi
}

# quietly COMMAND…: its output matters only when it fails.
quietly() {
	local log status=0
	log=$(mktemp)
	"$@" >"$log" 2>&1 </dev/null || status=$?
	[ "$status" = 0 ] || tail -n 40 "$log" >&2
	rm -f "$log"
	return "$status"
}

# locked NAME FUNCTION…: one process at a time in FUNCTION, across callers.
# A function that prepares something checks again, inside, whether it is there.
locked() {
	local name=$1 fd
	shift
	mkdir -p "$CACHE/locks"
	exec {fd}>"$CACHE/locks/$name"
	if ! flock -n "$fd"; then
		say "waiting for another setup that is preparing $name"
		flock "$fd"
	fi
	# Children must not keep the lock when they outlive this shell.
	"$@" {fd}>&-
	exec {fd}>&-
}

apt_lists_updated=
apt_update() {
	[ -z "$apt_lists_updated" ] || return 0
	say "updating the package lists"
	quietly as_root apt-get -o DPkg::Lock::Timeout=600 -q update ||
		die "apt-get update failed"
	apt_lists_updated=1
}

# fetch_deb PACKAGE DIR: put the package's file into DIR, print its path.
# Needs no root. Stale package lists are updated once.
fetch_deb() {
	local package=$1 dir=$2 sandbox=()
	[ "$(id -u)" = 0 ] && sandbox=(-o APT::Sandbox::User=root)
	rm -rf "$dir"
	mkdir -p "$dir"
	if ! (cd "$dir" && apt-get -qq "${sandbox[@]}" download "$package") \
		>/dev/null 2>&1; then
		apt_update
		(cd "$dir" && quietly apt-get -qq "${sandbox[@]}" download "$package") ||
			die "cannot fetch the package $package"
	fi
	(cd "$dir" && printf '%s\n' "$PWD"/*.deb)
}

# depends_on PACKAGE REGEX: the first dependency of PACKAGE that matches.
depends_on() {
	apt-cache show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Depends: //p' | tr ',|' '\n' | sed 's/^ *//; s/ .*//' |
		grep -Em1 "$2"
}
