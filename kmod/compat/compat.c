// SPDX-License-Identifier: GPL-2.0-only
/*
 * compat.c - wrappers that are too long for compat.h.
 */
#include "compat/compat.h"

#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "hot.h"

#ifdef KELP_HAVE_SENDPAGE

__kelp_hot
int kelp_compat_send_pages_locked(struct sock *sk, const struct bio_vec *bv,
				  unsigned int nr, size_t len, int flags)
{
	size_t sent = 0;

	for (; nr && sent < len; nr--, bv++) {
		size_t part = min_t(size_t, bv->bv_len, len - sent);
		bool last = nr == 1 || sent + part == len;
		int ret;

		/* Between two pieces: no push yet, more follows at once. */
		ret = kernel_sendpage_locked(sk, bv->bv_page, bv->bv_offset,
					     part, last ? flags :
					     flags | MSG_SENDPAGE_NOTLAST);
		if (ret < 0)
			return sent ? sent : ret;
		sent += ret;
		if (ret < part)
			break;
	}
	return sent;
}

#else /* MSG_SPLICE_PAGES works on TCP wherever sendpage is gone. */

__kelp_hot
int kelp_compat_send_pages_locked(struct sock *sk, const struct bio_vec *bv,
				  unsigned int nr, size_t len, int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bv, nr, len);
	return tcp_sendmsg_locked(sk, &msg, len);
}

#endif
