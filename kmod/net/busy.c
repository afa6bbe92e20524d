// SPDX-License-Identifier: GPL-2.0-only
/*
 * Busy messages: what a protocol wants a connection to read that is turned away
 * because the server is full. The reset follows at once: to wait until the
 * message is acknowledged would take the place that there is not.
 */
#include "net/busy.h"

#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/uio.h>

#include "net/proto.h"

/* Whose message, with a reference; NULL when there is none to send. */
static struct kelp_proto *busy_proto(struct socket *sock)
{
	struct msghdr msg = { .msg_flags = MSG_PEEK | MSG_DONTWAIT };
	struct kelp_proto *proto = NULL;
	enum kelp_detect detected;
	unsigned int slot = 0;
	struct kvec vec;
	u8 first[4];
	int n;

	vec.iov_base = first;
	vec.iov_len = sizeof(first);
	n = kernel_recvmsg(sock, &msg, &vec, 1, sizeof(first), msg.msg_flags);
	if (n > 0) {
		rcu_read_lock();
		detected = kelp_proto_detect(first, n, &proto);
		rcu_read_unlock();
		if (detected != KELP_DETECT_MORE)
			return proto;
	}
	while ((proto = kelp_proto_next(&slot)) && !proto->ops->busy)
		kelp_proto_put(proto);
	return proto;
}

/**
 * kelp_busy_tell() - send the busy message, if there is one
 * @sock: an accepted connection, about to be reset
 *
 * Context: worker or dispatcher, sleeps.
 */
void kelp_busy_tell(struct socket *sock)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kelp_proto *proto = busy_proto(sock);
	struct kvec vec;

	if (!proto)
		return;
	vec.iov_base = (void *)proto->ops->busy;
	vec.iov_len = proto->ops->busy_len;
	if (vec.iov_base && vec.iov_len)
		kernel_sendmsg(sock, &msg, &vec, 1, vec.iov_len);
	kelp_proto_put(proto);
}
