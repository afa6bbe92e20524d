// SPDX-License-Identifier: GPL-2.0-only
// struct sock says whether sk_page_frag() may use the fragment of the current task.
#include <net/sock.h>

static void probe(struct sock *sk)
{
	sk->sk_use_task_frag = false;
}
