// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer of the null responders, and sending it once for every empty line
 * that came. Runs under the conditions of kelp's fast path: the socket's
 * spinlock held, BH off, the socket not owned by a process.
 */
#include "null.h"

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "compat/compat.c"

static unsigned int null_size = 12;
module_param_named(size, null_size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of the body (12)");
static unsigned int null_head;
module_param_named(head, null_head, uint, 0444);
MODULE_PARM_DESC(head, "bytes of the head, if that is more than it needs");
static unsigned int null_copy = 16384;
module_param_named(copy, null_copy, uint, 0444);
MODULE_PARM_DESC(copy, "largest body that is copied and not sent by page reference (16384)");

#define NULL_BODY_MAX (64 << 20)
#define NULL_HEAD_MAX 1024
/* Answers that lie one behind the other take about this much. */
#define NULL_TEXT 16384
/* Pages that are sent by reference: 32 KiB each, as kelp has them. */
#define NULL_ORDER 3
#define NULL_RUN (PAGE_SIZE << NULL_ORDER)

/**
 * struct null_answer - the one answer; made at load, constant afterwards
 * @text: copies of it, one behind the other; of a large one only the head
 * @text_len: bytes of @text
 * @head: bytes of the head
 * @len: bytes of head and body
 * @bv: pages of a large body, or NULL
 * @runs: elements of @bv
 */
static struct null_answer {
	char *text;
	size_t text_len;
	size_t head;
	size_t len;
	struct bio_vec *bv;
	unsigned int runs;
} null_answer;

/* Lent to sockets while they send: an idle one keeps no page. */
static DEFINE_PER_CPU(struct page_frag, null_frag);

static int null_head_print(char *room, const char *connection, int pad)
{
	/* What kelp sends for a stored object, with an ETag as long as asked. */
	return snprintf(room, NULL_HEAD_MAX,
			"HTTP/1.1 200 OK\r\nServer: null\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n%sContent-Type: text/plain\r\nAccept-Ranges: bytes\r\nETag: \"%0*d\"\r\nContent-Length: %u\r\n\r\n",
			connection, pad, 0, null_size);
}

/* Bytes that differ, so that none gets lost unnoticed. */
static void null_fill(char *to, size_t from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = 'a' + (from + i) % 26;
}

static void null_answer_free(void)
{
	unsigned int i;
	int cpu;

	for (i = 0; i < null_answer.runs; i++)
		__free_pages(null_answer.bv[i].bv_page, NULL_ORDER);
	kvfree(null_answer.bv);
	kvfree(null_answer.text);
	for_each_possible_cpu(cpu) {
		struct page_frag *frag = per_cpu_ptr(&null_frag, cpu);

		if (frag->page)
			put_page(frag->page);
	}
}

static int null_pages_make(void)
{
	unsigned int runs = DIV_ROUND_UP(null_size, NULL_RUN);
	size_t done = 0;

	null_answer.bv = kvcalloc(runs, sizeof(*null_answer.bv), GFP_KERNEL);
	if (!null_answer.bv)
		return -ENOMEM;
	for (; null_answer.runs < runs; null_answer.runs++) {
		struct bio_vec *bv = &null_answer.bv[null_answer.runs];

		bv->bv_page = alloc_pages(GFP_KERNEL | __GFP_COMP, NULL_ORDER);
		if (!bv->bv_page)
			return -ENOMEM;
		bv->bv_len = min_t(size_t, null_size - done, NULL_RUN);
		null_fill(page_address(bv->bv_page), done, bv->bv_len);
		done += bv->bv_len;
	}
	return 0;
}

/* On failure null_answer_free() frees what there is. */
static int null_answer_make(const char *connection)
{
	struct null_answer *answer = &null_answer;
	size_t one, copies, i;
	bool large = null_size > null_copy;
	int pad = 1;

	if (null_size > NULL_BODY_MAX || null_head > NULL_HEAD_MAX - 1)
		return -EINVAL;
	answer->text = kvmalloc(NULL_HEAD_MAX, GFP_KERNEL);
	if (!answer->text)
		return -ENOMEM;
	answer->head = null_head_print(answer->text, connection, pad);
	if (null_head > answer->head)
		pad += null_head - answer->head;
	answer->head = null_head_print(answer->text, connection, pad);
	answer->len = answer->head + null_size;
	answer->text_len = answer->head;
	if (large)
		return null_pages_make();
	kvfree(answer->text);

	one = answer->len;
	copies = max_t(size_t, NULL_TEXT / one, 1);
	answer->text_len = copies * one;
	answer->text = kvmalloc(answer->text_len + NULL_HEAD_MAX, GFP_KERNEL);
	if (!answer->text)
		return -ENOMEM;
	null_head_print(answer->text, connection, pad);
	null_fill(answer->text + answer->head, 0, null_size);
	for (i = 1; i < copies; i++)
		memcpy(answer->text + i * one, answer->text, one);
	return 0;
}

static ssize_t null_send_text(struct sock *sk, const char *text, size_t len,
			      int flags)
{
	struct msghdr msg = { .msg_flags = flags };
	struct page_frag *frag = this_cpu_ptr(&null_frag);
	struct kvec vec = { .iov_base = (void *)text, .iov_len = len };
	ssize_t ret;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, len);
	swap(sk->sk_frag, *frag);
	ret = tcp_sendmsg_locked(sk, &msg, len);
	swap(sk->sk_frag, *frag);
	return ret;
}

