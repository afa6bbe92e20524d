# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian's own kernels: image, modules and headers of one version, unpacked
# into the cache and never installed, so the machine that runs the tests does
# not get another kernel to boot. Sourced by scripts/setup after lib.sh.

# stock_package NAME: the versioned image package for 6.1 or 6.12.
stock_package() {
	local name=$1 meta package
	for meta in "linux-image-$name-amd64" linux-image-amd64; do
		package=$(depends_on "$meta" "^linux-image-${name//./\\.}\.[^ ]*-amd64\$") ||
			continue
		echo "$package"
		return
	done
	return 1
}

stock_ready() { [ -f "$CACHE/kernels/$1/vmlinux" ] && [ -f "$CACHE/kernels/$1/release" ]; }

# unpack PACKAGE DIR: fetch it and unpack it into DIR; an exact version may be
# given as PACKAGE=VERSION.
unpack() {
	local package=$1 dir=$2 deb
	deb=$(fetch_deb "$package" "$CACHE/dl/${package%%=*}")
	dpkg-deb -x "$deb" "$dir"
	rm -rf "$CACHE/dl/${package%%=*}"
}

# vmlinux_extract VMLINUZ VMLINUX: take the kernel out of its wrapper, so that
# a guest does not spend seconds of emulated CPU on unpacking it at every boot.
vmlinux_extract() {
	local sectors offset length magic unpacker
	# The boot protocol's setup_sects, payload_offset and payload_length;
	# the last four bytes may be the unpacked size, which is none of xz's.
	sectors=$(od -An -tu1 -j497 -N1 "$1")
	read -r offset length < <(od -An -tu4 -j584 -N8 "$1")
	offset=$(((sectors + 1) * 512 + offset))
	magic=$(od -An -tx1 -j"$offset" -N4 "$1" | tr -d ' ')
	case $magic in
	fd377a58) unpacker=(xz -dcq) length=$((length - 4)) ;;
	28b52ffd) unpacker=(zstd -dcq) length=$((length - 4)) ;;
	1f8b*) unpacker=(gzip -dcq) ;;
	*) die "$1: unknown compression" ;;
	esac
	dd if="$1" bs=1M iflag=skip_bytes,count_bytes status=none \
		skip="$offset" count="$length" | "${unpacker[@]}" >"$2" || die "cannot unpack $1"
}

# stock_headers RELEASE VERSION NEW FINAL: the build directory below NEW, for
# use at FINAL. The packages name each other by absolute path.
stock_headers() {
	local release=$1 version=$2 new=$3 final=$4 common kbuild
	common=$(depends_on "linux-headers-$release" '^linux-headers-.*-common$')
	kbuild=$(depends_on "linux-headers-$release" '^linux-kbuild-')
	unpack "linux-headers-$release=$version" "$new"
	unpack "$common=$version" "$new"
	unpack "$kbuild" "$new"
	sed -i "s|/usr/src/|$final/usr/src/|" "$new/usr/src/linux-headers-$release/Makefile"
	# Only there to give modules type information, which takes pahole and
	# time, and which nothing here reads.
	rm -f "$new/usr/src/linux-headers-$release/vmlinux"
	ln -s "usr/src/linux-headers-$release" "$new/build"
}

stock_build() {
	local name=$1 package release version new final
	stock_ready "$name" && return
	package=$(stock_package "$name") || {
		apt_update
		package=$(stock_package "$name")
	} || die "the package archive has no Linux $name for amd64"
	release=${package#linux-image-}
	version=$(apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
	final=$CACHE/kernels/$release
	new=$CACHE/work/$release
	say "fetching Linux $release, image and headers (120 MB)"
	rm -rf "$new" "$final"
	mkdir -p "$new" "$CACHE/kernels"
	unpack "$package=$version" "$new"
	vmlinux_extract "$new/boot/vmlinuz-$release" "$new/vmlinux"
	mv "$new/boot/config-$release" "$new/config"
	rm -rf "${new:?}/boot" "${new:?}/usr/share"
	if [ -d "$new/usr/lib/modules" ]; then
		mkdir -p "$new/lib"
		mv "$new/usr/lib/modules" "$new/lib/"
	fi
	stock_headers "$release" "$version" "$new" "$final"
	depmod -b "$new" "$release"
	echo "$release $version" >"$new/id"
	echo "$release" >"$new/release"
	mv "$new" "$final"
	ln -sfn "$release" "$CACHE/kernels/$name"
	say "Linux $release is ready"
}

stock_prepare() { stock_ready "$1" || locked "linux-$1" stock_build "$1"; }
