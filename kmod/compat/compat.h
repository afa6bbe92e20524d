/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - the differences between the kernels that kelp runs on.
 *
 * Nothing outside kmod/compat/ knows a kernel version; this file does not
 * either, it asks what the probes found (see Kbuild.include). Everything
 * here is a thin wrapper in the shape of the newest kernel.
 */
#ifndef KELP_COMPAT_COMPAT_H
#define KELP_COMPAT_COMPAT_H

#include <linux/bvec.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "compat/probed.h"

/**
 * kelp_compat_socket_init() - make a TCP socket fit for sending in softirq
 * @sk: a socket that nobody sends on yet
 *
 * Sending must neither sleep in the allocator nor fill pages into the task
 * that the softirq happens to interrupt: its fragment belongs to whatever
 * that task was sending. Some kernels decide the latter by sk_allocation,
 * newer ones by sk_use_task_frag alone, some by both.
 *
 * Context: any; before the socket is published, or under its lock.
 */
static inline void kelp_compat_socket_init(struct sock *sk)
{
	sk->sk_allocation = GFP_ATOMIC;
#ifdef KELP_HAVE_SK_USE_TASK_FRAG
	sk->sk_use_task_frag = false;
#endif
}

/**
 * kelp_compat_skb_readable() - may the CPU read all bytes of an skb?
 * @skb: a received skb
 *
 * Context: any.
 * Return: false when fragments lie in device memory.
 */
static inline bool kelp_compat_skb_readable(const struct sk_buff *skb)
{
#ifdef KELP_HAVE_SKB_FRAGS_READABLE
	return skb_frags_readable(skb);
#else
	return true;
#endif
}

/**
 * kelp_compat_send_pages_locked() - send references to pages
 * @sk: a TCP socket
 * @bv: the pieces; a piece may start beyond its first page and may span the
 *	pages of a compound page, but not leave it
 * @nr: number of pieces
 * @len: bytes to send, at most the sum of the pieces
 * @flags: MSG_DONTWAIT, MSG_NOSIGNAL, MSG_MORE
 *
 * TCP takes its own references and holds them until the peer has
 * acknowledged the bytes; the pages must not be written until they are freed,
 * and must not be slab pages. The caller keeps its references.
 *
 * Context: holds the socket lock, either the spinlock with the socket not
 *	owned (softirq) or by owning it. Does not sleep with MSG_DONTWAIT.
 * Return: bytes taken, fewer than @len when the send buffer is full; -EAGAIN
 *	if none could be taken; another -errno when the connection is broken
 *	and no byte was taken.
 */
int kelp_compat_send_pages_locked(struct sock *sk, const struct bio_vec *bv,
				  unsigned int nr, size_t len, int flags);

#endif /* KELP_COMPAT_COMPAT_H */
