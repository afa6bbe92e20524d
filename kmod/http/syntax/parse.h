/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTTP/1.x request head parser: bytes in, offsets and verdicts out.
 *
 * Pure: it allocates nothing, copies nothing, sleeps never and touches no
 * global state, so it runs in softirq on the bytes of an skb, in a worker on a
 * gathered buffer, and in user space under the unit tests and the fuzzer. It
 * must not know about sockets, connections or responses.
 *
 * Which error a request gets is decided by its first offending byte; where the
 * peer's TCP happened to cut the bytes never changes an outcome.
 */
#ifndef KELP_HTTP_PARSE_H
#define KELP_HTTP_PARSE_H

#include <linux/limits.h>
#include <linux/types.h>

/**
 * enum http_method - the request methods with a name of their own
 * @HTTP_GET: GET
 * @HTTP_HEAD: HEAD
 * @HTTP_POST: POST
 * @HTTP_PUT: PUT
 * @HTTP_DELETE: DELETE
 * @HTTP_OPTIONS: OPTIONS
 * @HTTP_PATCH: PATCH
 * @HTTP_TRACE: TRACE
 * @HTTP_CONNECT: CONNECT; always refused with 501, seen only beside an error
 * @HTTP_METHOD_UNKNOWN: any other token, or the method is not known yet
 */
enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_PATCH,
	HTTP_TRACE,
	HTTP_CONNECT,
	HTTP_METHOD_UNKNOWN
};

/**
 * struct http_slice - a run of bytes inside the head
 * @off: offset from the first byte of the head
 * @len: length in bytes; 0 = absent or empty
 */
struct http_slice {
	u16 off, len;
};

/* Offsets are 16 bits wide; no set of limits may admit a longer head. */
#define HTTP_HEAD_MAX	(60 * 1024)

/**
 * struct http_parse_limits - how much of a head is looked at before refusing
 * @line: request line in bytes, its CRLF included; beyond: 414
 * @field: one field line in bytes, its CRLF included; beyond: 431
 * @head: all field lines in bytes, the final empty line included; beyond: 431
 * @nr_fields: number of field lines; beyond: 431
 *
 * Valid only when http_limits_valid() says so: whoever lets a user set limits
 * asks first.
 */
struct http_parse_limits {
	u32 line;
	u32 field;
	u32 head;
	u32 nr_fields;
};

/* http_req.flags. Complete only when http_parse() returned a head's length. */
#define HTTP_F_KEEPALIVE	0x0001	/* connection persists after this request */
#define HTTP_F_MINOR0		0x0002	/* HTTP/1.0; otherwise treat as HTTP/1.1 */
#define HTTP_F_CHUNKED		0x0004	/* Transfer-Encoding: chunked */
#define HTTP_F_HAS_LENGTH	0x0008	/* content_length is valid */
#define HTTP_F_HAS_HOST		0x0010	/* a Host field was there */
#define HTTP_F_EXPECT_CONTINUE	0x0020	/* Expect: 100-continue, HTTP/1.1 only */
#define HTTP_F_ABSOLUTE		0x0040	/* absolute-form target */
#define HTTP_F_ASTERISK		0x0080	/* OPTIONS for the whole server */
#define HTTP_F_HAS_QUERY	0x0100	/* a '?' was there, query may be empty */
#define HTTP_F_CLOSE		0x0200	/* Connection: close */
#define HTTP_F_CONN_KEEPALIVE	0x0400	/* Connection: keep-alive */
#define HTTP_F_NORMAL		0x0800	/* target is http_path_is_normal() */

