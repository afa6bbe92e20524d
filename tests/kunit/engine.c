// SPDX-License-Identifier: GPL-2.0-only
/* Starting the engine for tests, the protocol of lines, and loopback pairs. */
#include "engine.h"

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "net/blob.h"
#include "net/callbacks.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "net/out.h"
#include "net/proto.h"
#include "net/worker.h"

#define LINE_BLOB (1 << 20)

struct line_log line_log;
struct kelp_net *engine_kn;
static struct kelp_blob *line_blob;

u8 line_pattern(size_t at)
{
	return 'a' + (at + (at >> 8)) % 26;
}

static int line_blob_create(void)
{
	u8 *data;
	size_t i;

	line_blob = kelp_blob_alloc(LINE_BLOB, GFP_KERNEL);
	data = kvmalloc(LINE_BLOB, GFP_KERNEL);
	if (!line_blob || !data) {
		kelp_blob_put(line_blob);
		kvfree(data);
		return -ENOMEM;
	}
	for (i = 0; i < LINE_BLOB; i++)
		data[i] = line_pattern(i);
	kelp_blob_write(line_blob, data);
	kvfree(data);
	return 0;
}

static void line_open(struct kelp_conn *conn)
{
	line_log.opened++;
}

/* The number behind a line's letter. */
static size_t line_number(const u8 *line)
{
	size_t n = 0;

	for (line++; *line != '\n'; line++)
		n = n * 10 + *line - '0';
	return n;
}

static void line_answer(struct kelp_conn *conn, struct kelp_run *run,
			const u8 *line, size_t len)
{
	switch (line[0]) {
	case 'a':
		conn->paused = true;
		kelp_conn_wait(conn, KELP_WAIT_ASYNC);
		return;
	case 'b':
		kelp_out_blob(run, line_blob, 0, line_number(line));
		break;
	case 'q':
	case 'u':
		kelp_conn_close_sent(conn, line[0] == 'u');
		fallthrough;
	default:
		kelp_out_copy(run, line, len);
		break;
	}
	kelp_out_done(run);
}

static size_t line_data(struct kelp_conn *conn, struct kelp_run *run,
			const u8 *data, size_t len)
{
	const u8 *end = memchr(data, '\n', len);

	if (run->place == KELP_IN_SOFTIRQ)
		line_log.softirq++;
	else
		line_log.worker++;
	if (!end) {
		kelp_conn_wait(conn, KELP_WAIT_HEADER);
		return 0;
	}
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	line_answer(conn, run, data, end + 1 - data);
	return end + 1 - data;
}

static void line_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	line_log.ready++;
	kelp_out_copy(run, "ready\n", 6);
	conn->paused = false;
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	kelp_out_done(run);
}

static void line_timeout(struct kelp_conn *conn, struct kelp_run *run,
			 enum kelp_wait wait)
{
	line_log.timeouts++;
	line_log.wait = wait;
	kelp_out_copy(run, "timeout\n", 8);
}

static void line_close(struct kelp_conn *conn)
{
	line_log.closed++;
}

static const struct kelp_proto_ops line_proto = {
	.name = "line",
	.fallback = true,
	.on_open = line_open,
	.on_data = line_data,
	.on_ready = line_ready,
	.on_timeout = line_timeout,
	.on_close = line_close,
};

static enum kelp_detect magic_detect(const u8 *data, size_t len)
{
	if (memcmp("MAGC", data, len))
		return KELP_DETECT_NO;
	return len < 4 ? KELP_DETECT_MORE : KELP_DETECT_YES;
}

static size_t magic_data(struct kelp_conn *conn, struct kelp_run *run,
			 const u8 *data, size_t len)
{
	kelp_out_copy(run, "magic\n", 6);
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	return len;
}

/* Told by its first four bytes; all it says is its name. */
static const struct kelp_proto_ops magic_proto = {
	.name = "magic",
	.detect = magic_detect,
	.on_open = line_open,
	.on_data = magic_data,
	.on_ready = line_ready,
	.on_timeout = line_timeout,
	.on_close = line_close,
};

int engine_start(struct kunit_suite *suite)
{
	int err = line_blob_create();

	if (err)
		return err;
	err = kelp_dispatch_init();
	if (err)
		goto err_blob;
	err = kelp_out_init();
	if (err)
		goto err_dispatch;
	err = kelp_conn_init();
	if (err)
		goto err_out;
	err = kelp_worker_init();
	if (err)
		goto err_conn;
	kelp_proto_register(&line_proto);
	kelp_proto_register(&magic_proto);
	err = kelp_net_init();
	if (err)
		goto err_worker;
	engine_kn = kelp_net_of(&init_net);
	return 0;

err_worker:
	kelp_proto_unregister(&magic_proto);
	kelp_proto_unregister(&line_proto);
	kelp_worker_exit();
err_conn:
	kelp_conn_exit();
err_out:
	kelp_out_exit();
err_dispatch:
	kelp_dispatch_exit();
err_blob:
	kelp_blob_put(line_blob);
	return err;
}

