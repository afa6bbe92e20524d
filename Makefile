# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types. The module itself is described in Kbuild; this file
# chooses the kernel, stages the sources under build/ and calls the kernel's
# build system there, so that no object ever lies beside a source.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory
# Our variables are no business of the kernel's makefiles; scripts/kbuild
# hands on the few that are (V, C, CF, W, WERROR).
MAKEOVERRIDES :=

root    := $(CURDIR)
running := $(shell uname -r)
PREFIX  ?= /usr/local
PORT    ?= 8080

ifndef KERNEL
default_kernel := y
ifneq ($(wildcard /lib/modules/$(running)/build/Makefile),)
KERNEL := running
chosen := the running kernel, $(running)
else
KERNEL := 6.1
chosen := 6.1, because the running kernel $(running) has no headers here
endif
endif

OUT ?= build/$(KERNEL)
out := $(abspath $(OUT))

export V C CF W WERROR KDIR

.PHONY: all module modules lib kelpctl run check soak bench bench-instructions \
	lint install uninstall clean help

all: module lib kelpctl

module:
	$(if $(default_kernel),@echo "kelp: building for $(chosen)")
	+@scripts/kbuild "$(KERNEL)" "$(out)" $(MODULES)
ifdef default_kernel
	@cmp -s "$(out)/kelp.ko" kelp.ko || cp -f "$(out)/kelp.ko" kelp.ko
endif

lib:
	@mkdir -p build
	+@flock build/.kelpctl.lock \
		$(MAKE) $(if $(V),,-s) -C user/lib BUILD="$(root)/build" \
		PREFIX="$(PREFIX)"

kelpctl:
	@mkdir -p build && touch build/.started
	+@flock build/.kelpctl.lock \
		$(MAKE) $(if $(V),,-s) -C user/ctl BUILD="$(root)/build"
	@[ build/kelpctl -nt build/.started ] || touch -r build/.started build/kelpctl

run:
	@SITE="$(SITE)" PORT="$(PORT)" scripts/run

check:
	@tests/run $(if $(KERNELS),--kernels "$(KERNELS)") \
		$(if $(ONLY),--only "$(ONLY)")

soak:
	@tests/run --soak $(if $(KERNELS),--kernels "$(KERNELS)") \
		$(if $(ONLY),--only "$(ONLY)")

bench_args = $(if $(default_kernel),,--kernel "$(KERNEL)") \
	$(if $(ONLY),--only "$(ONLY)")

bench:
	@tests/bench/run $(bench_args) $(if $(QUICK),--quick)

bench-instructions:
	@tests/bench/run --instructions $(bench_args) $(if $(QUICK),--quick)

lint:
	@scripts/lint

# The release that a module was built for is written in the module.
install:
	@test -f "$(out)/kelp.ko" -a -f build/kelpctl || \
		{ echo "kelp: nothing built for $(KERNEL) yet: run make first" >&2; exit 1; }
	@release=$$(/sbin/modinfo -F vermagic "$(out)/kelp.ko"); release=$${release%% *}; \
	install -D -m 644 "$(out)/kelp.ko" "$(DESTDIR)/lib/modules/$$release/extra/kelp.ko"; \
	install -D -m 755 build/kelpctl "$(DESTDIR)$(PREFIX)/sbin/kelpctl"; \
	$(MAKE) -s -C user/lib install BUILD="$(root)/build" \
		PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"; \
	if [ -z "$(DESTDIR)" ]; then /sbin/depmod -a "$$release"; fi; \
	echo "kelp: installed for $$release"

uninstall:
	@rm -f "$(DESTDIR)$(PREFIX)/sbin/kelpctl"
	@$(MAKE) -s -C user/lib uninstall PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"
	@for ko in "$(DESTDIR)"/lib/modules/*/extra/kelp.ko; do \
		[ -e "$$ko" ] || continue; \
		rm -f "$$ko"; \
		release=$${ko%/extra/kelp.ko}; release=$${release##*/}; \
		if [ -z "$(DESTDIR)" ]; then /sbin/depmod -a "$$release"; fi; \
		echo "kelp: removed from $$release"; \
	done

clean:
	rm -rf build kelp.ko

help:
	@echo 'Targets'
	@echo '  all        kelp.ko, libkelp and kelpctl (the default)'
	@echo '  run        boot a 6.1 guest with kelp serving a web site, and show it'
	@echo '  check      run every test; ends with "N passed, N failed"'
	@echo '  soak       the same at full length (hours)'
	@echo '  bench      measure kelp beside other servers: build/bench/report.md'
	@echo '  bench-instructions'
	@echo '             the same in instructions per request: build/bench/instructions.md'
	@echo '  lint       checkpatch, sparse, shellcheck, scripts/check'
	@echo '  install    kelp.ko, kelpctl and libkelp into this system; uninstall removes them'
	@echo '  clean      remove build/ and kelp.ko; prepared kernels stay in the cache'
	@echo
	@echo 'Variables'
	@echo '  KERNEL=    running, 6.1, 6.12 or debug: build for it under build/KERNEL/.'
	@echo '             Without it: the running kernel if its headers are here, else'
	@echo '             6.1; then kelp.ko is also copied to the top of the tree.'
	@echo '  KDIR=      kernel build directory, instead of the one KERNEL= stands for'
	@echo '  MODULES=   further modules to build: "tests" for all that the tests use,'
	@echo '             or directories that hold a Kbuild file, as in tests/kunit'
	@echo '  OUT=       where modules go, instead of build/KERNEL'
	@echo '  V=1        show the commands; C=1 or C=2 runs sparse, CF= its flags'
	@echo '  WERROR=0   let warnings pass (the default is 1, for KERNEL=running 0)'
	@echo '  PORT=      run: host port to forward (8080)'
	@echo '  SITE=      run: directory to serve'
	@echo '  KERNELS=   check, soak: kernels to test, as in KERNELS="6.1 debug"'
	@echo '  ONLY=      check, soak: tests to run, shell patterns, as in ONLY="http* unit"'
	@echo '             bench: scenarios, as in ONLY="object* rpc*"'
	@echo '  QUICK=1    bench: what requirements are about, in 3 minutes instead of 30'
	@echo '  PREFIX=    install: where kelpctl goes (/usr/local); DESTDIR= stages'
