/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dates as HTTP writes them (RFC 9110, 5.6.7).
 *
 * Pure; runs anywhere. It must not know what time it is now.
 */
#ifndef KELP_HTTP_DATE_H
#define KELP_HTTP_DATE_H

#include <linux/types.h>
#include <linux/time64.h>

/* Length of a date, which has no terminating NUL. */
#define HTTP_DATE_LEN	29

/**
 * http_date_format() - write a date, as in "Sun, 06 Nov 1994 08:49:37 GMT"
 * @dst: exactly HTTP_DATE_LEN bytes; no NUL is added
 * @t: seconds since 1970 UTC; what lies outside 1970 to 9999 is written as
 *	the nearest second inside
 *
 * Context: Any.
 */
void http_date_format(char dst[HTTP_DATE_LEN], time64_t t);

/**
 * http_date_parse() - read a date in any of the three forms
 * @s: the date, nothing around it
 * @len: its length in bytes
 * @t: set to seconds since 1970 UTC, on success only
 *
 * Strict about form, case and ranges (no 31 April); the second may be 60; the
 * day of the week must be one, but not the right one. A two-digit year is one
 * of 1970 to 2069.
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int http_date_parse(const char *s, size_t len, time64_t *t);

#endif /* KELP_HTTP_DATE_H */
