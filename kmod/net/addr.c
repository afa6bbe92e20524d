// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of clients: text to bytes (RFC 4291 2.2 for IPv6), prefixes. Pure.
 */
#include "net/addr.h"

#include <linux/kernel.h>
#include <linux/string.h>

#define ADDR_GROUPS 8

int kelp_addr_number(const char *text, size_t len, int max)
{
	int value = 0;
	size_t i;

	if (!len || (len > 1 && text[0] == '0'))
		return -1;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
		if (value > max)
			return -1;
	}
	return value;
}

static bool addr_parse4(const char *text, size_t len, u8 ip[4])
{
	size_t at = 0, end;
	int i, value;

	for (i = 0; i < 4; i++) {
		end = at;
		while (end < len && text[end] != '.')
			end++;
		/* a dot behind each but the last */
		if (i < 3 ? end == len : end < len)
			return false;
		value = kelp_addr_number(text + at, end - at, 255);
		if (value < 0)
			return false;
		ip[i] = value;
		at = end + 1;
	}
	return true;
}

/**
 * struct addr6 - an IPv6 address while it is read
 * @group: values so far
 * @nr: how many
 * @gap: before which of them "::" stood, -1 while it did not
 */
struct addr6 {
	u16 group[ADDR_GROUPS];
	int nr;
	int gap;
};

static bool addr6_group(struct addr6 *a, const char *text, size_t len)
{
	unsigned int value = 0;
	size_t i;

	if (!len || len > 4 || a->nr == ADDR_GROUPS)
		return false;
	for (i = 0; i < len; i++) {
		if (hex_to_bin(text[i]) < 0)
			return false;
		value = value << 4 | hex_to_bin(text[i]);
	}
	a->group[a->nr++] = value;
	return true;
}

/* The last 32 bits may be written as an IPv4 address. */
static bool addr6_tail4(struct addr6 *a, const char *text, size_t len)
{
	u8 ip[4];

	if (a->nr > ADDR_GROUPS - 2 || !addr_parse4(text, len, ip))
		return false;
	a->group[a->nr++] = ip[0] << 8 | ip[1];
	a->group[a->nr++] = ip[2] << 8 | ip[3];
	return true;
}

static bool addr6_groups(struct addr6 *a, const char *text, size_t len)
{
	size_t at = 0, end;

	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		a->gap = 0;
		at = 2;
	}
	while (at < len) {
		end = at;
		while (end < len && text[end] != ':')
			end++;
		if (end == len && memchr(text + at, '.', end - at))
			return addr6_tail4(a, text + at, end - at);
		if (!addr6_group(a, text + at, end - at))
			return false;
		if (end == len)
			return true;
		at = end + 1;
		if (at == len)
			return false;	/* a single colon at the end */
		if (text[at] == ':') {
			if (a->gap >= 0)
				return false;
			a->gap = a->nr;
			at++;
		}
	}
	return true;
}

static bool addr_parse6(const char *text, size_t len, u8 ip[16])
{
	struct addr6 a = { .gap = -1 };
	int i, at;

	if (!addr6_groups(&a, text, len))
		return false;
	/* "::" stands for one group of zeros at least */
	if (a.gap < 0 ? a.nr != ADDR_GROUPS : a.nr >= ADDR_GROUPS)
		return false;
	memset(ip, 0, 16);
	for (i = 0; i < a.nr; i++) {
		at = a.gap >= 0 && i >= a.gap ? i + ADDR_GROUPS - a.nr : i;
		ip[2 * at] = a.group[i] >> 8;
		ip[2 * at + 1] = a.group[i];
	}
	return true;
}

void kelp_addr_unmap(struct kelp_addr *addr)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (addr->family != 6 || memcmp(addr->ip, mapped, sizeof(mapped)))
		return;
	memcpy(addr->ip, addr->ip + 12, 4);
	memset(addr->ip + 4, 0, 12);
	addr->family = 4;
}

bool kelp_addr_parse(const char *text, size_t len, struct kelp_addr *addr)
{
	struct kelp_addr found = {};

	if (len && memchr(text, ':', len)) {
		found.family = 6;
		if (!addr_parse6(text, len, found.ip))
			return false;
		kelp_addr_unmap(&found);
	} else {
		found.family = 4;
		if (!addr_parse4(text, len, found.ip))
			return false;
	}
	*addr = found;
	return true;
}

bool kelp_prefix_has(const struct kelp_prefix *prefix,
		     const struct kelp_addr *addr)
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	if (prefix->family != addr->family ||
	    memcmp(prefix->ip, addr->ip, bytes))
		return false;
	return !bits || !((prefix->ip[bytes] ^ addr->ip[bytes]) >> (8 - bits));
}

bool kelp_prefix_valid(const struct kelp_prefix *prefix)
{
	unsigned int most = prefix->family == 4 ? 32 : 128;
	unsigned int bit;

	if ((prefix->family != 4 && prefix->family != 6) || prefix->len > most)
		return false;
	for (bit = prefix->len; bit < 128; bit++)
		if (prefix->ip[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}