/* From the middle of a run its rest, else all that is left of the answer. */
static ssize_t null_send_pages(struct sock *sk, size_t off, int flags)
{
	unsigned int i = off / NULL_RUN;
	struct bio_vec first = null_answer.bv[i];

	off %= NULL_RUN;
	if (!off)
		return kelp_compat_send_pages_locked(sk, &null_answer.bv[i],
						     null_answer.runs - i,
						     null_size - i * NULL_RUN,
						     flags);
	first.bv_offset += off;
	first.bv_len -= off;
	if (i + 1 < null_answer.runs)
		flags |= MSG_MORE;
	return kelp_compat_send_pages_locked(sk, &first, 1, first.bv_len,
					     flags);
}

static ssize_t null_send_some(struct null_conn *conn)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	struct sock *sk = conn->sock->sk;
	size_t len;

	if (likely(!null_answer.bv)) {
		len = min_t(size_t, conn->owed * null_answer.len,
			    null_answer.text_len) - conn->off;
		return null_send_text(sk, null_answer.text + conn->off, len,
				      flags);
	}
	if (conn->off < null_answer.head)
		return null_send_text(sk, null_answer.text + conn->off,
				      null_answer.head - conn->off,
				      flags | MSG_MORE);
	return null_send_pages(sk, conn->off - null_answer.head, flags);
}

/* What is owed, or as much of it as TCP takes. */
static void null_send(struct null_conn *conn)
{
	size_t sent;
	ssize_t ret;

	while (conn->owed && !conn->failed) {
		ret = null_send_some(conn);
		if (ret <= 0) {
			conn->failed = ret != -EAGAIN;
			return;
		}
		sent = conn->off + ret;
		for (; sent >= null_answer.len; sent -= null_answer.len)
			conn->owed--;
		conn->off = sent;
	}
}

static u8 null_match(u8 match, u8 byte)
{
	if (byte == "\r\n\r\n"[match])
		return match + 1;
	return byte == '\r';
}

/*
 * How many heads end in these bytes. Every fourth byte is looked at, for one of
 * any four that hold the end is CR or LF.
 */
static unsigned int null_heads(const u8 *data, size_t len, u8 *match)
{
	unsigned int count = 0;
	size_t i = 0;

	while (*match && i < len) {
		*match = null_match(*match, data[i++]);
		if (*match == 4) {
			count++;
			*match = 0;
		}
	}
	while (len - i >= 4) {
		if (data[i + 3] > '\r') {
			i += 4;
		} else if (!memcmp(data + i, "\r\n\r\n", 4)) {
			count++;
			i += 4;
		} else {
			i++;
		}
	}
	for (; i < len; i++)
		*match = null_match(*match, data[i]);
	return count;
}

static void null_count(struct null_conn *conn, struct sk_buff *skb, u32 off)
{
	struct skb_seq_state st;
	const u8 *data;
	unsigned int len, taken = 0;

	skb_prepare_seq_read(skb, off, skb->len, &st);
	while ((len = skb_seq_read(taken, &data, &st))) {
		conn->owed += null_heads(data, len, &conn->match);
		taken += len;
	}
	skb_abort_seq_read(&st);
}

/* Answer what came, unless answers wait for room. */
static void null_serve(struct null_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	struct sk_buff *skb;
	unsigned int len;
	u32 off;

	conn->busy = true;
	null_send(conn);
	while (!conn->owed && !conn->failed &&
	       (skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, &off))) {
		len = skb->len - off;
		if (likely(len))
			null_count(conn, skb, off);
		if (conn->owed)
			conn->done = true;
		/* Send first: the ACK of these bytes rides on the answer. */
		null_send(conn);
		tcp_read_done(sk, len ? len : 1);
	}
	conn->busy = false;
}
