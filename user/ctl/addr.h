/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses with a port, as people write them: 127.0.0.1:80, [::1]:80,
 * [fe80::1%eth0]:80, and :80 for every IPv4 address. Names are not resolved.
 */
#ifndef KELPCTL_ADDR_H
#define KELPCTL_ADDR_H

#include <netinet/in.h>
#include <stdint.h>

struct addr {
	int family;		/* AF_INET or AF_INET6 */
	union {
		struct in_addr in;
		struct in6_addr in6;
	};
	uint16_t port;		/* host order */
	uint32_t scope;		/* interface index, 0 for none */
};

/* Longest text of an address, the terminating NUL included. */
#define ADDR_TEXT_MAX 80

/* NULL, or what is wrong with @text. */
const char *addr_parse(const char *text, struct addr *addr);
void addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX]);
/* A prefix: 10.0.0.0/8, 2001:db8::/32, or one address; addr.port is its length
 * in bits. Bits behind it have to be zero.
 */
const char *prefix_parse(const char *text, struct addr *prefix);
void prefix_format(const struct addr *prefix, char text[ADDR_TEXT_MAX]);
/* Only the address, without the port. */
void addr_format_host(const struct addr *addr, char text[ADDR_TEXT_MAX]);

#endif
