#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug timeout=180 soak=1800
#
# Clients that vanish right after their request: with a FIN, with a reset, or
# without a word because their link is dead. Within the write and linger
# time-outs no socket is left, neither of a connection nor one that TCP goes on
# trying to close.
# shellcheck disable=SC2016
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

kernel=${KELP_KERNEL:-}
S=10.78.0.1 C=10.78.0.2
patience=1 count=60
case $kernel in
6.12) count=100 ;;
debug) count=30 patience=4 ;;
esac
[ -z "${KELP_SOAK:-}" ] || count=2000
# Clients that vanish at once in one go; more wait for each other's time-outs.
batch=$count
[ "$batch" -le 500 ] || batch=500

server() { ip netns exec kelp-s "$@"; }
clients() {
	ip netns exec kelp-c /usr/bin/python3 "$here/vanish_clients.py" \
		"$1" "$S" 8080 "$2"
}

remove() {
	ip netns del kelp-c 2>/dev/null || true
	ip netns del kelp-s 2>/dev/null || true
}

build() {
	ip -batch - <<-'END'
		netns add kelp-s
		netns add kelp-c
		link add kelp-vs netns kelp-s type veth peer name kelp-vc netns kelp-c
	END
	ip -n kelp-s -batch - <<-END
		addr add $S/24 dev kelp-vs
		link set lo up
		link set kelp-vs up
	END
	ip -n kelp-c -batch - <<-END
		addr add $C/24 dev kelp-vc
		link set kelp-vc up
	END
	# What TCP itself keeps after an orderly close, FIN-WAIT-2, goes soon too.
	server sh -euc '
		sysctl -q -w net.ipv4.tcp_fin_timeout=1
		kelpctl limits set write_timeout 1000
		kelpctl limits set linger_timeout 1000
		kelpctl limits set idle_timeout "$3"
		kelpctl limits set header_timeout 1500
		kelpctl limits set body_timeout 1500
		kelpctl listener add "$1:8080"
		kelpctl object put /small "$2/small"
		kelpctl object put /huge "$2/huge"
		kelpctl site add /site "$2/site"
		kelpctl site add /large "$2/large"
		kelpctl route add /echo echo' - "$S" "$scratch" \
		$((3000 * patience))	# longer than all clients need to connect
}

# Without a link nothing passes, and nobody is told.
link_dies() { tc -n "$1" qdisc replace dev "$2" root netem loss 100%; }
link_lives() { tc -n "$1" qdisc del dev "$2" root; }

number() {
	server kelpctl -j stats show |
		sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p"
}
is_number() { [ "$(number "$1")" = "$2" ]; }

left() {
	server ss -Htan "sport = :8080" |
		grep -vE '^(LISTEN|TIME-WAIT)' || true
}
nothing_left() {
	is_number connections 0 && is_number memory_bytes 0 && [ -z "$(left)" ]
}

all_gone() {
	wait_for "$1" nothing_left || {
		left | head -20 >&2
		server kelpctl conn show | head -20 >&2
		server kelpctl status >&2
		return 1
	}
	number connections_accepted
	server curl -sSf -m 20 "http://$S:8080/small" | cmp - "$scratch/small"
}

spoken() {
	clients "$1" "$count"
	all_gone $((15 * patience))
}

ready() { grep -q "$1" "$scratch/out"; }

# in_batches COMMAND - call it with the size of each batch.
in_batches() {
	local gone
	for ((gone = 0; gone < count; gone += batch)); do
		"$@" "$((count - gone < batch ? count - gone : batch))"
	done
}

# start_clients HOW COUNT - sets pid; a line into descriptor 7 goes to them.
start_clients() {
	rm -f "$scratch/in" "$scratch/out"
	mkfifo "$scratch/in"
	clients "$1" "$2" <"$scratch/in" >"$scratch/out" &
	pid=$!
	exec 7>"$scratch/in"
	wait_for $((30 * patience)) ready held
}

end_clients() {
	exec 7>&-
	wait "$pid"
}

# The requests arrive; then both directions die, with answers under way.
cut_after_request() {
	start_clients hold "$1"
	link_dies kelp-s kelp-vs
	link_dies kelp-c kelp-vc
	end_clients
	all_gone_without_link
}

all_gone_without_link() {
	wait_for $((20 * patience)) nothing_left || {
		left | head -20 >&2
		server kelpctl conn show | head -20 >&2
		return 1
	}
	link_lives kelp-s kelp-vs
	link_lives kelp-c kelp-vc
	all_gone 5
}

# The server's packets die first: the requests arrive, no answer and no FIN of
# the server ever does; then the clients' link dies too.
cut_before_answer() {
	start_clients silent "$1"
	wait_for $((10 * patience)) is_number connections "$1"
	link_dies kelp-s kelp-vs
	echo >&7
	wait_for $((20 * patience)) ready sent
	link_dies kelp-c kelp-vc
	end_clients
	all_gone_without_link
}

# The interface itself goes down, and stays down until all is gone.
cut_by_link_down() {
	start_clients hold "$1"
	ip -n kelp-c link set kelp-vc down
	end_clients
	wait_for $((20 * patience)) nothing_left || {
		left | head -20 >&2
		return 1
	}
	ip -n kelp-c link set kelp-vc up
	all_gone 5
}

modprobe -a veth sch_netem 2>/dev/null || true	# or built in
chmod 755 "$scratch"
printf 'twelve bytes' >"$scratch/small"
head -c 1048576 /dev/urandom >"$scratch/huge"
mkdir "$scratch/site" "$scratch/large"
head -c 9000 /dev/urandom >"$scratch/site/cold"
head -c 5000000 /dev/urandom >"$scratch/large/file"
chmod -R a+rX "$scratch"

at_exit remove
build
check close spoken close
check reset spoken reset
check cut_after_request in_batches cut_after_request
check cut_before_answer in_batches cut_before_answer
if [ "$kernel" != 6.1 ] && [ -z "${KELP_SOAK:-}" ]; then
	skip link_down "6.1 runs it; the others under make soak"
else
	check link_down in_batches cut_by_link_down
fi
finish
