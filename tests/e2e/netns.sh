#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: kernels=6.1 soak-kernels=6.12,debug timeout=240 soak=1800
#
# Network namespaces: each has a server of its own; over a lossy, slow and
# reordering link every byte arrives and no connection is reset; a namespace
# that goes away under load takes everything of its server along.
#
# shellcheck disable=SC2015,SC2016
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

kernel=${KELP_KERNEL:-} soak=${KELP_SOAK:-}
patience=1
[ "$kernel" != debug ] || patience=4
A=10.77.0.1 B=10.77.0.2

in_a() { ip netns exec kelp-a "$@"; }
in_b() { ip netns exec kelp-b "$@"; }


# A server's namespace, a clients' namespace, a link between them. Programs take
# long to start in an emulated guest, so few of them are.
make_namespaces() {
	ip -batch - <<-'END'
		netns add kelp-a
		netns add kelp-b
		link add kelp-va netns kelp-a type veth peer name kelp-vb netns kelp-b
	END
	ip -n kelp-a -batch - <<-END
		addr add $A/24 dev kelp-va
		link set lo up
		link set kelp-va up
	END
	ip -n kelp-b -batch - <<-END
		addr add $B/24 dev kelp-vb
		link set lo up
		link set kelp-vb up
	END
}

delete_namespaces() {
	ip netns del kelp-a 2>/dev/null || true
	ip netns del kelp-b 2>/dev/null || true
}

netem() {
	tc -n kelp-a qdisc replace dev kelp-va root netem limit 10000 "$@"
	tc -n kelp-b qdisc replace dev kelp-vb root netem limit 10000 "$@"
}

# Packets of one segment, so that a loss is the loss of one.
small_packets() {
	ip -n kelp-a link set kelp-va gso_max_segs 1
	ip -n kelp-b link set kelp-vb gso_max_segs 1
}

# make_site FOLDER FILES - sizes around every edge, the largest 1 MiB.
make_site() {
	/usr/bin/python3 - "$1" "$2" <<-'END'
		import os, random, sys
		folder, files = sys.argv[1], int(sys.argv[2])
		sizes = [1 << 20, 0, 1, 65536, 300000, 200000, 65537, 16384,
		         2, 99, 100, 1447, 1448, 1449, 2896, 4095, 4096, 4097]
		dice = random.Random(2)
		while len(sizes) < files:
		    sizes.append(int(10 ** dice.uniform(0, 5)))
		os.mkdir(folder)
		for i, size in enumerate(sizes[:files]):
		    with open("%s/file%02d.bin" % (folder, i), "wb") as file:
		        file.write(dice.randbytes(size))
	END
	chmod -R a+rX "$1"
}

# number NAME - a gauge or counter of namespace A's server.
number() {
	in_a kelpctl -j stats show | sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p"
}

is_number() { [ "$(number "$1")" = "$2" ]; }
at_least() { [ "$(number "$1")" -ge "$2" ]; }

# Sockets of TCP in the whole machine, all namespaces together.
sockets() { awk '/^TCP:/ { print $9 }' /proc/net/sockstat; }
sockets_at_most() { [ "$(sockets)" -le "$1" ]; }

fetch_all() {
	in_b /usr/bin/python3 "$here/netns_fetch.py" "$1" "$A" 8080 "$site" \
		"${@:2}"
}

no_link() { ! ip -n kelp-b link show kelp-vb >/dev/null 2>&1; }

# What a leaked reference on a namespace or device looks like.
log_is_quiet() {
	! dmesg | sed "1,${1}d" | grep -E \
		'ref_tracker|leaked|unregister_netdevice|waiting for .* to become free|kelp:'
}

serve_in_a() {
	in_a sh -euc '
		kelpctl listener add "$1:8080"
		kelpctl object put /small "$2/small"
		kelpctl object put /huge "$2/huge"
		kelpctl site add / "$2/site"
		kelpctl site add /large "$2/large"
		kelpctl route add /echo echo' - "$A" "$scratch"
}

lossy_link() {
	make_namespaces
	serve_in_a
	small_packets
	netem delay 20ms 5ms loss 2% reorder 25% 50%
	fetch_all "$@"
	wait_for $((15 * patience)) is_number connections 0
	equal memory_bytes 0 "$(number memory_bytes)"
	equal timeouts_linger 0 "$(number timeouts_linger)"
	delete_namespaces
}

# Every fourth packet is lost: most last segments have to be sent again. Only
# small files: TCP itself gives up on long transfers over such a link.
very_lossy_link() {
	make_namespaces
	serve_in_a
	netem delay 1ms loss 25%
	fetch_all close 60 9 4096
	delete_namespaces
}

# listeners NAMESPACE - how many its server has
listeners() {
	ip netns exec "$1" kelpctl -j listener show | grep -c '"listen"'
}

# limit_is VALUE - the limit "connections" in the JSON on standard input
limit_is() {
	grep -A1 '"name": "connections"' | grep -q "\"value\": $1,"
}

