# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The debug kernel: built from Debian's linux-source-6.1 with debug.config and
# debug.patch, once, into the cache. Also the kernel source's own lint scripts,
# which come from the same package. Sourced by scripts/setup after lib.sh.

DEBUG_SOURCE=linux-source-6.1
DEBUG_CONFIG=$KELP_SCRIPTS/kernel/debug.config
DEBUG_PATCH=$KELP_SCRIPTS/kernel/debug.patch

# The name changes with what is built, so a change of that builds anew.
debug_id() {
	echo "debug-$(cat "$DEBUG_CONFIG" "$DEBUG_PATCH" | sha256sum | cut -c1-12)"
}

debug_ready() { [ "$(readlink "$CACHE/kernels/debug")" = "$(debug_id)" ]; }

# source_unpack DIR: the kernel source as DIR/linux.
source_unpack() {
	local dir=$1 deb
	say "fetching the kernel source ($DEBUG_SOURCE, 140 MB)"
	deb=$(fetch_deb "$DEBUG_SOURCE" "$CACHE/dl/$DEBUG_SOURCE")
	say "unpacking the kernel source"
	rm -rf "$dir"
	mkdir -p "$dir"
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO "./usr/src/$DEBUG_SOURCE.tar.xz" | tar -xJ -C "$dir"
	rm -rf "$CACHE/dl/$DEBUG_SOURCE"
	mv "$dir/$DEBUG_SOURCE" "$dir/linux"
	checkpatch_keep "$dir/linux"
}

checkpatch_ready() { [ -x "$CACHE/tools/checkpatch/scripts/checkpatch.pl" ]; }

# checkpatch_keep TREE: keep checkpatch.pl with the lists it reads.
checkpatch_keep() {
	local new=$CACHE/tools/checkpatch.new
	checkpatch_ready && return
	rm -rf "$new"
	mkdir -p "$new/scripts"
	cp "$1"/scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch} \
		"$1/scripts/kernel-doc" "$new/scripts/"
	mv "$new" "$CACHE/tools/checkpatch"
}

checkpatch_prepare() {
	checkpatch_ready && return
	source_unpack "$CACHE/work/source"
	rm -rf "$CACHE/work/source"
}

# debug_configure TREE: .config from debug.config, every line of it honoured.
debug_configure() {
	local tree=$1 line missing=()
	quietly patch -s -p1 -d "$tree" -i "$DEBUG_PATCH" ||
		die "the kernel source is not what debug.patch is for"
	quietly make -C "$tree" KCONFIG_ALLCONFIG="$DEBUG_CONFIG" allnoconfig ||
		die "configuring the debug kernel failed"
	while IFS= read -r line; do
		case $line in
		CONFIG_*=* | '# CONFIG_'*' is not set') ;;
		*) continue ;;
		esac
		grep -qxF -- "$line" "$tree/.config" || missing+=("$line")
	done <"$DEBUG_CONFIG"
	[ ${#missing[@]} = 0 ] && return
	die "the debug kernel's configuration lost:$(printf '\n  %s' "${missing[@]}")"
}

# progress PID LOG: say how far the build PID is, until it ends.
progress() {
	local pid=$1 log=$2 start=$SECONDS told=0 n
	# tail waits for the build, and for at most the interval.
	while ! timeout "$progress_every" tail -f --pid="$pid" /dev/null; do
		n=$(grep -Ec '^  (CC|AS|LD|AR)' "$log" || true)
		if [ -t 2 ]; then
			printf '\r%s: debug kernel: %d of about %d objects, %d s ' \
				"$SAY" "$n" "$debug_objects" $((SECONDS - start)) >&2
			told=1
		else
			say "debug kernel: $n of about $debug_objects objects," \
				"$((SECONDS - start)) s"
		fi
	done
	[ "$told" = 0 ] || echo >&2
}
debug_objects=1900

debug_compile() {
	local tree=$1 log=$1/build.log pid progress_every=30
	[ -t 2 ] && progress_every=2
	make -C "$tree" -j"$(nproc)" bzImage modules >"$log" 2>&1 </dev/null &
	pid=$!
	progress "$pid" "$log"
	wait "$pid" || {
		grep -E -B2 -A8 'error|Error' "$log" | tail -n 40 >&2
		die "building the debug kernel failed"
	}
}

# debug_trim TREE: keep what building external modules needs.
debug_trim() {
	local tree=$1 dir
	for dir in Documentation LICENSES block certs crypto drivers fs init \
		io_uring ipc kernel lib mm net rust samples security sound usr virt; do
		rm -rf "${tree:?}/$dir"
	done
	for dir in "$tree"/arch/*; do
		[ "$dir" = "$tree/arch/x86" ] || rm -rf "$dir"
	done
	find "$tree" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name '*.ko' \) \
		! -path "$tree/scripts/*" ! -path "$tree/tools/*" -delete
	rm -rf "$tree"/arch/x86/boot "$tree"/vmlinux* "$tree"/tools/testing
}

debug_build() {
	debug_ready && return
	local id work tree new release
	id=$(debug_id)
	work=$CACHE/work/debug
	tree=$work/linux
	new=$CACHE/kernels/$id
	if [ -f "$new/release" ]; then # another branch's, built before
		ln -sfn "$id" "$CACHE/kernels/debug"
		return
	fi
	rm -rf "$work" "$new"
	source_unpack "$work"
	debug_configure "$tree"
	say "building the debug kernel, once (5 minutes on 2 CPUs)"
	debug_compile "$tree"
	release=$(make -s -C "$tree" kernelrelease)

	mkdir -p "$new"
	# Packed: KASAN's memcmp faults on the entry into an unpacked one.
	cp "$tree/arch/x86/boot/bzImage" "$new/"
	cp "$tree/.config" "$new/config"
	cp "$tree/System.map" "$new/"
	quietly make -C "$tree" INSTALL_MOD_PATH="$new" INSTALL_MOD_STRIP=1 \
		modules_install || die "installing the debug kernel's modules failed"
	rm -f "$new/lib/modules/$release"/{build,source}
	debug_trim "$tree"
	mv "$tree" "$new/build"
	echo "$id $release" >"$new/id"
	echo "$release" >"$new/release"
	rm -rf "$work"
	ln -sfn "$id" "$CACHE/kernels/debug"
	say "the debug kernel is ready: $release"
}

debug_prepare() { debug_ready || locked debug debug_build; }
