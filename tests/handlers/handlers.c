// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers for tests/e2e/handler.py, built like anybody's on kelp/http.h
 * alone: one shows a request, one fails in every way, one pours out bytes, one
 * copies a body, two have validators.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kelp/http.h"

#define PIECE 1000

static bool path_is(struct kelp_http_rq *rq, const char *what)
{
	size_t len;
	const char *path = kelp_http_path(rq, &len);

	return len == strlen(what) && !memcmp(path, what, len);
}

/* A number in the query. */
static u64 number(struct kelp_http_rq *rq, const char *name)
{
	size_t len;
	const char *text = kelp_http_query_arg(rq, name, &len);
	char copy[24] = "";
	u64 n = 0;

	if (text && len < sizeof(copy) && kstrtou64(memcpy(copy, text, len), 10, &n))
		n = 0;
	return n;
}

/* test-show */

static void *show_create(struct kelp_http_args *args)
{
	const char *word = kelp_http_arg(args, "word");
	char *copy;

	if (word && !strcmp(word, "bad"))
		return ERR_PTR(kelp_http_arg_refuse(args, "bad is no word"));
	copy = kstrdup(word ?: "", GFP_KERNEL);
	return copy ?: ERR_PTR(-ENOMEM);
}

static void show_destroy(void *state)
{
	kfree(state);
}

static int show(struct kelp_http_rq *rq)
{
	size_t path_len, query_len = 0, field_len = 0, cookie_len = 0;
	const char *path = kelp_http_path(rq, &path_len);
	const char *query = kelp_http_query(rq, &query_len);
	const char *field = kelp_http_field(rq, "x-TEST", &field_len);
	const char *cookie = kelp_http_cookie(rq, "crumb", &cookie_len);
	struct sockaddr_storage client;
	char *text;
	int err;

	kelp_http_client(rq, &client);
	text = kasprintf(GFP_ATOMIC, "%x|%.*s|%.*s|%.*s|%.*s|%s|%pISc|%pISpc",
			 kelp_http_method(rq), (int)path_len, path,
			 (int)query_len, query ?: "", (int)field_len, field ?: "",
			 (int)cookie_len, cookie ?: "",
			 (char *)kelp_http_state(rq), kelp_http_peer(rq),
			 &client);
	if (!text)
		return -ENOMEM;
	if (!kelp_http_add(rq, "X-Split", "a\r\nX-Evil: b") ||
	    !kelp_http_add(rq, "Content-Length", "7") ||
	    !kelp_http_add(rq, "Bad Name", "x") ||
	    !kelp_http_add_cookie(rq, "a", "b;c", NULL))
		err = -EBADMSG;
	else
		err = kelp_http_add(rq, "X-Test", "shown") ?:
		      kelp_http_add_cookie(rq, "a", "b", "Path=/; HttpOnly") ?:
		      kelp_http_answer(rq, text, strlen(text));
	kfree(text);
	return err;
}

static int show_request(struct kelp_http_rq *rq)
{
	return number(rq, "sleep") ? KELP_HTTP_SLEEP : show(rq);
}

static const struct kelp_http_handler showing = {
	.name = "test-show",
	.methods = KELP_HTTP_GET | KELP_HTTP_POST,
	.create = show_create,
	.destroy = show_destroy,
	.on_request = show_request,
	.serve = show,
};

/* test-fail: before the answer's head, behind it, and short of its length. */

static int fail(struct kelp_http_rq *rq)
{
	int err;

	if (path_is(rq, "/early"))
		return -EIO;
	if (path_is(rq, "/nothing"))
		return kelp_http_add(rq, "X-Nothing", "1") ?: -EIO;
	if (path_is(rq, "/short"))
		return kelp_http_length(rq, 10) ?: kelp_http_write(rq, "12345", 5) ?:
		       kelp_http_finish(rq);
	err = kelp_http_write(rq, "begun", 5);
	return err ?: -EIO;
}

static int fail_request(struct kelp_http_rq *rq)
{
	return number(rq, "sleep") ? KELP_HTTP_SLEEP : fail(rq);
}

static int fail_end(struct kelp_http_rq *rq)
{
	return 0;	/* which is wrong: nothing was answered */
}

static const struct kelp_http_handler failing = {
	.name = "test-fail",
	.on_request = fail_request,
	.on_end = fail_end,
	.serve = fail,
};

/* test-pour: ?n=BYTES of a pattern, ?sleep=1, ?length=1, with a trailer. */

struct pour {
	u64 n;
	u64 done;
};

static size_t pour_piece(char *piece, struct pour *pour)
{
	size_t len = min_t(u64, pour->n - pour->done, PIECE), i;

	for (i = 0; i < len; i++)
		piece[i] = 'a' + (pour->done + i) % 26;
	pour->done += len;
	return len;
}

static int pour_begin(struct kelp_http_rq *rq, struct pour *pour)
{
	pour->n = number(rq, "n");
	return kelp_http_trailer(rq, "X-Sum", "42") ?:
	       (number(rq, "length") ? kelp_http_length(rq, pour->n) : 0);
}

