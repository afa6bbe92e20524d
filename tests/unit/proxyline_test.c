// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PROXY protocol's header: what is taken and what is not, at every cut,
 * with every length, and with bytes that nobody meant.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/crc32.h>

#include "net/proxyline.h"

static int parse(const void *data, size_t len, struct kelp_addr *client)
{
	return kelp_proxyline_parse(guarded(data, len), len, client);
}

/* Every beginning asks for more, the whole is taken, and what follows stays. */
static void takes(const void *data, size_t len, struct kelp_addr *client)
{
	struct kelp_addr early;
	u8 more[8192];
	size_t n;

	for (n = 0; n < len; n++)
		assert_int_equal(parse(data, n, &early), 0);
	memcpy(more, data, len);
	memset(more + len, 'G', 16);
	assert_int_equal(parse(more, len + 16, client), len);
	assert_int_equal(parse(data, len, client), len);
}

/* Refused when complete; once refused, always. */
static void refuses(const void *data, size_t len)
{
	struct kelp_addr client;
	bool refused = false;
	size_t n;
	int ret;

	for (n = 0; n <= len; n++) {
		ret = parse(data, n, &client);
		assert_true(ret <= 0);
		assert_true(ret < 0 || !refused);
		refused = ret < 0;
	}
	assert_true(refused);
}

static void is4(const struct kelp_addr *addr, const char *ip, int port)
{
	assert_int_equal(addr->family, 4);
	assert_memory_equal(addr->ip, ip, 4);
	assert_int_equal(addr->port, port);
}

static void v1__taken(void **state)
{
	struct kelp_addr client;
	const char *line;

	(void)state;
	line = "PROXY TCP4 192.0.2.1 198.51.100.255 56324 443\r\n";
	takes(line, strlen(line), &client);
	is4(&client, "\xc0\x00\x02\x01", 56324);
	line = "PROXY TCP6 2001:db8::1 ::1 0 65535\r\n";
	takes(line, strlen(line), &client);
	assert_int_equal(client.family, 6);
	assert_memory_equal(client.ip, "\x20\x01\x0d\xb8", 4);
	line = "PROXY TCP6 ::ffff:192.0.2.1 ::1 7 65535\r\n";
	takes(line, strlen(line), &client);
	is4(&client, "\xc0\x00\x02\x01", 7);
	line = "PROXY UNKNOWN\r\n";
	takes(line, strlen(line), &client);
	assert_int_equal(client.family, 0);
	line = "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";
	takes(line, strlen(line), &client);
	assert_int_equal(client.family, 0);
}

static void v1__refused(void **state)
{
	static const char *const lines[] = {
		"GET / HTTP/1.1\r\n", "PROXY\r\n", "PROXY \r\n", "proxy TCP4 ",
		"PROXY TCP4\r\n", "PROXY TCP4 1.2.3.4\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
		"PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
		"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
		"PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rX",
		"PROXY UNKNOWNX\r\n",
	};
	struct kelp_addr client;
	char line[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++)
		refuses(lines[i], strlen(lines[i]));
	/* 107 bytes are the most, the end of the line included */
	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	memcpy(line + 105, "\r\n", 2);
	takes(line, 107, &client);
	memset(line + 105, 'x', 2);
	memcpy(line + 106, "\r\n", 2);
	refuses(line, 108);
	/* a bare LF ends nothing */
	line[20] = '\n';
	refuses(line, 108);
}

/* A header of version 2 with room for additions. */
static size_t v2(u8 *out, u8 command, u8 family, const void *body, size_t len)
{
	memcpy(out, "\r\n\r\n\0\r\nQUIT\n", 12);
	out[12] = command;
	out[13] = family;
	out[14] = len >> 8;
	out[15] = len;
	memcpy(out + 16, body, len);
	return 16 + len;
}

static const u8 four[12] = { 192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 4, 1, 187 };

static void v2__taken(void **state)
{
	struct kelp_addr client;
	u8 out[8192], body[8000] = {};
	size_t len;

	(void)state;
	len = v2(out, 0x21, 0x11, four, 12);
	takes(out, len, &client);
	is4(&client, "\xc0\x00\x02\x01", 56324);

	memcpy(body, "\x20\x01\x0d\xb8", 4);
	body[15] = 9;
	body[32] = 1;
	len = v2(out, 0x21, 0x21, body, 36);
	takes(out, len, &client);
	assert_int_equal(client.family, 6);
	assert_memory_equal(client.ip, body, 16);
	assert_int_equal(client.port, 256);

	/* AF_UNIX announces nobody; neither do LOCAL and UNSPEC */
	len = v2(out, 0x21, 0x31, body, 216);
	takes(out, len, &client);
	assert_int_equal(client.family, 0);
	len = v2(out, 0x20, 0x11, four, 12);
	takes(out, len, &client);
	assert_int_equal(client.family, 0);
	len = v2(out, 0x20, 0x00, body, 0);
	takes(out, len, &client);
	len = v2(out, 0x21, 0x00, body, 7);
	takes(out, len, &client);
	assert_int_equal(client.family, 0);

	/* the most that is taken */
	memcpy(body, four, 12);
	body[12] = 4;	/* PP2_TYPE_NOOP */
	body[13] = (KELP_PROXYLINE_MAX - 16 - 15) >> 8;
	body[14] = (KELP_PROXYLINE_MAX - 16 - 15) & 0xff;
	len = v2(out, 0x21, 0x11, body, KELP_PROXYLINE_MAX - 16);
	takes(out, len, &client);
	is4(&client, "\xc0\x00\x02\x01", 56324);
	v2(out, 0x21, 0x11, body, KELP_PROXYLINE_MAX - 15);
	refuses(out, 16);
}

