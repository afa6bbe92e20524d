// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses: text to binary and back. Pure but for the names of interfaces.
 */
#include "addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal, no sign, no space, from 1 to @max; 0 if it is not. */
static unsigned long parse_number(const char *text, unsigned long max)
{
	unsigned long value = 0;

	if (!*text)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		value = value * 10 + (unsigned long)(*text - '0');
		if (value > max)
			return 0;
	}
	return value;
}

/* "eth0" or a number behind the '%' of a link-local address. */
static const char *parse_scope(const char *name, struct addr *addr)
{
	if (!IN6_IS_ADDR_LINKLOCAL(&addr->in6))
		return "only a link-local address has a '%'";
	addr->scope = if_nametoindex(name);
	if (!addr->scope)
		addr->scope = parse_number(name, INT32_MAX);
	return addr->scope ? NULL : "there is no such interface behind the '%'";
}

static const char *parse_host(char *host, struct addr *addr)
{
	char *scope;

	if (*host != '[') {
		addr->family = AF_INET;
		if (!*host)
			return NULL;
		if (strchr(host, ':'))
			return "an IPv6 address stands in brackets, as in [::1]:8080";
		if (inet_pton(AF_INET, host, &addr->in) != 1)
			return "the address must be numeric, as in 127.0.0.1:8080 or [::1]:8080";
		return NULL;
	}

	addr->family = AF_INET6;
	host++;
	if (!*host || host[strlen(host) - 1] != ']')
		return "the ']' is missing, as in [::1]:8080";
	host[strlen(host) - 1] = '\0';
	scope = strchr(host, '%');
	if (scope)
		*scope++ = '\0';
	if (inet_pton(AF_INET6, host, &addr->in6) != 1)
		return "between the brackets stands an IPv6 address, as in [::1]:8080";
	return scope ? parse_scope(scope, addr) : NULL;
}

const char *addr_parse(const char *text, struct addr *addr)
{
	const char *colon = strrchr(text, ':');
	char host[ADDR_TEXT_MAX];
	size_t len;

	memset(addr, 0, sizeof(*addr));
	/* In [::1] the last colon is not the port's. */
	if (!colon || strchr(colon, ']'))
		return "the port is missing, as in 127.0.0.1:8080";
	len = (size_t)(colon - text);
	if (len >= sizeof(host))
		return "the address must be numeric, as in 127.0.0.1:8080 or [::1]:8080";
	memcpy(host, text, len);
	host[len] = '\0';

	addr->port = (uint16_t)parse_number(colon + 1, UINT16_MAX);
	if (!addr->port)
		return "the port must be a number from 1 to 65535";
	return parse_host(host, addr);
}

void addr_format_host(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	char name[IF_NAMESIZE];
	size_t len;

	if (addr->family == AF_INET) {
		inet_ntop(AF_INET, &addr->in, text, ADDR_TEXT_MAX);
		return;
	}
	inet_ntop(AF_INET6, &addr->in6, text, ADDR_TEXT_MAX);
	len = strlen(text);
	if (addr->scope && if_indextoname(addr->scope, name))
		snprintf(text + len, ADDR_TEXT_MAX - len, "%%%s", name);
	else if (addr->scope)
		snprintf(text + len, ADDR_TEXT_MAX - len, "%%%u", addr->scope);
}

void addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX];

	addr_format_host(addr, host);
	/* The host takes at most 46 + 1 + 15 characters. */
	if (addr->family == AF_INET6)
		snprintf(text, ADDR_TEXT_MAX, "[%.70s]:%u", host, addr->port);
	else
		snprintf(text, ADDR_TEXT_MAX, "%.70s:%u", host, addr->port);
}

/* Is a bit behind the prefix set? */
static bool has_more_bits(const struct addr *prefix)
{
	const unsigned char *bytes = (const unsigned char *)&prefix->in6;
	unsigned int most = prefix->family == AF_INET ? 32 : 128;
	unsigned int bit;

	for (bit = prefix->port; bit < most; bit++)
		if (bytes[bit / 8] & (0x80 >> bit % 8))
			return true;
	return false;
}

const char *prefix_parse(const char *text, struct addr *prefix)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT_MAX];
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int most;

	memset(prefix, 0, sizeof(*prefix));
	if (len >= sizeof(host))
		return "a prefix is an address and a number of bits, as in 10.0.0.0/8";
	memcpy(host, text, len);
	host[len] = '\0';
	prefix->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	most = prefix->family == AF_INET ? 32 : 128;
	if (inet_pton(prefix->family, host, &prefix->in6) != 1)
		return "a prefix is an address and a number of bits, as in 10.0.0.0/8";
	prefix->port = (uint16_t)most;
	if (slash && strcmp(slash, "/0")) {
		prefix->port = (uint16_t)parse_number(slash + 1, most);
		if (!prefix->port)
			return "behind the '/' stands a number of bits, at most 32 or 128";
	} else if (slash) {
		prefix->port = 0;
	}
	if (has_more_bits(prefix))
		return "the address has bits set behind the prefix";
	return NULL;
}

void prefix_format(const struct addr *prefix, char text[ADDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX];

	addr_format_host(prefix, host);
	snprintf(text, ADDR_TEXT_MAX, "%.70s/%u", host, prefix->port);
}
