// SPDX-License-Identifier: GPL-2.0-only
// proto::accept takes a struct proto_accept_arg.
#include <net/sock.h>

static struct sock *probe(struct sock *sk, struct proto_accept_arg *arg)
{
	return sk->sk_prot->accept(sk, arg);
}
