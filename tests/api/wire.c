// SPDX-License-Identifier: GPL-2.0-only
/* Commands about the wire: hooks, and sockets that go and come back. */
#include "api.h"

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "kelp/hook.h"

/* Letters moved by 13 places; a line is held back until it is whole. */
struct rot {
	size_t held;
	char line[API_ARG];
};

static char rot13(char c)
{
	if (!isalpha(c) || !isascii(c))
		return c;
	return tolower(c) < 'n' ? c + 13 : c - 13;
}

static int rot_in(struct kelp_conn *conn, void *arg, const u8 *data, size_t len)
{
	struct rot *rot = arg;
	int err = 0;
	size_t i;

	for (i = 0; i < len && !err; i++) {
		if (rot->held == sizeof(rot->line))
			return -EMSGSIZE;
		rot->line[rot->held++] = rot13(data[i]);
		if (data[i] != '\n')
			continue;
		err = kelp_hook_give(conn, rot->line, rot->held);
		rot->held = 0;
	}
	return err;
}

static int rot_out(struct kelp_conn *conn, void *arg, const u8 *data,
		   size_t len, bool last)
{
	char text[256];
	size_t i, n;
	int err = 0;

	for (; len && !err; data += n, len -= n) {
		n = min(len, sizeof(text));
		for (i = 0; i < n; i++)
			text[i] = rot13(data[i]);
		err = kelp_hook_send(conn, text, n);
	}
	return err;
}

static void rot_release(void *arg)
{
	atomic_inc(&api_released);
	kfree(arg);
}

static const struct kelp_hook_ops rot_ops = {
	.in = rot_in,
	.out = rot_out,
	.release = rot_release,
};

/* The answer is the last one that leaves as it is. */
static void do_hook(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct rot *rot = kzalloc(sizeof(*rot), GFP_ATOMIC);
	int err;

	if (!rot)
		return;
	api_say(run, "hooked\n");
	err = kelp_hook_set(conn, &api_proto, &rot_ops, rot);
	if (err) {
		kfree(rot);
		api_say(run, "error %d\n", err);
	}
}

static int say(struct socket *sock, const char *text)
{
	struct kvec vec = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };

	return kernel_sendmsg(sock, &msg, &vec, 1, vec.iov_len);
}

static void let_go(struct socket *sock)
{
	kernel_sock_shutdown(sock, SHUT_RDWR);
	sock_release(sock);
}

/* Up to the end of a line, or of all; returns how much. */
static size_t hear(struct socket *sock, char *line, size_t room)
{
	size_t got = 0;
	int n;

	while (got < room && !memchr(line, '\n', got)) {
		struct kvec vec = {
			.iov_base = line + got, .iov_len = room - got,
		};
		struct msghdr msg = {};

		n = kernel_recvmsg(sock, &msg, &vec, 1, vec.iov_len, 0);
		if (n <= 0)
			break;
		got += n;
	}
	return got;
}

/* Says what was gathered, and what comes next, a line. */
static void taken(struct socket *sock, const void *data, size_t len, void *arg)
{
	char text[128], line[64];

	if (!sock) {
		atomic_inc(&api_gone);
		return;
	}
	scnprintf(text, sizeof(text), "taken with %zu: %.*s\n", len, (int)len,
		  (const char *)data);
	say(sock, text);
	sock->sk->sk_rcvtimeo = 10 * HZ;
	line[hear(sock, line, sizeof(line) - 1)] = '\0';
	say(sock, line);
	let_go(sock);
}

static void do_hijack(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	int err = kelp_conn_hijack(conn, &api_proto, taken, NULL);

	if (!err)
		err = kelp_conn_hijack(conn, &api_proto, taken, NULL);
	api_say(run, "going %d\n", err);
}

/* Back to kelp, to speak what the command said. */
static void taken_back(struct socket *sock, const void *data, size_t len,
		       void *arg)
{
	const char *proto = arg;
	int mine = 0, err;

	if (!sock) {
		atomic_inc(&api_gone);
		return;
	}
	sock->sk->sk_user_data = &mine;
	err = kelp_conn_attach(sock, proto);
	sock->sk->sk_user_data = NULL;
	if (err == -EINVAL)
		err = kelp_conn_attach(sock, "nobody");
	if (err != -ENOENT) {
		let_go(sock);
		return;
	}
	say(sock, "back\n");
	kelp_conn_attach(sock, proto);
}

static void do_back(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	kelp_conn_hijack(conn, &api_proto, taken_back,
			 strcmp(arg, "api") ? NULL : "api");
}

const struct api_command api_wire[] = {
	{ "hook", do_hook },
	{ "hijack", do_hijack },
	{ "back", do_back },
	{}
};