void engine_stop(struct kunit_suite *suite)
{
	kelp_net_put(engine_kn);
	kelp_net_exit();
	kelp_worker_exit();
	kelp_dispatch_exit();
	kelp_proto_unregister(&magic_proto);
	kelp_proto_unregister(&line_proto);
	kelp_conn_exit();
	kelp_out_exit();
	kelp_blob_put(line_blob);
}

void engine_limits_reset(void)
{
	int id;

	for (id = 0; id < KELP_LIMIT_COUNT; id++)
		kelp_net_limit_set(engine_kn, id, kelp_limit_info(id)->def);
}

static void pair_bufs(struct sock *sk, int sndbuf, int rcvbuf)
{
	if (sndbuf) {
		sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
		WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	}
	if (rcvbuf) {
		sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
		WRITE_ONCE(sk->sk_rcvbuf, rcvbuf);
	}
}

static int pair_listen(struct pair *pair, struct sockaddr_in *addr, int sndbuf)
{
	int err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM,
				   IPPROTO_TCP, &pair->listener);

	if (err)
		return err;
	kelp_compat_socket_init(pair->listener->sk);
	tcp_sock_set_nodelay(pair->listener->sk);
	pair_bufs(pair->listener->sk, sndbuf, 0);
	err = kernel_bind(pair->listener, (struct sockaddr *)addr,
			  sizeof(*addr));
	if (!err)
		err = kernel_listen(pair->listener, 8);
	if (err)
		return err;
	err = kernel_getsockname(pair->listener, (struct sockaddr *)addr);
	return err < 0 ? err : 0;
}

/* Only the handshake: the connection waits in the accept queue. */
int pair_connect(struct pair *pair, int sndbuf, int rcvbuf)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int err = pair_listen(pair, &addr, sndbuf);

	if (err)
		return err;
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &pair->peer);
	if (err)
		return err;
	pair->peer->sk->sk_rcvtimeo = 10 * HZ;
	pair->peer->sk->sk_sndtimeo = 10 * HZ;
	tcp_sock_set_nodelay(pair->peer->sk);
	pair_bufs(pair->peer->sk, 0, rcvbuf);
	return kernel_connect(pair->peer, (struct sockaddr *)&addr,
			      sizeof(addr), 0);
}

/* Accept it and give it to the engine. */
int pair_create(struct pair *pair)
{
	struct kelp_callbacks saved;
	struct socket *sock;
	unsigned long id = 0;
	int err = kernel_accept(pair->listener, &sock, 0);

	if (err)
		return err;
	kelp_callbacks_save(pair->listener->sk, &saved);
	err = kelp_conn_create(engine_kn, sock, &saved, pair->gate, NULL);
	if (!err)
		pair->conn = kelp_conn_next(engine_kn, &id);
	return err;
}

/* Also after a test that stopped in the middle. */
void pair_close(struct pair *pair)
{
	if (pair->conn) {
		kelp_conn_set(pair->conn, KELP_CONN_ABORT);
		kelp_conn_put(pair->conn);
	}
	if (pair->peer) {
		sock_no_linger(pair->peer->sk);
		sock_release(pair->peer);
	}
	if (pair->listener)
		sock_release(pair->listener);
	wait_event(engine_kn->idle, !atomic_read(&engine_kn->nr_conns));
	memset(pair, 0, sizeof(*pair));
}

int peer_send(struct pair *pair, const char *text)
{
	struct kvec vec = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };

	return kernel_sendmsg(pair->peer, &msg, &vec, 1, vec.iov_len);
}

/* As many bytes as come until @len or the end; or an error. */
int peer_read(struct pair *pair, void *buf, size_t len)
{
	size_t got = 0;
	int ret;

	while (got < len) {
		struct kvec vec = {
			.iov_base = buf + got, .iov_len = len - got,
		};
		struct msghdr msg = {};

		ret = kernel_recvmsg(pair->peer, &msg, &vec, 1, vec.iov_len, 0);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		got += ret;
	}
	return got;
}

/* Are these the next bytes? "" asks for the end. */
bool peer_reads(struct pair *pair, const char *text)
{
	size_t len = strlen(text);
	char buf[64];
	int ret = peer_read(pair, buf, len ? len : 1);

	if (ret < 0)
		pr_info("kelp: test: the peer reads: %d\n", ret);
	return ret == (int)len && !memcmp(buf, text, len);
}