/**
 * enum http_known - fields whose values are handed out as slices
 * @HTTP_KNOWN_IF_MATCH: If-Match
 * @HTTP_KNOWN_IF_NONE_MATCH: If-None-Match
 * @HTTP_KNOWN_IF_MODIFIED_SINCE: If-Modified-Since
 * @HTTP_KNOWN_IF_UNMODIFIED_SINCE: If-Unmodified-Since
 * @HTTP_KNOWN_IF_RANGE: If-Range
 * @HTTP_KNOWN_RANGE: Range
 * @HTTP_KNOWN_ACCEPT: Accept
 * @HTTP_KNOWN_ACCEPT_ENCODING: Accept-Encoding
 * @HTTP_KNOWN_CONTENT_TYPE: Content-Type
 * @HTTP_KNOWN_COOKIE: Cookie
 * @HTTP_KNOWN_AUTHORIZATION: Authorization
 * @HTTP_KNOWN_UPGRADE: Upgrade
 * @HTTP_KNOWN_ORIGIN: Origin
 * @HTTP_KNOWN_X_FORWARDED_FOR: X-Forwarded-For
 * @HTTP_NR_KNOWN: how many there are
 *
 * Indexes http_req.known and the bits of http_req.repeated.
 */
enum http_known {
	HTTP_KNOWN_IF_MATCH,
	HTTP_KNOWN_IF_NONE_MATCH,
	HTTP_KNOWN_IF_MODIFIED_SINCE,
	HTTP_KNOWN_IF_UNMODIFIED_SINCE,
	HTTP_KNOWN_IF_RANGE,
	HTTP_KNOWN_RANGE,
	HTTP_KNOWN_ACCEPT,
	HTTP_KNOWN_ACCEPT_ENCODING,
	HTTP_KNOWN_CONTENT_TYPE,
	HTTP_KNOWN_COOKIE,
	HTTP_KNOWN_AUTHORIZATION,
	HTTP_KNOWN_UPGRADE,
	HTTP_KNOWN_ORIGIN,
	HTTP_KNOWN_X_FORWARDED_FOR,
	HTTP_NR_KNOWN
};

/**
 * struct http_req - one request head, while and after it is parsed
 * @state: parser's own: where in the grammar it stands
 * @sub: parser's own: where inside that element
 * @field: parser's own: which field line it is in
 * @method: enum http_method; valid as soon as it was read, also beside errors
 * @pos: parser's own: bytes examined so far
 * @mark: parser's own: where the current element began
 * @line: parser's own: where the current line began
 * @port: parser's own: port number read so far
 * @host_len: parser's own: length of the host before it
 * @seen: parser's own: bit n: known field n was there
 * @flags: HTTP_F_*
 * @status: the status of a refusal, 0 while there is none
 * @fields: offset of the first field line
 * @nr_fields: field lines seen
 * @head_len: length of the complete head, 0 until it is complete
 * @target: path part of the target without the query, as sent, still
 *	percent-encoded. Begins with '/'; "/" for an absolute-form target
 *	without a path; "*" when HTTP_F_ASTERISK came from an asterisk
 * @query: what follows the first '?', without it
 * @host: host without port; an absolute-form target wins over the Host field.
 *	IP literals keep their brackets
 * @repeated: bit n: known field n came on more than one line and known[n] has
 *	only the first; http_field_next() finds the others
 * @content_length: valid with HTTP_F_HAS_LENGTH; at most S64_MAX
 * @known: values of well-known fields by enum http_known, no white space
 *	around them, not otherwise checked; the same slices have names
 * @if_match: known[HTTP_KNOWN_IF_MATCH]
 * @if_none_match: known[HTTP_KNOWN_IF_NONE_MATCH]
 * @if_modified_since: known[HTTP_KNOWN_IF_MODIFIED_SINCE]
 * @if_unmodified_since: known[HTTP_KNOWN_IF_UNMODIFIED_SINCE]
 * @if_range: known[HTTP_KNOWN_IF_RANGE]
 * @range: known[HTTP_KNOWN_RANGE]
 * @accept: known[HTTP_KNOWN_ACCEPT]
 * @accept_encoding: known[HTTP_KNOWN_ACCEPT_ENCODING]
 * @content_type: known[HTTP_KNOWN_CONTENT_TYPE]
 * @cookie: known[HTTP_KNOWN_COOKIE]
 * @authorization: known[HTTP_KNOWN_AUTHORIZATION]
 * @upgrade: known[HTTP_KNOWN_UPGRADE]
 * @origin: known[HTTP_KNOWN_ORIGIN]
 * @x_forwarded_for: known[HTTP_KNOWN_X_FORWARDED_FOR]
 *
 * Owned by whoever owns the connection; no locking of its own.
 */
