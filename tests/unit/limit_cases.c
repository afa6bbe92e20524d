// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases of limits: RFC 9112, 3 (414), RFC 6585, 5 (431). A limit is exceeded
 * by the first byte that has no room, whatever byte it is.
 */
#include <linux/kernel.h>

#include "parse_cases.h"

static const struct http_parse_limits small = { 24, 16, 40, 3 };
static const struct http_parse_limits line_only = { 24, 1000, 1000, 100 };
static const struct http_parse_limits none = { 24, 16, 40, 0 };
static const struct http_parse_limits nothing = { 0, 0, 0, 0 };
static const struct http_parse_limits no_fields = { 24, 16, 0, 3 };

#define SMALL	.lim = &small

static const struct parse_case limit[] = {
	/* request line: 24 bytes with its CRLF */
	OK("9112 3 line at the limit", "GET /23456789 HTTP/1.1" EOL HOST EOL,
	   .target = "/23456789", SMALL),
	OK("9112 2.2 the empty line before is not in the line",
	   EOL "GET /23456789 HTTP/1.1" EOL HOST EOL,
	   .target = "/23456789", SMALL),
	NO("9112 3 LF over the limit", 414, "GET /234567890 HTTP/1.1" EOL,
	   SMALL),
	NO("9112 3 CR over the limit", 414, "GET /2345678901 HTTP/1.1\r",
	   SMALL),
	NO("9112 3 path over the limit", 414, "GET /23456789012345678901",
	   SMALL),
	NO("9112 3 query over the limit", 414, "GET /?2345678901234567890",
	   SMALL),
	NO("9112 3 encoding over the limit", 414, "GET /2345678901234567%12",
	   .lim = &(const struct http_parse_limits){ 23, 16, 40, 3 }),
	NO("9112 3 host over the limit", 414, "GET http://456789012345",
	   .lim = &(const struct http_parse_limits){ 22, 16, 40, 3 }),
	NO("9112 3 port over the limit", 414, "GET http://456789012:12",
	   .lim = &(const struct http_parse_limits){ 22, 16, 40, 3 }),
	NO("9112 3 scheme over the limit", 414, "GET htt",
	   .lim = &(const struct http_parse_limits){ 6, 16, 40, 3 }),
	NO("9112 3 method over the limit", 414, "ABCDEFGHIJKLMNOPQRSTUVWXY",
	   SMALL),
	NO("9112 3 target over the limit", 414, "GET /",
	   .lim = &(const struct http_parse_limits){ 4, 16, 40, 3 }),
	NO("9112 3 asterisk over the limit", 414, "OPTIONS * ",
	   .lim = &(const struct http_parse_limits){ 9, 16, 40, 3 }),
	NO("9112 3 version over the limit", 414, "GET /234567890123456 HTTP",
	   SMALL),
	NO("9112 3 bad byte over the limit", 414, "GET /2345678901234567890\0",
	   SMALL),
	NO("9112 3 bad byte at the limit", 400, "GET /234567890123456789\0",
	   SMALL),
	NO("9112 3 nothing allowed", 414, "G", .lim = &nothing),
	NO("9112 2.2 nothing allowed, empty line", 414, "\r", .lim = &nothing),

	/* one field line: 16 bytes with its CRLF */
	OK("6585 5 field at the limit", GETH "A: 45678901234" EOL EOL,
	   SMALL),
	OK("6585 5 each field at the limit",
	   GETH "A: 45678901234" EOL "B: 4" EOL EOL, SMALL),
	NO("6585 5 LF over the limit", 431, GETH "A: 456789012345" EOL, SMALL),
	NO("6585 5 CR over the limit", 431, GETH "A: 4567890123456\r", SMALL),
	NO("6585 5 value over the limit", 431, GETH "A: 45678901234567", SMALL),
	NO("6585 5 name over the limit", 431, GETH "A2345678901234567", SMALL),
	NO("6585 5 white space over the limit", 431,
	   GETH "A:               ", SMALL),
	NO("6585 5 Host over the limit", 431, GET "Host: 78901234567", SMALL),
	NO("6585 5 white space before a host", 431, GET "Host:            ",
	   SMALL),
	NO("6585 5 white space behind a host", 431, GET "Host: b          ",
	   SMALL),
	NO("6585 5 list over the limit", 431, GETH "Connection: 34567", SMALL),
	NO("6585 5 length over the limit", 431,
	   GETH "Content-Length: 0", SMALL),
	NO("6585 5 bad byte over the limit", 431, GETH "A: 4567890123456\0",
	   SMALL),
	NO("6585 5 bad byte at the limit", 400, GETH "A: 456789012345\0",
	   SMALL),

	/* all fields: 40 bytes with the empty line */
	OK("6585 5 fields at the limit",
	   GETH "A: 45678901234" EOL "B: 45678901" EOL EOL, SMALL),
	NO("6585 5 LF of the empty line over the limit", 431,
	   GETH "A: 45678901234" EOL "B: 456789012" EOL EOL, SMALL),
	NO("6585 5 CR of the empty line over the limit", 431,
	   GETH "A: 45678901234" EOL "B: 4567890123" EOL "\r", SMALL),
	NO("6585 5 field over the limit of all", 431,
	   GETH "A: 45678901234" EOL "B: 4567890123456", SMALL),
	NO("6585 5 another field over the limit of all", 431,
	   GETH "A: 45678901234" EOL "B: 4567890123" EOL "C", SMALL),
	NO("6585 5 no room for fields", 431, GET "H", .lim = &no_fields),
	NO("6585 5 no room for the empty line", 431, GET10 "\r",
	   .lim = &no_fields),

	/* number of fields: 3 */
	OK("6585 5 three fields", GETH "A:" EOL "B:" EOL EOL, SMALL),
	NO("6585 5 four fields", 431, GETH "A:" EOL "B:" EOL "C", SMALL),
	NO("6585 5 four fields, the last one bad", 431,
	   GETH "A:" EOL "B:" EOL " ", SMALL),
	OK("6585 5 no fields allowed, none there", GET10 EOL, .flags = F10,
	   .host = "", .lim = &none),
	NO("6585 5 no fields allowed", 431, GET "H", .lim = &none),

	/* one limit does not stand for another */
	OK("9112 3 fields may be longer than the line",
	   GETH "A: 456789012345678901234567890" EOL EOL, .lim = &line_only),
};

const struct parse_table limit_cases = {
	limit, ARRAY_SIZE(limit)
};
