/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Request heads and what the parser must make of them. The tables know nothing
 * of how they are run; parse_test.c, and nothing else, runs them.
 */
#ifndef KELP_TEST_PARSE_CASES_H
#define KELP_TEST_PARSE_CASES_H

#include <linux/types.h>

#include "parse.h"

/**
 * struct parse_case - one head
 * @rule: the clause that decides, and what is special
 * @in: the bytes; of a head that is refused only those up to and including
 *	the first one that cannot be valid
 * @len: their number
 * @status: 0 = accepted, otherwise the status of the refusal
 * @method: enum http_method
 * @flags: HTTP_F_*; 0 = a plain HTTP/1.1 request: KEEPALIVE and HAS_HOST
 * @target: path; NULL = "/"
 * @query: query; NULL = none
 * @host: host; NULL = "a"
 * @length: content_length
 * @lim: limits; NULL = the usual ones
 */
struct parse_case {
	const char *rule;
	const char *in;
	size_t len;
	int status;
	int method;
	unsigned int flags;
	const char *target;
	const char *query;
	const char *host;
	unsigned long long length;
	const struct http_parse_limits *lim;
};

#define OK(rule_, in_, ...) \
	{ .rule = (rule_), .in = (in_), .len = sizeof(in_) - 1, __VA_ARGS__ }
#define NO(rule_, status_, in_, ...) \
	{ .rule = (rule_), .in = (in_), .len = sizeof(in_) - 1, \
	  .status = (status_), __VA_ARGS__ }

/* Pieces of heads. */
#define EOL	"\r\n"
#define GET	"GET / HTTP/1.1" EOL
#define HOST	"Host: a" EOL
#define GETH	GET HOST
#define POSTH	"POST / HTTP/1.1" EOL HOST
#define GET10	"GET / HTTP/1.0" EOL
#define REST	" HTTP/1.1" EOL HOST EOL

/* Flags of the usual kinds of request. */
#define F11	(HTTP_F_KEEPALIVE | HTTP_F_HAS_HOST)
#define F10	HTTP_F_MINOR0
#define FCLOSE	(HTTP_F_CLOSE | HTTP_F_HAS_HOST)

/**
 * struct parse_table - a group of cases
 * @cases: the cases
 * @nr: how many
 */
struct parse_table {
	const struct parse_case *cases;
	size_t nr;
};

extern const struct parse_table request_line_cases, target_cases, host_cases,
	field_cases, framing_cases, limit_cases;

#endif /* KELP_TEST_PARSE_CASES_H */
