// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a connected socket into service that no listener of kelp's accepted:
 * kelp/conn.h. Process context.
 */
#include "kelp/conn.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/in.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <net/mptcp.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "net/callbacks.h"
#include "net/conn.h"
#include "net/net.h"

/* A TCP connection of the kernel's, of which nobody else has taken hold. */
static bool attach_fits(const struct socket *sock)
{
	struct sock *sk = sock->sk;

	return sk && !sock->file && sk->sk_protocol == IPPROTO_TCP &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6) &&
	       (sk->sk_state == TCP_ESTABLISHED ||
		sk->sk_state == TCP_CLOSE_WAIT) &&
	       !sk->sk_user_data && !inet_csk_has_ulp(sk) &&
	       !tcp_sk(sk)->repair && !sk_is_mptcp(sk);
}

/* What connections of a listener inherit from it. */
static void attach_options(struct kelp_net *kn, struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	kelp_compat_socket_init(sk);
	release_sock(sk);
	tcp_sock_set_nodelay(sk);
	tcp_sock_set_user_timeout(sk, kelp_net_limit(kn, KELP_LIMIT_WRITE_MS));
	WRITE_ONCE(tcp_sk(sk)->notsent_lowat,
		   kelp_net_limit(kn, KELP_LIMIT_QUEUE));
}

/* Consumes the socket and the reference to @proto. */
static int attach_locked(struct kelp_net *kn, struct socket *sock,
			 struct kelp_proto *proto)
{
	struct kelp_callbacks saved;
	int err = -ESHUTDOWN;

	lockdep_assert_held(&kn->lock);
	if (!kn->dead && !kn->draining) {
		attach_options(kn, sock);
		kelp_callbacks_save(sock->sk, &saved);
		return kelp_conn_create(kn, sock, &saved, NULL, proto);
	}
	kelp_proto_put(proto);
	sock_no_linger(sock->sk);
	sock_release(sock);
	return err;
}

/**
 * kelp_conn_attach() - take a connected socket into service
 * @sock: a TCP connection of the kernel's: without a file, an upper layer
 *	protocol, user data, repair mode and MPTCP. kelp's from here on
 * @proto: the name of the protocol that it speaks, or NULL for that to be
 *	told from its first bytes. A protocol that is given may speak first, in
 *	on_open with kelp_send_copy()
 *
 * It belongs to the server of its namespace, and its limits count. Its
 * callbacks must be TCP's own.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0; -EINVAL for another kind of socket; -ENOENT when there is no such
 * protocol; both leave the socket to the caller. Otherwise it was reset:
 * -ESHUTDOWN when the server ends or drains, or what the limits say:
 * -EMFILE, -EUSERS, -ENOMEM, -EBUSY.
 */
int kelp_conn_attach(struct socket *sock, const char *proto)
{
	struct kelp_proto *found = NULL;
	struct kelp_net *kn;
	int err;

	if (!attach_fits(sock))
		return -EINVAL;
	kn = kelp_net_of(sock_net(sock->sk));
	if (!kn)
		return -EINVAL;
	err = -ENOENT;
	if (proto)
		found = kelp_proto_find_name(proto);
	if (proto && !found)
		goto out_net;
	/* the namespace's end and a drain look for connections behind this lock */
	mutex_lock(&kn->lock);
	err = attach_locked(kn, sock, found);
	mutex_unlock(&kn->lock);
out_net:
	kelp_net_put(kn);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_conn_attach);