static void v2__refused(void **state)
{
	u8 out[512], body[256] = {};
	size_t len, bit;

	(void)state;
	memcpy(body, four, 12);
	for (bit = 0; bit < 12 * 8; bit++) {
		len = v2(out, 0x21, 0x11, body, 12);
		out[bit / 8] ^= 1 << bit % 8;
		refuses(out, len);
	}
	refuses(out, v2(out, 0x11, 0x11, body, 12));
	refuses(out, v2(out, 0x31, 0x11, body, 12));
	refuses(out, v2(out, 0x22, 0x11, body, 12));
	refuses(out, v2(out, 0x21, 0x41, body, 12));
	refuses(out, v2(out, 0x21, 0x13, body, 12));
	refuses(out, v2(out, 0x21, 0x11, body, 11));
	refuses(out, v2(out, 0x21, 0x21, body, 35));
	refuses(out, v2(out, 0x21, 0x31, body, 215));
}

/* Every value of an addition's length: only the right one is taken. */
static void v2__tlv_lengths(void **state)
{
	static const u8 types[] = { 1, 2, 4, 5, 0x20, 0xee };
	struct kelp_addr client;
	u8 out[512], body[64] = {};
	unsigned int size, i;

	(void)state;
	memcpy(body, four, 12);
	for (i = 0; i < ARRAY_LEN(types); i++) {
		for (size = 0; size < 0x10000; size++) {
			body[12] = types[i];
			body[13] = size >> 8;
			body[14] = size;
			v2(out, 0x21, 0x11, body, 12 + 3 + 5);
			/* 0 and 2 leave room for empty or broken others */
			if (size == 5 || size == 2)
				assert_int_equal(parse(out, 36, &client), 36);
			else if (size > 5 || size == 4 || size == 3 || size == 1)
				assert_int_equal(parse(out, 36, &client), -1);
		}
	}
	v2(out, 0x21, 0x11, body, 12 + 1);
	refuses(out, 16 + 13);
	v2(out, 0x21, 0x11, body, 12 + 2);
	refuses(out, 16 + 14);
}

static void v2__checksum(void **state)
{
	struct kelp_addr client;
	u8 out[64], body[32] = {};
	size_t len, bit;
	u32 crc;

	(void)state;
	memcpy(body, four, 12);
	body[12] = 4;	/* an addition before it */
	body[14] = 1;
	body[15] = 'x';
	body[16] = 3;
	body[18] = 4;
	len = v2(out, 0x21, 0x11, body, 23);
	crc = ~__crc32c_le(~0U, out, len);
	out[35] = crc >> 24;
	out[36] = crc >> 16;
	out[37] = crc >> 8;
	out[38] = crc;
	takes(out, len, &client);
	is4(&client, "\xc0\x00\x02\x01", 56324);
	/* any bit of addresses, addition or sum, but not of the sum's type */
	for (bit = 16 * 8; bit < len * 8; bit++) {
		if (bit / 8 == 32)
			continue;
		out[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(parse(out, len, &client), -1);
		out[bit / 8] ^= 1 << bit % 8;
	}
	out[34] = 3;
	assert_int_equal(parse(out, len, &client), -1);
}

/* The polynomial, with the check value that all catalogues give. */
static void checksum__is_crc32c(void **state)
{
	(void)state;
	assert_int_equal(~__crc32c_le(~0U, (const u8 *)"123456789", 9),
			 0xe3069283);
}

/* Lengths within bounds, refusals for ever, and no byte beyond the end. */
static void parse__random(void **state)
{
	struct kelp_addr client;
	u8 seed[128], bytes[128] = {};
	size_t len, n, i;
	int ret, before;

	(void)state;
	srandom(2);
	for (i = 0; i < 200000; i++) {
		if (i % 2) {
			len = v2(seed, 0x20 + random() % 2,
				 (random() % 4) << 4 | random() % 3, bytes,
				 random() % 100);
		} else {
			len = snprintf((char *)seed, sizeof(seed),
				       "PROXY TCP%c 1.2.3.%ld ::%lx %ld %ld\r\n",
				       random() % 2 ? '4' : '6', random() % 300,
				       random() % 70000, random() % 70000,
				       random() % 70000);
		}
		memcpy(bytes, seed, len);
		for (n = random() % 3; n; n--)
			bytes[random() % len] = random();
		before = 0;
		for (n = 0; n <= len; n += 1 + random() % 9) {
			ret = parse(bytes, n, &client);
			assert_true(ret <= (int)n);
			if (before)
				assert_int_equal(ret, before);
			before = ret;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v1__taken),
		cmocka_unit_test(v1__refused),
		cmocka_unit_test(v2__taken),
		cmocka_unit_test(v2__refused),
		cmocka_unit_test(v2__tlv_lengths),
		cmocka_unit_test(v2__checksum),
		cmocka_unit_test(checksum__is_crc32c),
		cmocka_unit_test(parse__random),
	};

	return cmocka_run_group_tests_name("proxyline", tests, NULL, NULL);
}
