// SPDX-License-Identifier: GPL-2.0-only
/* Commands that do something at another place or time. */
#include "api.h"

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

static unsigned int number(const char *arg)
{
	unsigned int n = 0;

	return kstrtouint(arg, 10, &n) ? 0 : n;
}

static void wake(const struct kelp_task *task)
{
	msleep((unsigned long)task->arg);
	kelp_conn_ready(task->conn);
}

/* sleep [MS] */
static void do_sleep(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct api_conn *data = kelp_conn_data(conn);

	data->asleep = true;
	kelp_conn_pause(conn, true);
	kelp_conn_wait(conn, KELP_WAIT_ASYNC);
	if (kelp_task_sleep(&api_proto, conn, wake,
			    (void *)(unsigned long)(number(arg) ?: 50)))
		kelp_conn_close(conn);
}

static void say(const struct kelp_task *task)
{
	const char *text = task->arg;

	if (task->gone) {
		atomic_inc(&api_gone);
		return;
	}
	kelp_out_copy(task->run, text, strlen(text));
	kelp_out_done(task->run);
}

static void do_task(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	int err = kelp_task_conn(&api_proto, conn, say, "task 1\n") ?:
		  kelp_task_conn(&api_proto, conn, say, "task 2\n");

	api_say(run, "%d\n", err);
}

/**
 * struct cast - a line for all others
 * @from: who is told when all have it; a reference
 * @told: how many got it
 * @missed: how many had gone
 * @text: the line
 */
struct cast {
	struct kelp_conn *from;
	atomic_t told;
	atomic_t missed;
	char text[];
};

static void tell(const struct kelp_task *task)
{
	struct cast *cast = task->arg;

	if (task->gone) {
		atomic_inc(&cast->missed);
		return;
	}
	atomic_inc(&cast->told);
	kelp_out_copy(task->run, cast->text, strlen(cast->text));
	kelp_out_done(task->run);
}

static void told(void *arg)
{
	struct cast *cast = arg;
	char text[64];
	int n;

	/* it may sleep */
	msleep(1);
	n = scnprintf(text, sizeof(text), "told %d missed %d\n",
		      atomic_read(&cast->told), atomic_read(&cast->missed));
	kelp_send_copy(cast->from, text, n, 0);
	kelp_conn_put(cast->from);
	kfree(cast);
}

static void do_cast(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct cast *cast = kzalloc(sizeof(*cast) + strlen(arg) + 2,
				    GFP_ATOMIC);

	if (!cast)
		return;
	sprintf(cast->text, "%s\n", arg);
	cast->from = kelp_conn_get(conn);
	if (!kelp_task_all(&api_proto, kelp_conn_net(conn), conn, tell, told,
			   cast))
		return;
	kelp_conn_put(conn);
	kfree(cast);
}

/* after MS: under the lock */
static void do_after(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	int id = kelp_task_after(&api_proto, conn, number(arg),
				 KELP_TASK_LOCKED, say, "later\n");

	api_say(run, "%s\n", id > 0 ? "set" : "error");
}

static void say_asleep(const struct kelp_task *task)
{
	if (task->gone) {
		atomic_inc(&api_gone);
		return;
	}
	msleep(1);
	kelp_send_copy(task->conn, "slept\n", 6, 0);
}

static void do_nap(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	int id = kelp_task_after(&api_proto, conn, number(arg), 0, say_asleep,
				 NULL);

	api_say(run, "%s\n", id > 0 ? "set" : "error");
}

static void every(struct kelp_conn *conn, struct kelp_run *run, char *arg,
		  unsigned int flags, kelp_task_fn fn, void *what)
{
	struct api_conn *data = kelp_conn_data(conn);

	data->timer = kelp_task_after(&api_proto, conn, number(arg),
				      flags | KELP_TASK_REPEAT, fn, what);
	api_say(run, "%s\n", data->timer > 0 ? "set" : "error");
}

static void do_every(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	every(conn, run, arg, KELP_TASK_LOCKED, say, "again\n");
}

static void do_naps(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	every(conn, run, arg, 0, say_asleep, NULL);
}

static void touch(const struct kelp_task *task)
{
	if (task->gone)
		atomic_inc(&api_gone);
	else
		kelp_conn_touch(task->conn);
}

static void do_touch(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	every(conn, run, arg, KELP_TASK_LOCKED, touch, NULL);
}

static void do_cancel(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct api_conn *data = kelp_conn_data(conn);

	api_say(run, "%d\n", kelp_task_cancel(&api_proto, data->timer));
}

/* Without a connection: the end of the module is its end. */
static void alone(const struct kelp_task *task)
{
	if (task->gone)
		atomic_inc(&api_gone);
}

static void do_alone(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	int id = kelp_task_after(&api_proto, NULL, number(arg),
				 KELP_TASK_REPEAT, alone, NULL);
	int bad = kelp_task_after(&api_proto, NULL, 1, KELP_TASK_LOCKED, alone,
				  NULL);

	api_say(run, "%s %d\n", id > 0 ? "set" : "error", bad);
}

const struct api_command api_later[] = {
	{ "sleep", do_sleep },
	{ "task", do_task },
	{ "cast", do_cast },
	{ "after", do_after },
	{ "nap", do_nap },
	{ "every", do_every },
	{ "naps", do_naps },
	{ "touch", do_touch },
	{ "cancel", do_cancel },
	{ "alone", do_alone },
	{}
};
