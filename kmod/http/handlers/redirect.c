// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handler "redirect": every path below the prefix is elsewhere.
 *
 *   to=URL		http://…, https://… or /…; needed
 *   status=NUMBER	301, 302 (the default), 303, 307 or 308
 *   keep=path		what is behind the prefix, and the query, is appended
 *
 * In softirq.
 */
#include "http/handlers/builtin.h"

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

/* Location, at most; more gets 414. */
#define REDIRECT_MOST 4000

/**
 * struct redirect - a redirection
 * @status: the answer's status
 * @keep: append path and query
 * @len: bytes of @to
 * @to: where to, without a trailing slash if @keep
 *
 * Constant.
 */
struct redirect {
	unsigned int status;
	bool keep;
	size_t len;
	char to[];
};

static bool to_is_good(const char *to)
{
	const char *p;

	for (p = to; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return *to == '/' || !strncmp(to, "http://", 7) ||
	       !strncmp(to, "https://", 8);
}

static int redirect_args(struct kelp_http_args *args, const char **to,
			 u64 *status, bool *keep)
{
	const char *what = kelp_http_arg(args, "keep");
	int err;

	*to = kelp_http_arg(args, "to");
	if (!*to)
		return kelp_http_arg_refuse(args, "redirect needs to=URL");
	if (!to_is_good(*to))
		return kelp_http_arg_refuse(args, "to= must begin with http://, https:// or / and be plain ASCII");
	if (strlen(*to) > REDIRECT_MOST / 2)
		return kelp_http_arg_refuse(args, "to= is too long");
	if (what && strcmp(what, "path"))
		return kelp_http_arg_refuse(args, "keep= can only be path");
	*keep = what;
	err = kelp_http_arg_size(args, "status", 301, 308, status);
	if (err)
		return err;
	if (*status > 303 && *status < 307)
		return kelp_http_arg_refuse(args, "status= must be 301, 302, 303, 307 or 308");
	return 0;
}

static void *redirect_create(struct kelp_http_args *args)
{
	struct redirect *redirect;
	u64 status = 302;
	const char *to;
	bool keep;
	int err;

	err = redirect_args(args, &to, &status, &keep);
	if (err)
		return ERR_PTR(err);
	redirect = kmalloc(struct_size(redirect, to, strlen(to) + 1),
			   GFP_KERNEL);
	if (!redirect)
		return ERR_PTR(-ENOMEM);
	redirect->status = status;
	redirect->keep = keep;
	strcpy(redirect->to, to);
	redirect->len = strlen(to);
	if (keep && redirect->to[redirect->len - 1] == '/')
		redirect->len--;
	return redirect;
}

static void redirect_destroy(void *state)
{
	kfree(state);
}

/* RFC 3986, 3.3: what a path has that is not written as it is. */
static size_t path_encode(char *dst, const char *path, size_t len)
{
	static const char plain[] = "/-._~!$&'()*+,;=:@";
	size_t n = 0;

	while (len--) {
		u8 c = *path++;

		if ((c < 0x80 && isalnum(c)) || (c && strchr(plain, c))) {
			dst[n++] = c;
			continue;
		}
		dst[n++] = '%';
		dst[n++] = hex_asc_upper_hi(c);
		dst[n++] = hex_asc_upper_lo(c);
	}
	return n;
}

/* With the path and the query of the request, which may be long. */
static int redirect_kept(struct kelp_http_rq *rq,
			 const struct redirect *redirect)
{
	size_t path_len, query_len, n = redirect->len;
	const char *query = kelp_http_query(rq, &query_len);
	const char *path = kelp_http_path(rq, &path_len);
	char *room;
	int err;

	if (n + 3 * path_len + query_len + 2 > REDIRECT_MOST)
		return kelp_http_answer_status(rq, 414);
	room = kmalloc(REDIRECT_MOST, GFP_ATOMIC | __GFP_NOWARN);
	if (!room)
		return -ENOMEM;
	memcpy(room, redirect->to, n);
	n += path_encode(room + n, path, path_len);
	if (query) {
		room[n++] = '?';
		memcpy(room + n, query, query_len);
		n += query_len;
	}
	if (!n)		/* to=/ and the prefix itself */
		room[n++] = '/';
	err = kelp_http_add_bytes(rq, "Location", room, n) ?:
	      kelp_http_answer_status(rq, redirect->status);
	kfree(room);
	return err;
}

static int redirect_request(struct kelp_http_rq *rq)
{
	const struct redirect *redirect = kelp_http_state(rq);

	if (redirect->keep)
		return redirect_kept(rq, redirect);
	return kelp_http_add_bytes(rq, "Location", redirect->to,
				   redirect->len) ?:
	       kelp_http_answer_status(rq, redirect->status);
}

const struct kelp_http_handler kelp_http_redirect = {
	.name = "redirect",
	.own_conditions = true,		/* no answer is 2xx: none counts */
	.create = redirect_create,
	.destroy = redirect_destroy,
	.on_request = redirect_request,
};
