// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does nothing but warn when it is inserted, so that the test of
 * scripts/guest can see that a warning fails a run.
 */
#include <linux/bug.h>
#include <linux/module.h>

static int __init kelp_warn_init(void)
{
	WARN(1, "a deliberate warning\n");
	return 0;
}
module_init(kelp_warn_init);

static void __exit kelp_warn_exit(void) { }
module_exit(kelp_warn_exit);

MODULE_DESCRIPTION("kelp test: warns when inserted");
MODULE_LICENSE("GPL");
