// SPDX-License-Identifier: GPL-2.0-only
// Pages are sent with kernel_sendpage_locked(). Where it exists TCP ignores
// MSG_SPLICE_PAGES, even if the flag is defined: the flag alone was backported.
#include <linux/net.h>

static int probe(struct sock *sk, struct page *page)
{
	return kernel_sendpage_locked(sk, page, 0, 1, MSG_DONTWAIT);
}
