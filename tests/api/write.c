// SPDX-License-Identifier: GPL-2.0-only
/* Commands that write: in pieces, copies, pages, files, urgent ones. */
#include "api.h"

#include <linux/bvec.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#define PAGES 16

static void do_stream(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct api_conn *data = kelp_conn_data(conn);

	if (kstrtoul(arg, 10, &data->left) || !data->left)
		return;
	kelp_conn_pause(conn, true);
	kelp_conn_wait(conn, KELP_WAIT_ASYNC);
	kelp_conn_want_room(conn, true);
	kelp_conn_ready(conn);
	/* the message has begun */
	kelp_out_ref(run, "S", 1);
}

static void answer(struct kelp_run *run, int err)
{
	if (err)
		api_say(run, "error %d\n", err);
}

static void do_copy(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	unsigned long len;
	char *data;

	if (kstrtoul(arg, 10, &len))
		len = 0;
	data = kmalloc(len + 1, GFP_ATOMIC);
	if (!data)
		return;
	api_fill(data, len, 0);
	answer(run, kelp_send_copy(conn, data, len, 0));
	kfree(data);
}

static void moved(void *arg)
{
	atomic_inc(arg);
}

/* Half pages, so that the runs neither begin nor end with a page. */
static void do_move(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct bio_vec bv[PAGES];
	struct kelp_send_pages pages = {
		.bv = bv,
		.owner = &api_proto,
		.done = moved,
		.arg = &api_moved,
	};
	size_t from = 0;
	int err;

	for (pages.nr = 0; pages.nr < PAGES; pages.nr++) {
		struct bio_vec *at = &bv[pages.nr];

		at->bv_page = alloc_page(GFP_ATOMIC);
		if (!at->bv_page)
			break;
		at->bv_offset = PAGE_SIZE / 4;
		at->bv_len = PAGE_SIZE / 2;
		api_fill(page_address(at->bv_page) + at->bv_offset, at->bv_len,
			 from);
		from += at->bv_len;
	}
	err = kelp_send_move(conn, &pages, 0);
	answer(run, err);
	if (!err)
		atomic_inc(&api_given);
	while (err && pages.nr)
		__free_page(bv[--pages.nr].bv_page);
}

/* What is not fit to be sent stays the caller's. */
static void do_misfits(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct bio_vec bv = { .bv_len = PAGE_SIZE };
	struct kelp_send_pages pages = { .bv = &bv, .nr = 1 };
	void *slab = kmalloc(64, GFP_ATOMIC);
	int slabbed, outside, empty, none;

	bv.bv_page = alloc_page(GFP_ATOMIC);
	if (!slab || !bv.bv_page)
		return;
	bv.bv_offset = 1;
	outside = kelp_send_move(conn, &pages, 0);
	bv.bv_len = 0;
	empty = kelp_send_move(conn, &pages, 0);
	pages.nr = 0;
	none = kelp_send_move(conn, &pages, 0);
	__free_page(bv.bv_page);
	pages.nr = 1;
	bv.bv_page = virt_to_page(slab);
	bv.bv_offset = offset_in_page(slab);
	bv.bv_len = 64;
	slabbed = kelp_send_move(conn, &pages, 0);
	kfree(slab);
	api_say(run, "%d %d %d %d\n", outside, empty, none, slabbed);
}

/* Nobody has looked into the inbox when all of them are there. */
static void do_order(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	kelp_send_copy(conn, "one\n", 4, 0);
	kelp_send_copy(conn, "two\n", 4, 0);
	kelp_send_copy(conn, "urgent\n", 7, KELP_SEND_URGENT);
	kelp_send_copy(conn, "hurry\n", 6, KELP_SEND_URGENT);
	kelp_send_copy(conn, "three\n", 6, 0);
}

/* poke ID [!]: to another connection, urgently */
static void do_poke(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	struct kelp_conn *other;
	char *word = strsep(&arg, " ");
	unsigned int id = 0;
	int err = -ENOENT;

	if (kstrtouint(word, 10, &id))
		id = 0;
	other = kelp_conn_find(kelp_conn_net(conn), id);
	if (other) {
		err = arg ? kelp_send_copy(other, "URGENT\n", 7,
					   KELP_SEND_URGENT) :
			    kelp_send_copy(other, "poked\n", 6, 0);
		kelp_conn_put(other);
	}
	api_say(run, "%d\n", err);
}

struct file_job {
	loff_t off;
	u64 len;
	char path[];
};

static void send_file(const struct kelp_task *task)
{
	struct file_job *job = task->arg;
	struct file *file;
	char text[32];
	int err, n;

	file = filp_open(job->path, O_RDONLY, 0);
	err = PTR_ERR_OR_ZERO(file);
	if (!err) {
		err = kelp_send_file(task->conn, file, job->off, job->len, 0);
		fput(file);
	}
	if (err) {
		n = scnprintf(text, sizeof(text), "error %d\n", err);
		kelp_send_copy(task->conn, text, n, 0);
	}
	kfree(job);
}

/* file OFF LEN PATH */
static void do_file(struct kelp_conn *conn, struct kelp_run *run, char *arg)
{
	char *off = strsep(&arg, " "), *len = strsep(&arg, " ");
	struct file_job *job = kzalloc(sizeof(*job) + strlen(arg) + 1,
				       GFP_ATOMIC);

	if (!job)
		return;
	strcpy(job->path, arg);
	if (kstrtoll(off, 10, &job->off) || kstrtou64(len, 10, &job->len) ||
	    kelp_task_sleep(&api_proto, conn, send_file, job))
		kfree(job);
}

const struct api_command api_write[] = {
	{ "stream", do_stream },
	{ "copy", do_copy },
	{ "move", do_move },
	{ "misfits", do_misfits },
	{ "order", do_order },
	{ "poke", do_poke },
	{ "file", do_file },
	{}
};
