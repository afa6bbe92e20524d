// SPDX-License-Identifier: GPL-2.0-only
/*
 * The built-in handlers and their names.
 */
#include "http/handler.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/gauge.h"
#include "http/object.h"
#include "http/parse.h"
#include "net/net.h"
#include "stats/stats.h"

#define STATUS_JSON_ROOM 8192

static struct kelp_object *status_health(struct kelp_net *kn, gfp_t gfp)
{
	bool draining = READ_ONCE(kn->draining);
	struct kelp_object_spec spec = {
		.status = draining ? 503 : 200,
		.type = "text/plain; charset=utf-8",
		.extra = "Cache-Control: no-store\r\n",
		.body = draining ? "draining\n" : "ok\n",
		.body_len = draining ? 9 : 3,
	};

	return kelp_object_create(&spec, gfp);
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

static struct kelp_object *status_stats(struct kelp_net *kn, gfp_t gfp)
{
	struct kelp_object_spec spec = {
		.status = 200,
		.type = "application/json",
		.extra = "Cache-Control: no-store\r\n",
	};
	struct kelp_object *obj;
	char *text;

	text = kmalloc(STATUS_JSON_ROOM, gfp);
	if (!text)
		return ERR_PTR(-ENOMEM);
	spec.body = text;
	spec.body_len = status_json(kn, text, STATUS_JSON_ROOM);
	obj = kelp_object_create(&spec, gfp);
	kfree(text);
	return obj;
}

static struct kelp_object *status_answer(struct kelp_net *kn, const char *path,
					 size_t len, gfp_t gfp)
{
	if (len == 7 && !memcmp(path, "/health", 7))
		return status_health(kn, gfp);
	if (len == 11 && !memcmp(path, "/stats.json", 11))
		return status_stats(kn, gfp);
	return ERR_PTR(-ENOENT);
}

static const struct kelp_http_handler kelp_http_handlers[] = {
	{
		.name = "echo",
		.echo = true,
		.softirq = true,
	},
	{
		/* Sums every counter over all CPUs: not for the fast path. */
		.name = "status",
		.methods = BIT(HTTP_GET) | BIT(HTTP_HEAD),
		.answer = status_answer,
	},
};

/**
 * kelp_http_handler_find() - a handler by its name
 * @name: as `kelpctl route add PREFIX NAME` spells it
 *
 * Context: any.
 * Return: the handler, or NULL.
 */
const struct kelp_http_handler *kelp_http_handler_find(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kelp_http_handlers); i++)
		if (!strcmp(kelp_http_handlers[i].name, name))
			return &kelp_http_handlers[i];
	return NULL;
}
