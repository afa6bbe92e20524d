// SPDX-License-Identifier: GPL-2.0-only
/* Values of limits: suffixes by unit, overflow, and back. */
#include "harness.h"

#include "value.h"

static const struct {
	const char *unit;
	const char *in;
	uint64_t value;
	const char *out;	/* NULL: refused */
} cases[] = {
	{ "", "0", 0, "0" },
	{ "", "100", 100, "100" },
	{ "", "1024", 1024, "1024" },
	{ "", "18446744073709551615", UINT64_MAX, "18446744073709551615" },
	{ "", "18446744073709551616", 0, NULL },
	{ "", "1K", 0, NULL },
	{ "", "", 0, NULL },
	{ "", "-1", 0, NULL },
	{ "", "+1", 0, NULL },
	{ "", " 1", 0, NULL },
	{ "", "0x10", 0, NULL },
	{ "ms", "0", 0, "0ms" },
	{ "ms", "500", 500, "500ms" },
	{ "ms", "500ms", 500, "500ms" },
	{ "ms", "10s", 10000, "10s" },
	{ "ms", "1500ms", 1500, "1500ms" },
	{ "ms", "90s", 90000, "90s" },
	{ "ms", "2m", 120000, "2m" },
	{ "ms", "24h", 86400000, "24h" },
	{ "ms", "10 s", 0, NULL },
	{ "ms", "10S", 0, NULL },
	{ "ms", "1.5s", 0, NULL },
	{ "ms", "s", 0, NULL },
	{ "ms", "10sx", 0, NULL },
	{ "ms", "18446744073709551615h", 0, NULL },
	{ "bytes", "0", 0, "0" },
	{ "bytes", "1000", 1000, "1000" },
	{ "bytes", "1024", 1024, "1K" },
	{ "bytes", "64K", 65536, "64K" },
	{ "bytes", "1M", 1 << 20, "1M" },
	{ "bytes", "2G", 2ULL << 30, "2G" },
	{ "bytes", "16T", 16ULL << 40, "16T" },
	{ "bytes", "1536K", 1536 << 10, "1536K" },
	{ "bytes", "64KB", 0, NULL },
	{ "bytes", "64k", 0, NULL },
	{ "bytes", "16777216T", 0, NULL },
	{ "bytes", "10s", 0, NULL },
};

static void value_parse__cases(void **state)
{
	char text[VALUE_TEXT_MAX];
	const char *wrong;
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		wrong = value_parse(cases[i].in, cases[i].unit, &value);
		if (wrong && cases[i].out)
			fail_msg("'%s' was refused: %s", cases[i].in, wrong);
		if (!wrong && !cases[i].out)
			fail_msg("'%s' was accepted", cases[i].in);
		if (wrong)
			continue;
		assert_int_equal(value, cases[i].value);
		value_format(value, cases[i].unit, text);
		assert_string_equal(text, cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_parse__cases),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
