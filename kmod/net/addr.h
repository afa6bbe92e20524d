/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of clients, as bytes: reading their text, prefixes. Pure: no
 * allocation, no socket, also compiled in user space by the unit tests.
 */
#ifndef KELP_NET_ADDR_H
#define KELP_NET_ADDR_H

#include <linux/types.h>

/**
 * struct kelp_addr - an address, perhaps with a port
 * @ip: in network order; an IPv4 address has the first four
 * @port: host order, 0 when it is not known
 * @family: 4, 6, or 0 for none
 */
struct kelp_addr {
	u8 ip[16];
	u16 port;
	u8 family;
};

/**
 * struct kelp_prefix - all addresses that begin with the same bits
 * @ip: in network order; what is behind the prefix is zero
 * @family: 4 or 6
 * @len: bits
 */
struct kelp_prefix {
	u8 ip[16];
	u8 family;
	u8 len;
};

/**
 * kelp_addr_parse() - read an address
 * @text: IPv4 or IPv6 without brackets, port or scope
 * @len: its length
 * @addr: set when it is one; its port is 0
 *
 * Strict: no leading zeros, no white space. An IPv4 address written as an IPv6
 * one (::ffff:1.2.3.4) becomes an IPv4 address.
 *
 * Context: any.
 * Return: true when all of @text is an address.
 */
bool kelp_addr_parse(const char *text, size_t len, struct kelp_addr *addr);

/**
 * kelp_addr_unmap() - turn an IPv4 address written as IPv6 into itself
 * @addr: any address
 *
 * Context: any.
 */
void kelp_addr_unmap(struct kelp_addr *addr);

/**
 * kelp_addr_number() - read a decimal number
 * @text: digits only, no leading zero unless it is the only one
 * @len: how many
 * @max: largest value, below 2^31 / 10
 *
 * Context: any.
 * Return: the number, or -1.
 */
int kelp_addr_number(const char *text, size_t len, int max);

/**
 * kelp_prefix_has() - is an address within a prefix?
 * @prefix: the prefix
 * @addr: the address
 *
 * Context: any.
 * Return: true when it is; never for another family.
 */
bool kelp_prefix_has(const struct kelp_prefix *prefix,
		     const struct kelp_addr *addr);

/**
 * kelp_prefix_valid() - could somebody have meant this prefix?
 * @prefix: the prefix
 *
 * Context: any.
 * Return: false when the length does not fit the family, or when bits behind
 *	the prefix are set.
 */
bool kelp_prefix_valid(const struct kelp_prefix *prefix);

#endif
