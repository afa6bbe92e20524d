// SPDX-License-Identifier: GPL-2.0-only
/* Cases of message framing: RFC 9112, 6 and 11.2; RFC 9110, 8.6. */
#include <linux/kernel.h>

#include "parse_cases.h"

#define P(fields)	POSTH fields EOL EOL
#define FIELDS(fields)	POSTH fields
#define CL(value)	POSTH "Content-Length: " value
#define TE(value)	POSTH "Transfer-Encoding: " value

#define LEN(n)		.method = HTTP_POST, .length = (n), \
			.flags = F11 | HTTP_F_HAS_LENGTH
#define CHUNKED		.method = HTTP_POST, .flags = F11 | HTTP_F_CHUNKED

static const struct parse_case framing[] = {
	/* Content-Length */
	OK("9110 8.6 length", P("Content-Length: 5"), LEN(5)),
	OK("9110 8.6 zero", P("Content-Length: 0"), LEN(0)),
	OK("9110 8.6 zeros before", P("Content-Length: 0000000000000000000005"),
	   LEN(5)),
	OK("9112 5.1 white space", P("content-LENGTH:\t 42 \t"), LEN(42)),
	OK("9110 8.6 no white space", P("Content-Length:42"), LEN(42)),
	OK("9110 8.6 2^32", P("Content-Length: 4294967296"), LEN(4294967296)),
	OK("9110 8.6 2^63 - 1", P("Content-Length: 9223372036854775807"),
	   LEN(9223372036854775807)),
	OK("9110 9.3.1 a body of GET is framed", GETH "Content-Length: 3" EOL
	   EOL, .length = 3, .flags = F11 | HTTP_F_HAS_LENGTH),
	OK("9110 8.6 in HTTP/1.0", "POST / HTTP/1.0" EOL "Content-Length: 3" EOL
	   EOL, .method = HTTP_POST, .length = 3, .host = "",
	   .flags = F10 | HTTP_F_HAS_LENGTH),
	OK("9112 6.3 none", P("A: b"), .method = HTTP_POST),
	NO("9110 8.6 2^63", 400, CL("9223372036854775808")),
	NO("9110 8.6 2^64 and the like", 400, CL("18446744073709551616")),
	NO("9110 8.6 19 digits", 400, CL("9999999999999999999")),
	NO("9110 8.6 zeros before too large a number", 400,
	   CL("000009223372036854775808")),
	NO("9110 8.6 empty", 400, POSTH "Content-Length:\r"),
	NO("9110 8.6 white space only", 400, CL(" \t\r")),
	NO("9110 8.6 plus", 400, CL("+")),
	NO("9110 8.6 minus", 400, CL("-")),
	NO("9110 8.6 minus inside", 400, CL("5-")),
	NO("9110 8.6 hex", 400, CL("0x")),
	NO("9110 8.6 hex digit", 400, CL("1a")),
	NO("9110 8.6 letter", 400, CL("x")),
	NO("9110 8.6 fraction", 400, CL("5.")),
	NO("9110 8.6 exponent", 400, CL("1e")),
	NO("9110 8.6 list", 400, CL("5,")),
	NO("9110 8.6 comma first", 400, CL(",")),
	NO("9110 8.6 two numbers", 400, CL("5 5")),
	NO("9110 8.6 quoted", 400, CL("\"")),
	NO("9110 8.6 underscore", 400, CL("1_")),
	NO("9110 8.6 semicolon", 400, CL("5;")),
	NO("9110 8.6 NUL", 400, CL("5\0")),
	NO("9110 8.6 vertical tab", 400, CL("\v")),
	NO("9110 8.6 byte 0xb2", 400, CL("\xb2")),
	NO("9112 2.2 bare LF", 400, CL("5\n")),
	NO("9112 2.2 bare CR", 400, CL("5\r5")),
	NO("9112 6.3 repeated, equal", 400, CL("5" EOL "Content-Length:")),
	NO("9112 6.3 repeated, not equal", 400, CL("5" EOL "content-length:")),
	NO("9112 6.3 repeated with another between", 400,
	   CL("5" EOL "A: b" EOL "Content-Length:")),

	/* Transfer-Encoding */
	OK("9112 7.1 chunked", P("Transfer-Encoding: chunked"), CHUNKED),
	OK("9112 7 codings have no case", P("transfer-ENCODING:ChUnKeD"),
	   CHUNKED),
	OK("9112 5.1 white space", P("Transfer-Encoding:\t chunked \t"),
	   CHUNKED),
	OK("9110 5.6.1.2 empty member before", P("Transfer-Encoding: ,chunked"),
	   CHUNKED),
	OK("9110 5.6.1.2 empty member behind",
	   P("Transfer-Encoding: chunked, ,\t"), CHUNKED),
	OK("9110 9.3.1 chunked body of GET is framed",
	   GETH "Transfer-Encoding: chunked" EOL EOL,
	   .flags = F11 | HTTP_F_CHUNKED),
	OK("9112 9.3 chunked and close",
	   P("Transfer-Encoding: chunked" EOL "Connection: close"),
	   .method = HTTP_POST, .flags = FCLOSE | HTTP_F_CHUNKED),
	NO("9112 6.1 empty", 400, POSTH "Transfer-Encoding:\r"),
	NO("9112 6.1 white space only", 400, TE(" \r")),
	NO("9112 6.1 empty members only", 400, TE(", ,\r")),
	NO("9112 7.1 chunked twice", 400, TE("chunked, c")),
	NO("9112 7.1 chunked on two lines", 400,
	   TE("chunked" EOL "Transfer-Encoding: c")),
	NO("9112 6.3 chunked is not last", 400, TE("chunked, g")),
	NO("9112 6.1 unknown coding", 501, TE("x\r")),
	NO("9112 6.1 gzip", 501, TE("gzip\r")),
	NO("9112 6.1 gzip, chunked", 501, TE("gzip,")),
	NO("9112 6.1 gzip with a parameter", 501, TE("gzip;")),
	NO("9112 6.1 identity", 501, TE("identity\r")),
	NO("9112 6.1 xchunked", 501, TE("xchunked\r")),
	NO("9112 6.1 chunkedx", 501, TE("chunkedx\r")),
	NO("9112 6.1 chunke", 501, TE("chunke ")),
	NO("9112 6.1 chunked with a vertical tab", 400, TE("\v")),
	NO("9112 6.1 quoted", 400, TE("\"")),
	NO("9112 7.1 chunked with a parameter", 400, TE("chunked;")),
	NO("9112 7.1 chunked with a parameter behind space", 400,
	   TE("chunked ;")),
	NO("9112 7 two codings and no comma", 400, TE("chunked c")),
	NO("9112 7 colon", 400, TE(":")),
	NO("9112 6.1 NUL", 400, TE("\0")),
	NO("9112 2.2 bare CR before", 400, TE("\r")),
	NO("9112 2.2 bare LF behind", 400, TE("chunked \n")),
	NO("9112 5.2 obs-fold before the coding", 400, POSTH "Transfer-Encoding:\r"),
	NO("9112 6.1 in HTTP/1.0", 400,
	   "POST / HTTP/1.0" EOL HOST "Transfer-Encoding:"),

	/* both */
	NO("9112 6.3 length, then chunked", 400,
	   CL("5" EOL "Transfer-Encoding:")),
	NO("9112 6.3 chunked, then length", 400,
	   TE("chunked" EOL "Content-Length:")),
	NO("9112 6.3 length 0, then chunked", 400,
	   CL("0" EOL "transfer-encoding:")),
	NO("9112 6.3 chunked, others, then length", 400,
	   TE("chunked" EOL "A: b" EOL "content-length:")),

	/* what other parsers were fooled with */
	NO("9112 11.2 tab before the colon", 400,
	   FIELDS("Transfer-Encoding\t")),
	NO("9112 11.2 line that begins with a space", 400,
	   FIELDS("A: b" EOL " ")),
	NO("9112 11.2 LF inside", 400, FIELDS("A: b\n")),
	NO("9112 11.2 CR inside", 400, FIELDS("A: b\rT")),
	NO("9112 11.2 NUL in the name", 400, FIELDS("Transfer-Encoding\0")),
	NO("9112 11.2 byte 0xff before the name", 400, FIELDS("\xff")),
	NO("9112 11.2 colon before the name", 400, FIELDS(":")),
	OK("9112 11.2 names with underscores are others",
	   P("Transfer_Encoding: chunked"), .method = HTTP_POST),
};

const struct parse_table framing_cases = {
	framing, ARRAY_SIZE(framing)
};
