// SPDX-License-Identifier: GPL-2.0-only
/* Cases of field lines in general: RFC 9112, 2.2 and 5; RFC 9110, 5. */
#include <linux/kernel.h>

#include "parse_cases.h"

static const struct parse_case field[] = {
	/* names */
	OK("9112 5 one field", GETH "A: b" EOL EOL),
	OK("9112 5 fields before Host", GET "A: b" EOL HOST EOL),
	OK("9110 5.6.2 every tchar in a name",
	   GETH "!#$%&'*+-.^_`|~09azAZ: b" EOL EOL),
	OK("9110 5.1 one byte", GETH "x:y" EOL EOL),
	OK("9110 5.1 the same unknown name twice",
	   GETH "X-A: b" EOL "X-A: c" EOL EOL),
	OK("9110 5.1 a long name", GETH
	   "X-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: b" EOL EOL),
	OK("9110 5.1 like a known name, not quite", GETH
	   "Content-Lengths: x" EOL "Content-Lengt: x" EOL
	   "Content_Length: x" EOL "Transfer-Encodin: x" EOL EOL),
	NO("9112 5 no name", 400, GETH ":"),
	NO("9112 5.1 space before the colon", 400, GETH "A "),
	NO("9112 5.1 tab before the colon", 400, GETH "A\t"),
	NO("9112 5.1 space before the colon of a length", 400,
	   GETH "Content-Length "),
	NO("9112 2.2 white space before the first field", 400, GET " "),
	NO("9112 2.2 tab before the first field", 400, GET "\t"),
	NO("9112 5.2 obs-fold, space", 400, GETH "A: b" EOL " "),
	NO("9112 5.2 obs-fold, tab", 400, GETH "A: b" EOL "\t"),
	NO("9112 5.2 obs-fold of Host", 400, GET "Host: a" EOL " "),
	NO("9110 5.6.2 NUL in a name", 400, GETH "A\0"),
	NO("9110 5.6.2 quote in a name", 400, GETH "A\""),
	NO("9110 5.6.2 parenthesis in a name", 400, GETH "A("),
	NO("9110 5.6.2 comma in a name", 400, GETH "A,"),
	NO("9110 5.6.2 slash in a name", 400, GETH "A/"),
	NO("9110 5.6.2 semicolon in a name", 400, GETH "A;"),
	NO("9110 5.6.2 equals sign in a name", 400, GETH "A="),
	NO("9110 5.6.2 bracket in a name", 400, GETH "A["),
	NO("9110 5.6.2 brace in a name", 400, GETH "A{"),
	NO("9110 5.6.2 at sign in a name", 400, GETH "A@"),
	NO("9110 5.6.2 backslash in a name", 400, GETH "A\\"),
	NO("9110 5.6.2 DEL in a name", 400, GETH "A\x7f"),
	NO("9110 5.6.2 obs-text in a name", 400, GETH "A\xe4"),
	NO("9112 5 a line without a colon", 400, GETH "A\r"),
	NO("9112 5 a line without a colon, bare LF", 400, GETH "A\n"),

	/* values */
	OK("9110 5.5 empty value", GETH "A:" EOL EOL),
	OK("9112 5.1 white space only", GETH "A: \t " EOL EOL),
	OK("9110 5.5 tabs and spaces inside", GETH "A: b \t c" EOL EOL),
	OK("9110 5.5 every VCHAR",
	   GETH "A: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" EOL EOL),
	OK("9110 5.5 obs-text", GETH "A: \x80\xff\xc3\xa4" EOL EOL),
	OK("9110 5.5 long value", GETH
	   "A: 0123456789012345678901234567890123456789012345678" EOL EOL),
	NO("9110 5.5 NUL", 400, GETH "A: b\0"),
	NO("9110 5.5 NUL first", 400, GETH "A:\0"),
	NO("9110 5.5 NUL behind 8 bytes", 400, GETH "A:12345678\0"),
	NO("9110 5.5 NUL as the 8th byte", 400, GETH "A:1234567\0"),
	NO("9110 5.5 control byte", 400, GETH "A: b\x01"),
	NO("9110 5.5 control byte 0x1f", 400, GETH "A: b\x1f"),
	NO("9110 5.5 escape", 400, GETH "A: 1234567890\x1b"),
	NO("9110 5.5 vertical tab", 400, GETH "A: b\v"),
	NO("9110 5.5 form feed", 400, GETH "A: b\f"),
	NO("9110 5.5 DEL", 400, GETH "A: b\x7f"),
	NO("9110 5.5 DEL behind obs-text", 400,
	   GETH "A: \x80\xff\xff\xff\x7f"),
	NO("9110 5.5 DEL behind 16 bytes", 400,
	   GETH "A:1234567812345678\x7f"),
	NO("9112 2.2 bare LF", 400, GETH "A: b\n"),
	NO("9112 2.2 bare LF first", 400, GETH "A:\n"),
	NO("9112 2.2 bare CR", 400, GETH "A: b\rc"),
	NO("9112 2.2 CR and space", 400, GETH "A: b\r "),
	NO("9112 2.2 two CR", 400, GETH "A: b\r\r"),
	NO("9112 2.2 CR and NUL", 400, GETH "A: b\r\0"),

	/* the end */
	NO("9112 2.1 bare LF for the empty line", 400, GETH "\n"),
	NO("9112 2.1 CR and no LF at the end", 400, GETH "\rA"),
	NO("9112 2.1 two CR at the end", 400, GETH "\r\r"),
	OK("9112 2.1 HTTP/1.0 without fields", GET10 EOL, .flags = F10,
	   .host = ""),

	/* Connection */
	OK("9112 9.3 close", GETH "Connection: close" EOL EOL,
	   .flags = FCLOSE),
	OK("9110 7.6.1 options have no case",
	   GETH "CONNECTION: ClOsE" EOL EOL, .flags = FCLOSE),
	OK("9112 9.3 keep-alive in 1.1", GETH "Connection: keep-alive" EOL EOL,
	   .flags = F11 | HTTP_F_CONN_KEEPALIVE),
	OK("9112 9.3 keep-alive in 1.0", GET10 "Connection: keep-alive" EOL EOL,
	   .flags = F10 | HTTP_F_CONN_KEEPALIVE | HTTP_F_KEEPALIVE,
	   .host = ""),
	OK("9112 9.3 Keep-Alive in 1.0", GET10 HOST "Connection:Keep-Alive" EOL
	   EOL, .flags = F10 | F11 | HTTP_F_CONN_KEEPALIVE),
	OK("9112 9.3 close in 1.0", GET10 HOST "Connection: close" EOL EOL,
	   .flags = F10 | FCLOSE),
	OK("9112 9.3 close wins, last", GETH "Connection: keep-alive, close"
	   EOL EOL, .flags = FCLOSE | HTTP_F_CONN_KEEPALIVE),
	OK("9112 9.3 close wins, first", GETH "Connection: close,keep-alive"
	   EOL EOL, .flags = FCLOSE | HTTP_F_CONN_KEEPALIVE),
	OK("9112 9.3 close wins in 1.0", GET10 HOST
	   "Connection: close , keep-alive" EOL EOL,
	   .flags = F10 | FCLOSE | HTTP_F_CONN_KEEPALIVE),
	OK("9110 5.3 close on a line of its own",
	   GETH "Connection: keep-alive" EOL "Connection: close" EOL EOL,
	   .flags = FCLOSE | HTTP_F_CONN_KEEPALIVE),
	OK("9110 7.6.1 other options", GETH
	   "Connection: Upgrade, HTTP2-Settings" EOL EOL),
	OK("9110 7.6.1 options that look like close", GETH
	   "Connection: closed, clos, keep-alives, xclose" EOL EOL),
	OK("9110 5.6.1.2 empty members", GETH "Connection: ,,close, ," EOL EOL,
	   .flags = FCLOSE),
	OK("9110 5.6.1.2 no members", GETH "Connection:" EOL EOL),
	OK("9110 5.6.1.2 commas only", GETH "Connection: , ," EOL EOL),
	OK("9110 5.6.1 tabs about commas", GETH "Connection:\ta\t,\tclose\t"
	   EOL EOL, .flags = FCLOSE),
	NO("9110 7.6.1 no token", 400, GETH "Connection: \""),
	NO("9110 7.6.1 two tokens and no comma", 400, GETH "Connection: a b"),
	NO("9110 7.6.1 parameter", 400, GETH "Connection: close;"),
	NO("9110 7.6.1 equals sign", 400, GETH "Connection: a="),
	NO("9110 5.5 NUL in a list", 400, GETH "Connection: clos\0"),
	NO("9112 2.2 bare LF ends a list", 400, GETH "Connection: close\n"),
	NO("9112 2.2 bare CR ends a list", 400, GETH "Connection: close\rx"),

	/* Expect */
	OK("9110 10.1.1 100-continue", POSTH "Expect: 100-continue" EOL EOL,
	   .method = HTTP_POST, .flags = F11 | HTTP_F_EXPECT_CONTINUE),
	OK("9110 10.1.1 it has no case", POSTH "expect:100-CONTINUE \t" EOL EOL,
	   .method = HTTP_POST, .flags = F11 | HTTP_F_EXPECT_CONTINUE),
	OK("9110 10.1.1 twice in a list", POSTH
	   "Expect: 100-continue, 100-continue" EOL EOL,
	   .method = HTTP_POST, .flags = F11 | HTTP_F_EXPECT_CONTINUE),
	OK("9110 10.1.1 ignored in 1.0", "POST / HTTP/1.0" EOL
	   "Expect: 100-continue" EOL EOL, .method = HTTP_POST, .flags = F10,
	   .host = ""),
	OK("9110 5.6.1.2 empty Expect", GETH "Expect:" EOL EOL),
	NO("9110 10.1.1 another", 417, POSTH "Expect: 200-ok\r"),
	NO("9110 10.1.1 another, in a list", 417, POSTH
	   "Expect: 100-continue, x\r"),
	NO("9110 10.1.1 another, first", 417, POSTH "Expect: x,"),
	NO("9110 10.1.1 too long", 417, POSTH "Expect: 100-continuex\r"),
	NO("9110 10.1.1 too short", 417, POSTH "Expect: 100-continu\r"),
	NO("9110 10.1.1 a value", 417, POSTH "Expect: a="),
	NO("9110 10.1.1 a value behind white space", 417,
	   POSTH "Expect: 100-continue ="),
	NO("9110 10.1.1 a parameter", 417, POSTH "Expect: 100-continue ;"),
	NO("9110 10.1.1 a quoted string", 417, POSTH "Expect: \""),
	NO("9110 10.1.1 two words", 417, POSTH "Expect: 100-continue 1"),
	NO("9110 5.5 NUL in Expect", 400, POSTH "Expect: \0"),
	NO("9112 2.2 bare LF in Expect", 400, POSTH "Expect: 100-continue \n"),
};

const struct parse_table field_cases = {
	field, ARRAY_SIZE(field)
};
