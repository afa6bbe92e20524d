/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first process of a test guest, built statically into the initramfs by
 * scripts/guest.d/initramfs; the other end of its channel is
 * scripts/guest.d/run, on the host.
 *
 * It loads what the kernel needs to see the host's files, makes them the root
 * under a tmpfs overlay, runs one command there, and carries the command's
 * streams, the kernel log and the verdict to the host. All of that travels in
 * frames over one virtio port, so that order is kept: when the host reads the
 * verdict it has read everything that came before.
 *
 * A frame is a type byte, a 32-bit little-endian length, the payload.
 *   to the host:   B  the kernel is up, send the orders
 *                  S  the command starts now
 *                  O E  its standard output and error
 *                  C  standard input consumed, send more
 *                  D  the command ended; checks follow
 *                  K  kernel log since the hand-over, whole lines
 *                  L  lines that are shown but do not count
 *                  F  what went wrong here, one line; no verdict will follow
 *                  V  verdict: the exit status in decimal, or "time"
 *   to the guest:  X  the orders, see struct orders
 *                  I  standard input, only after S or C; i  its end
 *                  W  terminal size, "ROWS COLUMNS"
 *                  T  time is up
 */
#ifndef GUEST_INIT_H
#define GUEST_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CHUNK (32 * 1024)

/*
 * The payload of X: strings that each end in NUL. First KEY=VALUE pairs and an
 * empty string, then the environment and an empty string, then the number of
 * arguments and the arguments, which may be empty themselves. All pointers
 * here point into that payload, which is never freed.
 */
struct orders {
	char *modules;	/* host folder that becomes /lib/modules/RELEASE */
	char *cwd;	/* where the command runs */
	char *out;	/* host folder that stays writable, or NULL */
	char *ko;	/* module to insert, or NULL */
	char *params;	/* its parameters */
	char *depends;	/* modules it needs, separated by commas */
	bool net;	/* bring up eth0 */
	bool tty;	/* give the command a terminal */
	bool input;	/* standard input comes from the host */
	bool kmemleak;	/* scan for leaks before the verdict */
	char **env;
	char **argv;
};

/* frame.c: the channel. port is its descriptor, -1 until port_open(). */
extern int port;
void port_open(void);
void frame_send(char type, const void *data, size_t len);
/* Returns the payload, NUL-terminated; the caller frees it. */
char *frame_read(char *type, size_t *len);
void orders_read(struct orders *o);
/* Tells the host why there will be no verdict; does not return. */
void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* The host ends the machine; this waits for it. */
_Noreturn void power_off(void);

/* boot.c: from the initramfs to the host's files. */
void boot_kernel(void);
void boot_system(const struct orders *o);
/* Writes text to a file of /proc or /sys, if this kernel has it. */
void put(const char *path, const char *text);
/* Runs a program and waits for it; its exit status, or -1. */
int run(char *const argv[]);

/* log.c: the kernel log. kmsg can be polled; log_send() sends what is new. */
extern int kmsg;
void log_open(void);
void log_send(void);
void log_blocked(void);
void log_kmemleak(void);

/* command.c: the module and the command. */
void ko_insert(const struct orders *o);
/* Runs it to its end, or until time is up: then returns -1. */
int command_run(const struct orders *o);

#endif
