// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses: against the C library's idea of them, in both directions, and
 * prefixes.
 */
#include "harness.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/addr.h"

static bool parse(const char *text, struct kelp_addr *addr)
{
	size_t len = strlen(text);

	return kelp_addr_parse((const char *)guarded(text, len), len, addr);
}

/* Both agree on what @text is. */
static void same_as_inet_pton(const char *text)
{
	struct kelp_addr addr = { .family = 99 };
	bool colon = strchr(text, ':');
	unsigned char ip[16];
	bool good = inet_pton(colon ? AF_INET6 : AF_INET, text, ip) == 1;

	if (parse(text, &addr) != good)
		fail_msg("'%s': expected %d", text, good);
	if (!good) {
		assert_int_equal(addr.family, 99);
		return;
	}
	if (colon && addr.family == 4) {
		assert_memory_equal(ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		assert_memory_equal(addr.ip, ip + 12, 4);
	} else {
		assert_int_equal(addr.family, colon ? 6 : 4);
		assert_memory_equal(addr.ip, ip, colon ? 16 : 4);
	}
	assert_int_equal(addr.port, 0);
}

static void parse__like_inet_pton(void **state)
{
	static const char *const texts[] = {
		"", ".", ":", "::", ":::", "1", "1.2.3.4", "255.255.255.255",
		"256.1.1.1", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1..3.4",
		"1.2.3.4.5", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4",
		"0.0.0.0", "+1.2.3.4", "1.2.3.-4", "1.2.3.4a", "1.2.3.999999",
		"::1", "1::", "1::2", "::1:2:3:4:5:6:7", "1:2:3:4:5:6:7::",
		"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1::2::3", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::",
		"g::", "::g", "fe80::1%eth0", "::ffff:1.2.3.4", "::1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::",
		"1:2:3:4:5:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "1:", ":1",
		"1:2:3:4:5:6:7:", "::1:", "2001:DB8::aBc", "::ffff:0:0",
		"0:0:0:0:0:ffff:102:304",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++)
		same_as_inet_pton(texts[i]);
}

/* Random texts of the characters that matter, and of mutated good ones. */
static void parse__random(void **state)
{
	static const char set[] = "0123456789abf:::...";
	static const char *const seeds[] = {
		"192.0.2.255", "2001:db8::1", "1:2:3:4:5:6:7:8",
		"::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4",
	};
	char text[64];
	int i, j, n;

	(void)state;
	srandom(1);
	for (i = 0; i < 300000; i++) {
		if (i & 1) {
			n = random() % 20;
			for (j = 0; j < n; j++)
				text[j] = set[random() % (sizeof(set) - 1)];
			text[n] = '\0';
		} else {
			strcpy(text, seeds[random() % ARRAY_LEN(seeds)]);
			n = strlen(text);
			for (j = random() % 3; j >= 0; j--)
				text[random() % n] =
					set[random() % (sizeof(set) - 1)];
		}
		same_as_inet_pton(text);
	}
}

static void number__bounds(void **state)
{
	(void)state;
	assert_int_equal(kelp_addr_number("0", 1, 65535), 0);
	assert_int_equal(kelp_addr_number("65535", 5, 65535), 65535);
	assert_int_equal(kelp_addr_number("65536", 5, 65535), -1);
	assert_int_equal(kelp_addr_number("99999999999999", 14, 65535), -1);
	assert_int_equal(kelp_addr_number("00", 2, 65535), -1);
	assert_int_equal(kelp_addr_number("", 0, 65535), -1);
	assert_int_equal(kelp_addr_number("1x", 2, 65535), -1);
}

static bool has(const char *net, unsigned int len, const char *text)
{
	struct kelp_prefix prefix = { .len = len };
	struct kelp_addr addr, first;

	assert_true(parse(net, &first));
	assert_true(parse(text, &addr));
	prefix.family = first.family;
	memcpy(prefix.ip, first.ip, 16);
	return kelp_prefix_has(&prefix, &addr);
}

static void prefix__has(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0", 8, "10.255.0.1"));
	assert_false(has("10.0.0.0", 8, "11.0.0.0"));
	assert_true(has("10.128.0.0", 9, "10.129.0.1"));
	assert_false(has("10.128.0.0", 9, "10.127.0.1"));
	assert_true(has("0.0.0.0", 0, "203.0.113.1"));
	assert_false(has("0.0.0.0", 0, "2001:db8::1"));
	assert_false(has("::", 0, "1.2.3.4"));
	assert_true(has("::", 0, "2001:db8::1"));
	assert_true(has("1.2.3.4", 32, "1.2.3.4"));
	assert_false(has("1.2.3.4", 32, "1.2.3.5"));
	assert_true(has("2001:db8::", 33, "2001:db8:7fff::1"));
	assert_false(has("2001:db8::", 33, "2001:db8:8000::1"));
	assert_true(has("::1", 128, "::1"));
	assert_false(has("::1", 128, "::2"));
	/* what a dual-stack proxy writes is the IPv4 address */
	assert_true(has("1.2.3.0", 24, "::ffff:1.2.3.4"));
}

static void prefix__valid(void **state)
{
	struct kelp_prefix p = { .family = 4, .len = 8, .ip = { 10 } };

	(void)state;
	assert_true(kelp_prefix_valid(&p));
	p.ip[1] = 1;
	assert_false(kelp_prefix_valid(&p));
	p.len = 16;
	assert_true(kelp_prefix_valid(&p));
	p.len = 33;
	assert_false(kelp_prefix_valid(&p));
	p.family = 6;
	assert_true(kelp_prefix_valid(&p));
	p.len = 129;
	assert_false(kelp_prefix_valid(&p));
	p.family = 5;
	p.len = 16;
	assert_false(kelp_prefix_valid(&p));
	/* bytes that IPv4 does not have */
	p.family = 4;
	p.ip[9] = 1;
	assert_false(kelp_prefix_valid(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__like_inet_pton),
		cmocka_unit_test(parse__random),
		cmocka_unit_test(number__bounds),
		cmocka_unit_test(prefix__has),
		cmocka_unit_test(prefix__valid),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
