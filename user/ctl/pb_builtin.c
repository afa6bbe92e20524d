// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types of kelp's own services. protoc makes their descriptor set from
 * kmod/include/proto when kelpctl is built.
 */
#include <linux/types.h>

#include "ctl.h"
#include "pb_type.h"

static const u8 set[] = {
#include "pb_builtin.inc"
};

struct pb_types *pb_types_builtin(void)
{
	struct pb_types *types = pb_types_new();
	struct pb_fault fault;

	if (!pb_types_add(types, set, sizeof(set), &fault))
		die("the built-in types are broken at %zu: %s", fault.offset,
		    fault.why);
	return types;
}
