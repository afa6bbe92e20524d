// SPDX-License-Identifier: GPL-2.0-only
/*
 * A chat on kelp's ports: a client says "CHAT" in its first line; every line
 * behind that goes to all others who chat in the same network namespace.
 *
 *	{ echo CHAT; cat; } | nc localhost 8080
 *
 * The callbacks run in softirq or in a worker under the connection's lock. A
 * line is copied once; kelp calls say() for each of the others under its lock,
 * and forget() when all have it.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <kelp/conn.h>
#include <kelp/proto.h>
#include <kelp/send.h>
#include <kelp/task.h>

#define LINE_MAX_BYTES 1024

static const struct kelp_proto_ops chat_proto;

struct line {
	size_t len;
	char text[];
};

static void say(const struct kelp_task *task)
{
	const struct line *line = task->arg;

	if (task->gone)
		return;
	kelp_out_copy(task->run, line->text, line->len);
	kelp_out_done(task->run);
}

static void forget(void *line)
{
	kfree(line);
}

static void tell_others(struct kelp_conn *conn, const u8 *text, size_t len)
{
	struct line *line = kmalloc(struct_size(line, text, len), GFP_ATOMIC);

	if (!line)
		return;
	line->len = len;
	memcpy(line->text, text, len);
	if (kelp_task_all(&chat_proto, kelp_conn_net(conn), conn, say, forget,
			  line))
		kfree(line);
}

static enum kelp_detect chat_detect(const u8 *data, size_t len)
{
	if (memcmp("CHAT", data, len))
		return KELP_DETECT_NO;
	return len < 4 ? KELP_DETECT_MORE : KELP_DETECT_YES;
}

static size_t chat_data(struct kelp_conn *conn, struct kelp_run *run,
			const u8 *data, size_t len)
{
	const u8 *end = memchr(data, '\n', len);
	bool *greeted = kelp_conn_data(conn);

	if (!end && len < LINE_MAX_BYTES) {
		kelp_conn_wait(conn, KELP_WAIT_HEADER);
		return 0;
	}
	if (end)
		len = end + 1 - data;
	if (*greeted)
		tell_others(conn, data, len);
	*greeted = true;
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	return len;
}

static void chat_shutdown(struct kelp_conn *conn, struct kelp_run *run)
{
	static const char goodbye[] = "*** the server goes down\n";

	kelp_out_ref(run, goodbye, sizeof(goodbye) - 1);
	kelp_out_done(run);
}

static const struct kelp_proto_ops chat_proto = {
	.owner = THIS_MODULE,
	.name = "chat",
	.detect = chat_detect,
	.on_data = chat_data,
	.on_shutdown = chat_shutdown,
};

static int __init chat_init(void)
{
	int slot = kelp_proto_register(&chat_proto);

	return slot < 0 ? slot : 0;
}

static void __exit chat_exit(void)
{
	kelp_proto_unregister(&chat_proto);
}

module_init(chat_init);
module_exit(chat_exit);
MODULE_DESCRIPTION("A chat, as an example of a protocol for kelp");
MODULE_LICENSE("GPL");
