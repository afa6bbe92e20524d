// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocols "api" and "api-rest", and the commands about a connection
 * itself.
 */
#include "api.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

/* What was called, to be read in /sys/module/kelp_api/parameters. */
static atomic_t nets, ticks, idles, workers, opened, closed;
atomic_t api_given, api_gone, api_moved, api_released;

static int counter_get(char *text, const struct kernel_param *param)
{
	return scnprintf(text, PAGE_SIZE, "%d\n",
			 atomic_read((atomic_t *)param->arg));
}

static const struct kernel_param_ops counter_ops = { .get = counter_get };

module_param_cb(nets, &counter_ops, &nets, 0444);
module_param_cb(ticks, &counter_ops, &ticks, 0444);
module_param_cb(idles, &counter_ops, &idles, 0444);
module_param_cb(workers, &counter_ops, &workers, 0444);
module_param_cb(opened, &counter_ops, &opened, 0444);
module_param_cb(closed, &counter_ops, &closed, 0444);
module_param_cb(given, &counter_ops, &api_given, 0444);
module_param_cb(gone, &counter_ops, &api_gone, 0444);
module_param_cb(moved, &counter_ops, &api_moved, 0444);
module_param_cb(released, &counter_ops, &api_released, 0444);

/* What net_init makes; each namespace has another number. */
struct api_net {
	int number;
};

void api_say(struct kelp_run *run, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vscnprintf(text, sizeof(text), format, args);
	va_end(args);
	kelp_out_copy(run, text, len);
}

void api_fill(char *data, size_t len, size_t from)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = 'a' + (from + i) % 26;
}

static void do_echo(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	kelp_out_copy(run, arg, strlen(arg));
	kelp_out_ref(run, "\n", 1);
}

static void do_count(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct api_conn *data = kelp_conn_data(conn);

	api_say(run, "%u\n", data->count);
}

static void do_state(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	const struct api_net *net = kelp_conn_state(conn);

	api_say(run, "%d\n", net->number);
}

static void do_speakers(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	api_say(run, "%ld\n", kelp_proto_count(kelp_conn_net(conn),
					       &api_proto));
}

static void do_id(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	api_say(run, "%u\n", kelp_conn_id(conn));
}

static void do_peer(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	api_say(run, "%pISpc %pISpc\n", kelp_conn_peer(conn),
		kelp_conn_local(conn));
}

static void do_close(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	kelp_conn_close(conn);
}

static void do_bye(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	api_say(run, "bye\n");
	kelp_conn_close_sent(conn, false);
}

static void do_timeout(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	unsigned int ms = 0;

	if (kstrtouint(arg, 10, &ms))
		ms = 0;
	kelp_conn_timeout(conn, ms);
	api_say(run, "%u ms\n", ms);
}

static void do_speak(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	int err = kelp_conn_set_proto(conn, arg);

	if (err)
		api_say(run, "error %d\n", err);
	else
		api_say(run, "now %s\n", kelp_conn_proto(conn));
}

static const struct api_command own[] = {
	{ "echo", do_echo },
	{ "count", do_count },
	{ "state", do_state },
	{ "speakers", do_speakers },
	{ "id", do_id },
	{ "peer", do_peer },
	{ "close", do_close },
	{ "bye", do_bye },
	{ "timeout", do_timeout },
	{ "speak", do_speak },
	{}
};

static const struct api_command *const tables[] = {
	own, api_later, api_wire, api_write,
};

static const struct api_command *find(const char *name)
{
	const struct api_command *command;
	int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (command = tables[i]; command->name; command++)
			if (!strcmp(command->name, name))
				return command;
	return NULL;
}

static void obey(struct kelp_conn *conn, struct kelp_run *run, char *line)
{
	struct api_conn *data = kelp_conn_data(conn);
	char *name = strsep(&line, " ");
	const struct api_command *command = find(name);

	data->count++;
	data->pinged = false;
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	if (command)
		command->run(conn, run, line ?: "");
	else
		api_say(run, "what?\n");
	/* "stream" goes on elsewhere */
	if (!kelp_conn_proto(conn) || strcmp(kelp_conn_proto(conn), "api") ||
	    !data->left)
		kelp_out_done(run);
}

static enum kelp_detect api_detect(const u8 *data, size_t len)
{
	if (memcmp("api\n", data, len))
		return KELP_DETECT_NO;
	return len < 4 ? KELP_DETECT_MORE : KELP_DETECT_YES;
}

static void api_open(struct kelp_conn *conn)
{
	atomic_inc(&opened);
}

