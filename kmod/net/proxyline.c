// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PROXY protocol's header, as HAProxy's doc/proxy-protocol.txt describes
 * it (sections are that document's). Pure.
 */
#include "net/proxyline.h"

#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

/* Section 2.1: the longest line, its CRLF included. */
#define LINE_MAX_V1 107

static const u8 signature_v1[6] = "PROXY ";
static const u8 signature_v2[12] = {
	0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
};

#define HEAD_V2 16	/* signature, version and command, family, length */
#define TLV_HEAD 3
#define TLV_CRC32C 0x03

/* The next word of a line; single spaces stand between them. */
static bool line_word(const char **at, const char *end, const char **word,
		      size_t *len)
{
	const char *space;

	if (*at >= end)
		return false;
	space = memchr(*at, ' ', end - *at);
	if (!space)
		space = end;
	*word = *at;
	*len = space - *at;
	/* behind the last word *at is beyond the end */
	*at = space + 1;
	return *len;
}

/* The text decides what it is: a colon makes it IPv6. */
static bool line_address(const char **at, const char *end, char family,
			 struct kelp_addr *addr)
{
	bool colon = family == '6';
	const char *word;
	size_t len;

	return line_word(at, end, &word, &len) &&
	       !!memchr(word, ':', len) == colon &&
	       kelp_addr_parse(word, len, addr);
}

/* "TCP4 192.0.2.1 192.0.2.2 56324 443", or "UNKNOWN" and anything. */
static bool line_read(const char *at, const char *end, struct kelp_addr *client)
{
	struct kelp_addr there;
	const char *word;
	size_t len;
	int port;

	if (!line_word(&at, end, &word, &len))
		return false;
	if (len == 7 && !memcmp(word, "UNKNOWN", 7))
		return true;
	if (len != 4 || memcmp(word, "TCP", 3) ||
	    (word[3] != '4' && word[3] != '6'))
		return false;
	if (!line_address(&at, end, word[3], client) ||
	    !line_address(&at, end, word[3], &there))
		return false;
	if (!line_word(&at, end, &word, &len))
		return false;
	port = kelp_addr_number(word, len, 65535);
	if (port < 0)
		return false;
	client->port = port;
	return line_word(&at, end, &word, &len) && at > end &&
	       kelp_addr_number(word, len, 65535) >= 0;
}

static int parse_v1(const u8 *data, size_t len, struct kelp_addr *client)
{
	const u8 *cr = memchr(data, '\r', min_t(size_t, len, LINE_MAX_V1 - 1));
	size_t at;

	if (!cr)
		return len >= LINE_MAX_V1 - 1 ? -1 : 0;
	at = cr - data;
	if (at + 1 == len)
		return 0;
	if (cr[1] != '\n' ||
	    !line_read((const char *)data + sizeof(signature_v1),
		       (const char *)cr, client))
		return -1;
	return at + 2;
}

static u32 crc_of(const u8 *data, size_t len, size_t hole)
{
	static const u8 zeros[4];
	u32 crc = ~0U;

	crc = __crc32c_le(crc, data, hole);
	crc = __crc32c_le(crc, zeros, sizeof(zeros));
	return ~__crc32c_le(crc, data + hole + 4, len - hole - 4);
}

/* Section 2.2.1: type, length, value, to the end of the header. */
static bool tlvs_read(const u8 *data, size_t at, size_t len)
{
	size_t size;
	u32 crc;

	while (at < len) {
		if (len - at < TLV_HEAD)
			return false;
		size = data[at + 1] << 8 | data[at + 2];
		if (size > len - at - TLV_HEAD)
			return false;
		if (data[at] == TLV_CRC32C) {
			if (size != 4)
				return false;
			crc = (u32)data[at + 3] << 24 | data[at + 4] << 16 |
			      data[at + 5] << 8 | data[at + 6];
			if (crc_of(data, len, at + TLV_HEAD) != crc)
				return false;
		}
		at += TLV_HEAD + size;
	}
	return true;
}

/* Bytes of the addresses by family, 0 for a family that does not exist. */
static size_t addresses_v2(u8 family)
{
	switch (family) {
	case 1:
		return 12;
	case 2:
		return 36;
	case 3:
		return 216;
	}
	return 0;
}

static void client_v2(const u8 *data, u8 family, struct kelp_addr *client)
{
	size_t size = family == 1 ? 4 : 16;

	memcpy(client->ip, data, size);
	client->family = family == 1 ? 4 : 6;
	client->port = data[2 * size] << 8 | data[2 * size + 1];
	kelp_addr_unmap(client);
}

static int parse_v2(const u8 *data, size_t len, struct kelp_addr *client)
{
	size_t size, addresses;
	u8 command, family;

	if (len > 12 && (data[12] >> 4 != 2 || (data[12] & 0xf) > 1))
		return -1;
	if (len > 13 && (data[13] >> 4 > 3 || (data[13] & 0xf) > 2))
		return -1;
	if (len < HEAD_V2)
		return 0;
	size = HEAD_V2 + (data[14] << 8 | data[15]);
	if (size > KELP_PROXYLINE_MAX)
		return -1;
	command = data[12] & 0xf;
	family = data[13] >> 4;
	addresses = addresses_v2(family);
	if (size < HEAD_V2 + addresses)
		return -1;
	if (len < size)
		return 0;
	/* LOCAL, and what is unspecified: section 2.2 says to skip all of it */
	if (!command || !family || !(data[13] & 0xf))
		return size;
	if (!tlvs_read(data, HEAD_V2 + addresses, size))
		return -1;
	if (family < 3)
		client_v2(data + HEAD_V2, family, client);
	return size;
}

int kelp_proxyline_parse(const u8 *data, size_t len, struct kelp_addr *client)
{
	memset(client, 0, sizeof(*client));
	if (!len)
		return 0;
	if (!memcmp(data, signature_v1, min(len, sizeof(signature_v1))))
		return len < sizeof(signature_v1) ? 0 :
		       parse_v1(data, len, client);
	if (!memcmp(data, signature_v2, min(len, sizeof(signature_v2))))
		return len < sizeof(signature_v2) ? 0 :
		       parse_v2(data, len, client);
	return -1;
}