two_servers() {
	local wrk
	make_namespaces
	echo "this is A" >"$scratch/a"
	echo "this is B" >"$scratch/b"
	in_a sh -euc '
		kelpctl listener add 127.0.0.1:8080
		kelpctl object put /who "$1/a"' - "$scratch"
	in_b sh -euc '
		kelpctl listener add 127.0.0.1:8080
		kelpctl listener add "$2:8081"
		kelpctl object put /who "$1/b"
		kelpctl object put /only-b "$1/b"
		kelpctl limits set connections 7
		curl -sSf http://127.0.0.1:8080/who | cmp - "$1/b"' - "$scratch" "$B"
	in_a sh -euc '
		curl -sSf http://127.0.0.1:8080/who | cmp - "$1/a"
		curl -sSf "http://$2:8081/who" | cmp - "$1/b"' - "$scratch" "$B"
	equal "status in A" 404 "$(in_a curl -s -o /dev/null -w '%{http_code}' \
		http://127.0.0.1:8080/only-b)"
	equal "listeners of A" 1 "$(listeners kelp-a)"
	equal "listeners of B" 2 "$(listeners kelp-b)"
	equal "listeners of the first" '[]' "$(kelpctl -j listener show)"
	equal "requests of A" 2 "$(number requests)"
	in_b kelpctl -j limits show | limit_is 7
	in_a kelpctl -j limits show | limit_is 65536

	# Both under load at once; one ends, the other does not notice.
	ip netns exec kelp-a wrk -t1 -c8 -d1s http://127.0.0.1:8080/who \
		>"$scratch/wrk-a" &
	wrk=$!
	in_b wrk -t1 -c4 -d1s http://127.0.0.1:8080/who >"$scratch/wrk-b"
	wait "$wrk"
	cat "$scratch/wrk-a" "$scratch/wrk-b"
	fails 1 grep -E 'Socket errors|Non-2xx' "$scratch/wrk-a" "$scratch/wrk-b"
	ip netns del kelp-a
	wait_for $((10 * patience)) no_link
	in_b curl -sSf http://127.0.0.1:8080/who | cmp - "$scratch/b"
	delete_namespaces
}

# What runs in the background is started without a function, so that its
# number is that of the program itself.
busy() { grep -q busy "$scratch/load"; }

# The server's namespace is deleted while every kind of client is busy.
deleted_under_load() {
	local lines before load wrk
	lines=$(dmesg | wc -l)
	before=$(sockets)
	make_namespaces
	serve_in_a
	ip netns exec kelp-b wrk -t1 -c32 -d600s "http://$A:8080/small" >"$scratch/wrk" 2>&1 &
	wrk=$!
	ip netns exec kelp-b /usr/bin/python3 "$here/netns_load.py" \
		"$A" 8080 /large/file >"$scratch/load" &
	load=$!
	wait_for $((20 * patience)) busy
	wait_for $((20 * patience)) at_least requests $((2000 / patience / patience))
	wait_for $((20 * patience)) at_least connections 60
	ip netns del kelp-a
	wait_for $((10 * patience)) no_link || {
		echo "the namespace is still there" >&2
		dmesg | tail -5 >&2
		kill "$wrk" "$load"
		return 1
	}
	kill "$wrk" "$load"
	wait "$wrk" "$load" || true
	# A client that no reset reached would go on trying to close.
	in_b ss -K -Htan dst "$A" >&2
	ip netns del kelp-b
	wait_for $((10 * patience)) sockets_at_most "$before" || {
		echo "$(sockets) sockets, $before before" >&2
		cat /proc/net/sockstat >&2
		return 1
	}
	log_is_quiet "$lines"
}

delete_many() {
	local i rounds=$1
	for ((i = 0; i < rounds; i++)); do
		deleted_under_load
	done
}

# The module goes while servers in several namespaces are busy.
removed_with_namespaces() {
	local wrk load begin end
	make_namespaces
	serve_in_a
	in_b kelpctl listener add 127.0.0.1:8080
	in_b kelpctl object put /small "$scratch/small"
	kelpctl listener add 127.0.0.1:8080
	kelpctl object put /small "$scratch/small"
	ip netns exec kelp-b wrk -t1 -c8 -d600s "http://$A:8080/small" >"$scratch/wrk" 2>&1 &
	wrk=$!
	ip netns exec kelp-b /usr/bin/python3 "$here/netns_load.py" \
		"$A" 8080 /large/file >"$scratch/load" &
	load=$!
	wait_for $((20 * patience)) busy
	in_b curl -sSf http://127.0.0.1:8080/small | cmp - "$scratch/small"
	curl -sSf http://127.0.0.1:8080/small | cmp - "$scratch/small"
	begin=${EPOCHREALTIME/./}
	kelp_unload 5
	end=${EPOCHREALTIME/./}
	echo "rmmod took $(((end - begin) / 1000)) ms"
	kill "$wrk" "$load"
	wait "$wrk" "$load" || true
	delete_namespaces
	kelp_load
}

modprobe -a veth sch_netem 2>/dev/null || true	# or built in
site=$scratch/site
chmod 755 "$scratch"
printf 'twelve bytes' >"$scratch/small"
head -c 1048576 /dev/urandom >"$scratch/huge"
mkdir "$scratch/large"
head -c 5000000 /dev/urandom >"$scratch/large/file"
chmod -R a+rX "$scratch"
files=60 repeat=1
[ "$kernel" != debug ] || files=12
[ -z "$soak" ] || repeat=5
make_site "$site" "$files"

# run NAME COMMAND… - a test; a namespace it leaves behind is not the next's.
run() {
	check "$@"
	delete_namespaces
}
at_exit delete_namespaces

if [ "$kernel" = debug ] && [ -z "$soak" ]; then
	skip two_servers "6.1 and 6.12 run it; debug under make soak"
else
	run two_servers two_servers
fi
if [ "$kernel" != 6.1 ] && [ -z "$soak" ]; then
	skip lossy_keepalive "6.1 runs it; the others under make soak"
else
	run lossy_keepalive lossy_link keepalive 60 "$repeat"
fi
run lossy_close lossy_link close 100 "$repeat"
if [ -n "$soak" ]; then
	run very_lossy_close very_lossy_link
	run deleted_under_load delete_many 20
else
	run deleted_under_load delete_many 1
fi
if [ "$kernel" = debug ] && [ -z "$soak" ]; then
	skip removed_with_namespaces "6.1 and 6.12 run it; debug under make soak"
else
	run removed_with_namespaces removed_with_namespaces
fi
finish
