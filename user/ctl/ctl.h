/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kelpctl share: the verb table's types, the invocation,
 * and the two ways to end in failure. One file per object has its verbs.
 */
#ifndef KELPCTL_CTL_H
#define KELPCTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
};

/* Options of verbs: bits in struct verb.options. */
enum ctl_option {
	OPT_TYPE = 1 << 0,
	OPT_HOST = 1 << 1,
	OPT_DOTFILES = 1 << 2,
	OPT_TIMEOUT = 1 << 3,
	OPT_NO_WAIT = 1 << 4,
	OPT_REPLACE = 1 << 5,
	OPT_NO_VARIANTS = 1 << 6,
	OPT_LISTING = 1 << 7,
	OPT_CACHE_CONTROL = 1 << 8,
	OPT_HEADER = 1 << 9,
	OPT_INDEX = 1 << 10,
	OPT_ERROR = 1 << 11,
	OPT_MIME = 1 << 12,
	OPT_LOAD = 1 << 13,	/* all that say how much there is to call */
	OPT_DEFER_ACCEPT = 1 << 14,
	OPT_FASTOPEN = 1 << 15,
	OPT_HEX = 1 << 16,
	OPT_PROTO = 1 << 17,
	OPT_PROTO_PATH = 1 << 18,
	OPT_RAW = 1 << 19,
	OPT_ATTACHMENT = 1 << 20,
	OPT_ATTACHMENT_OUT = 1 << 21,
	OPT_TIMEOUT_MS = 1 << 22,
	OPT_STATS = 1 << 23,
	OPT_ALLOW = 1 << 24,
	OPT_DENY = 1 << 25,
	OPT_TRUST = 1 << 26,
	OPT_PROXY_PROTOCOL = 1 << 27,
	OPT_SERVICES = 1 << 28,
	OPT_SECRET_FILE = 1 << 29,
	OPT_PER_CPU = 1 << 30,
};

/* An option that may be repeated. */
struct given {
	enum ctl_option option;
	const char *value;
};

/* What the command line says. */
struct ctl {
	bool json;
	const char *type;	/* NULL if not given, as the next ones */
	const char *host;
	const char *timeout;
	const char *services;
	const char *secret_file;
	const char *defer_accept;
	const char *fastopen;
	const char *attachment;
	const char *attachment_out;
	const char *timeout_ms;
	const char *threads;
	const char *connections;
	const char *duration;
	const char *rate;
	const char *pipeline;
	bool dotfiles;
	bool no_wait;
	bool replace;
	bool no_variants;
	bool listing;
	bool proxy_protocol;
	bool per_cpu;
	bool hex;
	bool raw;
	bool stats;
	struct given *given;	/* those that may be repeated, in their order */
	size_t given_count;
	int argc;		/* operands, behind object and verb */
	char **argv;
	const char *command;	/* "site add", for messages */
};

/*
 * A verb. One named "" is taken when no other is named: the last of an object,
 * or its only one.
 */
struct verb {
	const char *name;
	const char *operands;
	const char *help;	/* one line */
	const char *detail;	/* further lines, or NULL */
	unsigned int options;
	int least;		/* number of operands */
	int most;
	int (*run)(struct ctl *ctl);	/* returns the exit status */
};

/* An object; @verbs ends with a verb whose name is NULL. */
struct object {
	const char *name;
	const char *help;
	const struct verb *verbs;
};

extern const struct object ctl_listener;
extern const struct object ctl_object;
extern const struct object ctl_site;
extern const struct object ctl_route;
extern const struct object ctl_conn;
extern const struct object ctl_stats;
extern const struct object ctl_limits;
extern const struct object ctl_status;
extern const struct object ctl_drain;
extern const struct object ctl_call;
extern const struct object ctl_services;
extern const struct object ctl_press;
extern const struct object ctl_decode;

/* Print one sentence on standard error and exit. */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void die_usage(const struct ctl *ctl, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Memory that is there; dies without. */
void *need(void *p);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