static size_t api_data(struct kelp_conn *conn, struct kelp_run *run,
		       const u8 *data, size_t len)
{
	const u8 *end = memchr(data, '\n', len);
	size_t n = end ? end - data : len;
	char *line;

	if (!end) {
		kelp_conn_wait(conn, KELP_WAIT_HEADER);
		return 0;
	}
	if (n == 4 && !memcmp(data, "pass", 4)) {
		/* the next one is to see this line, too */
		kelp_conn_set_proto(conn, "api-rest");
		return 0;
	}
	line = n < API_ARG ? kmemdup_nul(data, n, GFP_ATOMIC) : NULL;
	if (!line) {
		kelp_conn_close(conn);
		return n + 1;
	}
	if (strcmp(line, "api"))
		obey(conn, run, line);
	else
		kelp_conn_wait(conn, KELP_WAIT_IDLE);
	kfree(line);
	return n + 1;
}

static void api_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	struct api_conn *data = kelp_conn_data(conn);
	size_t n = min_t(size_t, data->left, KELP_OUT_SCRATCH);

	if (data->asleep) {
		data->asleep = false;
		kelp_conn_pause(conn, false);
		kelp_conn_wait(conn, KELP_WAIT_IDLE);
		api_say(run, "ready\n");
		kelp_out_done(run);
	}
	if (n) {
		char *room = kelp_out_alloc(run, n);

		memset(room, 's', n);
		kelp_out_ref(run, room, n);
		data->left -= n;
		if (!data->left) {
			kelp_out_done(run);
			kelp_conn_want_room(conn, false);
			kelp_conn_pause(conn, false);
		}
	}
}

static void api_timeout(struct kelp_conn *conn, struct kelp_run *run,
			enum kelp_wait wait)
{
	api_say(run, "late %d\n", wait);
	kelp_out_done(run);
}

static void api_shutdown(struct kelp_conn *conn, struct kelp_run *run)
{
	api_say(run, "goodbye\n");
	kelp_out_done(run);
}

/* Who does not answer a ping is not asked again. */
static bool api_ping(struct kelp_conn *conn, struct kelp_run *run)
{
	struct api_conn *data = kelp_conn_data(conn);

	if (data->pinged)
		return false;
	data->pinged = true;
	api_say(run, "ping?\n");
	kelp_out_done(run);
	return true;
}

static void api_close(struct kelp_conn *conn)
{
	atomic_inc(&closed);
}

static void *api_net_init(struct kelp_net *kn)
{
	struct api_net *net = kzalloc(sizeof(*net), GFP_KERNEL);

	if (!net)
		return ERR_PTR(-ENOMEM);
	net->number = atomic_inc_return(&nets);
	return net;
}

static void api_net_exit(struct kelp_net *kn, void *priv)
{
	atomic_dec(&nets);
	kfree(priv);
}

static void api_tick(struct kelp_net *kn, void *priv)
{
	const struct api_net *net = priv;

	if (net->number)
		atomic_inc(&ticks);
}

static void api_idle(int cpu)
{
	atomic_inc(&idles);
}

static int api_worker_init(int cpu)
{
	atomic_inc(&workers);
	return 0;
}

static void api_worker_exit(int cpu)
{
	atomic_dec(&workers);
}

const struct kelp_proto_ops api_proto = {
	.owner = THIS_MODULE,
	.name = "api",
	.busy = "busy\n",
	.busy_len = 5,
	.net_init = api_net_init,
	.net_exit = api_net_exit,
	.worker_init = api_worker_init,
	.worker_exit = api_worker_exit,
	.tick = api_tick,
	.idle = api_idle,
	.detect = api_detect,
	.on_open = api_open,
	.on_data = api_data,
	.on_ready = api_ready,
	.on_timeout = api_timeout,
	.on_shutdown = api_shutdown,
	.ping = api_ping,
	.on_close = api_close,
};

/* Only by switching to it; says what it gets. */
static size_t rest_data(struct kelp_conn *conn, struct kelp_run *run,
			const u8 *data, size_t len)
{
	kelp_out_ref(run, "[", 1);
	kelp_out_copy(run, data, len);
	kelp_out_ref(run, "]", 1);
	kelp_out_done(run);
	return len;
}

static const struct kelp_proto_ops rest_proto = {
	.owner = THIS_MODULE,
	.name = "api-rest",
	.on_data = rest_data,
};

static int __init api_init(void)
{
	int err = kelp_proto_register(&rest_proto);

	if (err < 0)
		return err;
	err = kelp_proto_register(&api_proto);
	if (err >= 0)
		return 0;
	kelp_proto_unregister(&rest_proto);
	return err;
}

static void __exit api_exit(void)
{
	kelp_proto_unregister(&api_proto);
	kelp_proto_unregister(&rest_proto);
	WARN_ON_ONCE(atomic_read(&nets) || atomic_read(&workers));
}

module_init(api_init);
module_exit(api_exit);
MODULE_DESCRIPTION("kelp test: a protocol that calls all that there is");
MODULE_LICENSE("GPL");
