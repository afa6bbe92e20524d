// SPDX-License-Identifier: GPL-2.0-only
// A netns reference can be added to a kernel socket after its creation.
#include <net/sock.h>

static void probe(struct sock *sk)
{
	sk_net_refcnt_upgrade(sk);
}