struct http_req {
	u8  state;
	u8  sub;
	u8  field;
	u8  method;
	u16 pos;
	u16 mark;
	u16 line;
	u16 port;
	u16 host_len;
	u16 flags;
	u16 status;
	u16 fields;
	u16 nr_fields;
	u16 head_len;
	struct http_slice target;
	struct http_slice query;
	struct http_slice host;
	u16 seen;
	u16 repeated;
	u64 content_length;
	union {
		struct http_slice known[HTTP_NR_KNOWN];
		struct {
			struct http_slice if_match;
			struct http_slice if_none_match;
			struct http_slice if_modified_since;
			struct http_slice if_unmodified_since;
			struct http_slice if_range;
			struct http_slice range;
			struct http_slice accept;
			struct http_slice accept_encoding;
			struct http_slice content_type;
			struct http_slice cookie;
			struct http_slice authorization;
			struct http_slice upgrade;
			struct http_slice origin;
			struct http_slice x_forwarded_for;
		};
	};
};

/**
 * http_limits_valid() - can these limits be used at all?
 * @lim: limits to check
 *
 * Return: true when every head they admit has offsets that fit 16 bits.
 */
static inline bool http_limits_valid(const struct http_parse_limits *lim)
{
	/* the 2 bytes are the empty line that may precede the request line */
	return lim->line <= HTTP_HEAD_MAX && lim->head <= HTTP_HEAD_MAX &&
	       lim->line + lim->head + 2 <= HTTP_HEAD_MAX &&
	       lim->nr_fields <= U16_MAX - 1;
}

/**
 * http_req_init() - make ready for the first byte of a head
 * @req: request to reset; nothing it held needs releasing
 *
 * Context: Any.
 */
void http_req_init(struct http_req *req);

/**
 * http_req_next() - make ready for the next head of a connection
 * @req: request, from http_req_init(), whose head was parsed
 *
 * The same as http_req_init() for less: most heads leave little behind.
 *
 * Context: Any.
 */
void http_req_next(struct http_req *req);

/**
 * http_parse() - examine the bytes of a request head
 * @req: the request, from http_req_init() or an earlier call that returned 0
 * @buf: first byte of the head
 * @len: bytes there are now, those of earlier calls included; may exceed the
 *	head (a body or the next request follows it)
 * @lim: limits; may change between two calls for one head
 *
 * After 0, call again with the same bytes and more behind them; they may have
 * moved. Bytes already examined are not examined again. Slices refer to @buf
 * and are good for as long as the caller keeps the bytes.
 *
 * A refusal comes at the first byte that cannot be valid. What only the whole
 * head can tell (a missing Host) comes with its last byte. 411 and 413 are
 * never returned: whether a body is wanted, and how long, the caller knows.
 *
 * Context: Any. Does not sleep. Touches @req and the bytes only.
 * Return: > 0: length of the complete head with its final empty line, and the
 * one empty line that may precede the request line; 0: more bytes are needed;
 * < 0: the negated status of the refusal: -400 -414 -417 -421 -431 -501 -505.
 * Once it is not 0 it stays what it is. -500, with a WARNING: the caller broke
 * the rules about @len or @lim.
 */
int http_parse(struct http_req *req, const u8 *buf, size_t len,
	       const struct http_parse_limits *lim);

/**
 * http_field_next() - walk over the field lines of a complete head
 * @req: a request for which http_parse() returned a length
 * @buf: first byte of the head
 * @pos: iterator: 0 for the first field, then left alone
 * @name: set to the field's name
 * @value: set to its value, no white space around it
 *
 * Context: Any. Not for the fast path: it looks at the bytes again.
 * Return: true when there was another field.
 */
bool http_field_next(const struct http_req *req, const u8 *buf, u16 *pos,
		     struct http_slice *name, struct http_slice *value);

#endif /* KELP_HTTP_PARSE_H */
