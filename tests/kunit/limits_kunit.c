// SPDX-License-Identifier: GPL-2.0-only
/* The table of limits: every entry is complete and consistent. */
#include "net/limits.h"
#include "suites.h"

#include <linux/errno.h>
#include <linux/string.h>

#include "net/gather.h"

static void info__complete(struct kunit *test)
{
	const struct kelp_limit_info *info;
	int id;

	for (id = 0; id < KELP_LIMIT_COUNT; id++) {
		info = kelp_limit_info(id);
		KUNIT_ASSERT_NOT_NULL(test, info->name);
		KUNIT_ASSERT_NOT_NULL_MSG(test, info->help, "%s", info->name);
		KUNIT_ASSERT_NOT_NULL_MSG(test, info->unit, "%s", info->name);
		KUNIT_EXPECT_GE_MSG(test, info->def, info->min, "%s",
				    info->name);
		KUNIT_EXPECT_LE_MSG(test, info->def, info->max, "%s",
				    info->name);
	}
}

static void info__units(struct kunit *test)
{
	const char *unit;
	int id;

	for (id = 0; id < KELP_LIMIT_COUNT; id++) {
		unit = kelp_limit_info(id)->unit;
		KUNIT_EXPECT_TRUE_MSG(test, !strcmp(unit, "ms") ||
				      !strcmp(unit, "bytes") || !*unit,
				      "%s", kelp_limit_info(id)->name);
	}
}

/* The largest head that the limits allow can be gathered. */
static void info__head_fits(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, kelp_limit_info(KELP_LIMIT_LINE)->max +
			kelp_limit_info(KELP_LIMIT_HEAD)->max,
			(u64)KELP_GATHER_MAX);
}

static void find__every_name(struct kunit *test)
{
	int id;

	for (id = 0; id < KELP_LIMIT_COUNT; id++)
		KUNIT_EXPECT_EQ(test, kelp_limit_find(kelp_limit_info(id)->name),
				id);
}

static void find__unknown(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kelp_limit_find(""), -ENOENT);
	KUNIT_EXPECT_EQ(test, kelp_limit_find("connection"), -ENOENT);
	KUNIT_EXPECT_EQ(test, kelp_limit_find("connectionss"), -ENOENT);
	KUNIT_EXPECT_EQ(test, kelp_limit_find("Connections"), -ENOENT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(info__complete),
	KUNIT_CASE(info__units),
	KUNIT_CASE(info__head_fits),
	KUNIT_CASE(find__every_name),
	KUNIT_CASE(find__unknown),
	{}
};

struct kunit_suite kelp_limits_suite = {
	.name = "kelp_limits",
	.test_cases = cases,
};
