// SPDX-License-Identifier: GPL-2.0-only
/* kmod/net/dispatch.c, its queues under names that kelp.ko leaves free. */
#include <linux/workqueue.h>

#define alloc_workqueue(name, ...) alloc_workqueue("kunit-" name, ##__VA_ARGS__)
#include "net/dispatch.c"
