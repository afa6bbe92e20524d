// SPDX-License-Identifier: GPL-2.0-only
/*
 * X-Forwarded-For, read from the right: each proxy appends whom it was talking
 * to, so only what our own proxies appended can be believed. Pure.
 */
#include "http/syntax/forwarded.h"

#include <linux/kernel.h>
#include <linux/string.h>

/* Proxies in a row; fields of that name. More of them are not looked at. */
#define FORWARDED_HOPS 32
#define FORWARDED_FIELDS 8

static bool forwarded_port(const char *text, size_t len, struct kelp_addr *addr)
{
	int port = kelp_addr_number(text, len, 65535);

	if (port < 0)
		return false;
	addr->port = port;
	return true;
}

/* 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1], [2001:db8::1]:80 */
static bool forwarded_element(const char *text, size_t len,
			      struct kelp_addr *addr)
{
	const char *end;

	if (len && text[0] == '[') {
		end = memchr(text, ']', len);
		if (!end || !memchr(text, ':', end - text) ||
		    !kelp_addr_parse(text + 1, end - text - 1, addr))
			return false;
		len -= end + 1 - text;
		return !len || (end[1] == ':' &&
				forwarded_port(end + 2, len - 1, addr));
	}
	end = len ? memchr(text, ':', len) : NULL;
	/* one colon, after dots: a port */
	if (end && memchr(text, '.', end - text) &&
	    !memchr(end + 1, ':', text + len - end - 1))
		return kelp_addr_parse(text, end - text, addr) &&
		       forwarded_port(end + 1, text + len - end - 1, addr);
	return kelp_addr_parse(text, len, addr);
}

static bool forwarded_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool http_forwarded_back(const char *value, size_t len,
			 bool (*trusted)(const struct kelp_addr *addr,
					 void *arg),
			 void *arg, unsigned int *left,
			 struct kelp_addr *client)
{
	size_t end = len, from, to;

	for (;;) {
		for (from = end; from && value[from - 1] != ',';)
			from--;
		for (to = end; to > from && forwarded_blank(value[to - 1]);)
			to--;
		end = from;
		while (from < to && forwarded_blank(value[from]))
			from++;
		/* RFC 9110 5.6.1: empty elements do not count */
		if (from < to) {
			struct kelp_addr found = {};

			if (!*left || !forwarded_element(value + from,
							 to - from, &found))
				return false;
			--*left;
			*client = found;
			if (!trusted(client, arg))
				return false;
		}
		if (!end)
			return true;
		end--;
	}
}

static bool forwarded_is(const u8 *head, struct http_slice name)
{
	return name.len == 15 &&
	       !strncasecmp((const char *)head + name.off, "X-Forwarded-For",
			    15);
}

/* The last lines of that name; returns how many. */
static unsigned int forwarded_fields(const struct http_req *req, const u8 *head,
				     struct http_slice last[FORWARDED_FIELDS])
{
	struct http_slice name, value;
	unsigned int nr = 0;
	u16 pos = 0;

	while (http_field_next(req, head, &pos, &name, &value))
		if (forwarded_is(head, name))
			last[nr++ % FORWARDED_FIELDS] = value;
	return nr;
}

void http_forwarded_client(const struct http_req *req, const u8 *head,
			   bool (*trusted)(const struct kelp_addr *addr,
					   void *arg),
			   void *arg, struct kelp_addr *client)
{
	struct http_slice last[FORWARDED_FIELDS];
	unsigned int left = FORWARDED_HOPS, nr = 1, least;

	if (req->repeated & (1 << HTTP_KNOWN_X_FORWARDED_FOR))
		nr = forwarded_fields(req, head, last);
	else
		last[0] = req->x_forwarded_for;
	least = nr > FORWARDED_FIELDS ? nr - FORWARDED_FIELDS : 0;
	while (nr-- > least) {
		const struct http_slice *field = &last[nr % FORWARDED_FIELDS];

		if (!http_forwarded_back((const char *)head + field->off,
					 field->len, trusted, arg, &left,
					 client))
			return;
	}
}
