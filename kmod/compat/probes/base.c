// SPDX-License-Identifier: GPL-2.0-only
// Compiles on every kernel that kelp supports.
#include <linux/module.h>
#include <net/sock.h>

static int probe(const struct sock *sk)
{
	return sk->sk_state;
}
