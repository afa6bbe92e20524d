// SPDX-License-Identifier: GPL-2.0-only
// Unaligned access lives in linux/unaligned.h.
#include <linux/unaligned.h>

static u32 probe(const void *p)
{
	return get_unaligned_be32(p);
}
