// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handler "status": PREFIX/health, from softirq, and PREFIX/stats.json,
 * which sums every counter over all CPUs and is left to the dispatcher.
 */
#include "http/handlers/builtin.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/gauge.h"
#include "net/net.h"
#include "stats/stats.h"

#define STATUS_JSON_ROOM 16384

static bool path_is(const struct kelp_http_rq *rq, const char *what)
{
	size_t len;
	const char *path = kelp_http_path(rq, &len);

	return len == strlen(what) && !memcmp(path, what, len);
}

static int status_fields(struct kelp_http_rq *rq, const char *type)
{
	return kelp_http_add(rq, "Content-Type", type) ?:
	       kelp_http_add(rq, "Cache-Control", "no-store");
}

static int status_health(struct kelp_http_rq *rq)
{
	bool draining = READ_ONCE(kelp_http_net(rq)->draining);

	return kelp_http_status(rq, draining ? 503 : 200) ?:
	       status_fields(rq, "text/plain; charset=utf-8") ?:
	       kelp_http_answer(rq, draining ? "draining\n" : "ok\n",
				draining ? 9 : 3);
}

static int status_request(struct kelp_http_rq *rq)
{
	if (path_is(rq, "/health"))
		return status_health(rq);
	if (path_is(rq, "/stats.json"))
		return KELP_HTTP_SLEEP;
	return kelp_http_answer_status(rq, 404);
}

static size_t status_json(struct kelp_net *kn, char *text, size_t room)
{
	size_t n;
	int id;

	n = scnprintf(text, room,
		      "{\n  \"generation\": %u,\n  \"draining\": %s",
		      READ_ONCE(kn->generation),
		      READ_ONCE(kn->draining) ? "true" : "false");
	for (id = 0; id < KELP_STAT_COUNT; id++)
		n += scnprintf(text + n, room - n, ",\n  \"%s\": %llu",
			       kelp_stat_name(id),
			       kelp_stat_sum(kn->stats, id));
	for (id = 0; id < KELP_GAUGE_COUNT; id++)
		n += scnprintf(text + n, room - n, ",\n  \"%s\": %llu",
			       kelp_gauge_name(id), kelp_gauge_read(kn, id));
	return n + scnprintf(text + n, room - n, "\n}\n");
}

static int status_stats(struct kelp_http_rq *rq)
{
	char *text = kmalloc(STATUS_JSON_ROOM, GFP_KERNEL);
	size_t len;
	int err;

	if (!text)
		return -ENOMEM;
	len = status_json(kelp_http_net(rq), text, STATUS_JSON_ROOM);
	err = status_fields(rq, "application/json") ?:
	      kelp_http_answer(rq, text, len);
	kfree(text);
	return err;
}

const struct kelp_http_handler kelp_http_status_pages = {
	.name = "status",
	.methods = KELP_HTTP_GET | KELP_HTTP_HEAD,
	.on_request = status_request,
	.serve = status_stats,
};
