// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two ways to end in failure, and memory that is there or ends it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"

void die(const char *format, ...)
{
	va_list ap;

	fputs("kelpctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_REFUSED);
}

void die_usage(const struct ctl *ctl, const char *format, ...)
{
	const char *command = ctl->command ? ctl->command : "";
	va_list ap;

	fprintf(stderr, "kelpctl: %s%s", command, *command ? ": " : "");
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "; see 'kelpctl %s%s--help'\n", command,
		*command ? " " : "");
	exit(EXIT_USAGE);
}

void *need(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	return s;
}
