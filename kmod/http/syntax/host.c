// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host and port, as RFC 3986 writes them: names, IPv4, IPv6 and IPvFuture
 * literals.
 *
 * Pure; runs wherever the request parser runs. It must not know whether it
 * reads a target or a Host field.
 */
#include "parse_impl.h"
#include "scan.h"

#define PORT_MAX	65535

/* http_req.sub in S_AUTHORITY and S_HOST; 0 at the start. */
enum { A_NAME, A_PCT1, A_PCT2, A_LITERAL, A_LITERAL_END, A_PORT };

/* Four decimal numbers up to 255: RFC 3986, 3.2.2, IPv4address. */
static bool ipv4_valid(const u8 *p, const u8 *end)
{
	unsigned int parts, v;

	for (parts = 1; ; parts++) {
		const u8 *first = p;

		for (v = 0; p < end && is_digit(*p) && p - first < 3; p++)
			v = v * 10 + *p - '0';
		if (p == first || v > 255 || (*first == '0' && p - first > 1))
			return false;
		if (p == end)
			return parts == 4;
		if (*p++ != '.')
			return false;
	}
}

/* Up to eight groups, one gap: RFC 3986, 3.2.2, IPv6address. */
static bool ipv6_valid(const u8 *p, const u8 *end)
{
	unsigned int groups = 0, n;
	bool gap = false, after_gap = false;

	while (p < end) {
		if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
			if (gap)
				return false;
			gap = true;
			after_gap = true;
			p += 2;
			continue;
		}
		if (groups && !after_gap && *p++ != ':')
			return false;
		for (n = 0; n < 4 && p + n < end && classes[p[n]] & C_HEX; n++)
			;
		if (!n)
			return false;
		if (p + n < end && p[n] == '.') {
			groups += 2;
			return ipv4_valid(p, end) &&
			       (gap ? groups <= 7 : groups == 8);
		}
		p += n;
		groups++;
		after_gap = false;
	}
	return gap ? groups <= 7 : groups == 8;
}

/* "v", hex digits, ".", more: RFC 3986, 3.2.2, IPvFuture. */
static bool ipvfuture_valid(const u8 *p, const u8 *end)
{
	const u8 *dot = skip(p + 1, end, C_HEX);

	/* the bytes behind the dot were looked at on the way */
	return dot > p + 1 && end - dot > 1 && *dot == '.';
}

/* Inside brackets: may this byte be there, and at the last one: is it right? */
static bool literal_byte(const u8 *first, const u8 *p)
{
	bool future = (*first | 0x20) == 'v';

	if (*p == ']')
		return future ? ipvfuture_valid(first, p) :
				ipv6_valid(first, p);
	if (*p == ':' || classes[*p] & C_HEX)
		return true;
	if (future)
		return classes[*p] & C_HOST;
	return *p == '.';
}

const u8 *http_parse_host(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *host = c->base + r->mark, *stop = c->stop;
	u8 sub = r->sub;
	u32 port;

	while (p < stop) {
		switch (sub) {
		case A_NAME:
			if (*p == '[' && p == host) {
				sub = A_LITERAL;
				break;
			}
			p = skip(p, stop, C_HOST);
			if (p - host > HOST_MAX)
				return NULL;
			if (p == stop)
				continue;
			if (*p == '%') {
				sub = A_PCT1;
				break;
			}
			if (p == host)
				return NULL;
			fallthrough;
		case A_LITERAL_END:
			r->host_len = p - host;
			r->port = 0;
			if (*p != ':')
				return p;
			sub = A_PORT;
			p++;
			fallthrough;
		case A_PORT:
			for (port = r->port; p < stop && is_digit(*p); p++) {
				port = port * 10 + *p - '0';
				if (port > PORT_MAX)
					return NULL;
			}
			r->port = port;
			r->sub = A_PORT;
			return p;
		case A_PCT1:
		case A_PCT2:
			if (!(classes[*p] & C_HEX))
				return NULL;
			sub = sub == A_PCT1 ? A_PCT2 : A_NAME;
			break;
		case A_LITERAL:
			if (p - host >= HOST_MAX || !literal_byte(host + 1, p))
				return NULL;
			if (*p == ']')
				sub = A_LITERAL_END;
			break;
		}
		p++;
	}
	r->sub = sub;
	return p;
}
