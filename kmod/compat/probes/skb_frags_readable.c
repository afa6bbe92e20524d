// SPDX-License-Identifier: GPL-2.0-only
// skb fragments may be device memory that the CPU cannot read.
#include <linux/skbuff.h>

static bool probe(const struct sk_buff *skb)
{
	return skb_frags_readable(skb);
}