static int pour_request(struct kelp_http_rq *rq)
{
	BUILD_BUG_ON(sizeof(struct pour) > KELP_HTTP_PRIV);
	if (number(rq, "sleep"))
		return KELP_HTTP_SLEEP;
	return pour_begin(rq, kelp_http_priv(rq));
}

static int pour_room(struct kelp_http_rq *rq)
{
	struct pour *pour = kelp_http_priv(rq);
	char piece[PIECE];
	size_t len;

	if (pour->done == pour->n)
		return kelp_http_finish(rq);
	len = pour_piece(piece, pour);
	return kelp_http_write(rq, piece, len);
}

static int pour_serve(struct kelp_http_rq *rq)
{
	struct pour pour = {};
	char *piece = kmalloc(PIECE, GFP_KERNEL);
	int err = -ENOMEM;

	if (piece)
		err = pour_begin(rq, &pour);
	while (!err && pour.done < pour.n)
		err = kelp_http_write(rq, piece, pour_piece(piece, &pour));
	kfree(piece);
	return err;
}

static const struct kelp_http_handler pour = {
	.name = "test-pour",
	.methods = KELP_HTTP_GET | KELP_HTTP_POST,
	.on_request = pour_request,
	.on_room = pour_room,
	.serve = pour_serve,
};

/* test-copy: the body as the answer, through serve(). */

static int copy_serve(struct kelp_http_rq *rq)
{
	char *buf = kmalloc(PIECE, GFP_KERNEL);
	ssize_t n = -ENOMEM;

	while (buf && (n = kelp_http_read(rq, buf, PIECE)) > 0) {
		n = kelp_http_write(rq, buf, n);
		if (n)
			break;
	}
	kfree(buf);
	return n;
}

static const struct kelp_http_handler copying = {
	.name = "test-copy",
	.serve = copy_serve,
};

/*
 * test-tag: how often it changed something, as an answer with validators; in
 * one piece, in pieces (?pieces=1) or from serve() (?sleep=1). test-own judges
 * conditions itself, and refuses a tag that is not "v".
 */

#define TAG_TEXT_ROOM 24

static void *tag_create(struct kelp_http_args *args)
{
	return kzalloc(sizeof(atomic_t), GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
}

static void tag_destroy(void *state)
{
	kfree(state);
}

static int tag_fields(struct kelp_http_rq *rq)
{
	return kelp_http_add(rq, "Content-Type", "text/plain") ?:
	       kelp_http_add(rq, "ETag", "\"v\"") ?:
	       kelp_http_add(rq, "Last-Modified",
			     "Sun, 06 Nov 1994 08:49:37 GMT") ?:
	       kelp_http_add(rq, "Cache-Control", "max-age=60") ?:
	       kelp_http_add(rq, "X-Test", "kept");
}

static int tag_answer(struct kelp_http_rq *rq)
{
	char text[TAG_TEXT_ROOM];
	int n = scnprintf(text, sizeof(text), "changed %d times",
			  atomic_read(kelp_http_state(rq)));
	int err = tag_fields(rq);

	if (err)
		return err;
	if (!number(rq, "pieces"))
		return kelp_http_answer(rq, text, n);
	return kelp_http_write(rq, text, n / 2) ?:
	       kelp_http_write(rq, text + n / 2, n - n / 2) ?:
	       kelp_http_finish(rq);
}

static int tag_request(struct kelp_http_rq *rq)
{
	if (kelp_http_method(rq) & (KELP_HTTP_POST | KELP_HTTP_PUT))
		atomic_inc(kelp_http_state(rq));
	else if (number(rq, "missing"))
		return kelp_http_answer_status(rq, 404);
	return number(rq, "sleep") ? KELP_HTTP_SLEEP : tag_answer(rq);
}

static int own_request(struct kelp_http_rq *rq)
{
	unsigned int status = kelp_http_condition(rq, true, "\"v\"", 784111777);

	return status ? kelp_http_answer_status(rq, status) : tag_request(rq);
}

static const struct kelp_http_handler tag = {
	.name = "test-tag",
	.create = tag_create,
	.destroy = tag_destroy,
	.on_request = tag_request,
	.serve = tag_answer,
};

static const struct kelp_http_handler own = {
	.name = "test-own",
	.own_conditions = true,
	.create = tag_create,
	.destroy = tag_destroy,
	.on_request = own_request,
	.serve = tag_answer,
};

static const struct kelp_http_handler *const all[] = {
	&showing, &failing, &pour, &copying, &tag, &own,
};

static int __init handlers_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		err = kelp_http_handler_register(all[i]);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	while (i--)
		kelp_http_handler_unregister(all[i]);
	return err;
}

static void __exit handlers_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		kelp_http_handler_unregister(all[i]);
}

module_init(handlers_init);
module_exit(handlers_exit);
MODULE_DESCRIPTION("kelp test: handlers that fail, stream and sleep");
MODULE_LICENSE("GPL");
