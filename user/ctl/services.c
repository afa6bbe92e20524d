// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl services: what can be called at a server, and how calls have been
 * doing there. Asks kelp.Status, which says it for the listener it is asked at.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "doublings.h"
#include "pb_print.h"
#include "print.h"
#include "remote.h"

#define LATENCY "latency_log2_us"

/* The reply of a method of kelp.Status as an object. */
static json_t *ask(const struct ctl *ctl, struct kelp_channel *channel,
		   const struct pb_types *types, const char *method,
		   const char *type)
{
	const struct kelp_request request = {
		.service = "kelp.Status", .method = method,
	};
	struct kelp_reply reply;
	struct pb_fault fault;
	json_t *object;
	char *name;

	name = format("kelp.Status/%s", method);
	if (kelp_call_raw(channel, &request, &reply, NULL))
		remote_die(ctl, name, &reply);
	object = pb_json(pb_types_message(types, type), reply.message.data,
			 reply.message.len, &fault);
	if (!object)
		die("%s: %s: the reply, at offset %zu: %s", ctl->argv[0], name,
		    fault.offset, fault.why);
	kelp_reply_clear(&reply);
	free(name);
	return object;
}

/* What is not there is zero, or empty; 64-bit numbers are text there. */
static uint64_t number(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? strtoull(text, NULL, 10) : 0;
}

static json_t *name_of(const json_t *object, const char *field)
{
	json_t *value = json_object_get(object, field);

	return value ? json_incref(value) : need(json_string(""));
}

static json_t *row_of(const json_t *service, const json_t *method)
{
	return need(json_pack("{s:o, s:o, s:b, s:b}",
			      "service", name_of(service, "name"),
			      "method", name_of(method, "name"), "softirq",
			      json_is_true(json_object_get(method, "softirq")),
			      "async",
			      json_is_true(json_object_get(method, "async"))));
}

static json_t *rows_of(const json_t *list)
{
	json_t *rows = need(json_array()), *service, *method;
	size_t i, k;

	json_array_foreach(json_object_get(list, "services"), i, service)
		json_array_foreach(json_object_get(service, "methods"), k,
				   method)
			json_array_append_new(rows, row_of(service, method));
	return rows;
}

static bool is_about(const json_t *counted, const json_t *row)
{
	return json_equal(json_object_get(counted, "service"),
			  json_object_get(row, "service")) &&
	       json_equal(json_object_get(counted, "method"),
			  json_object_get(row, "method"));
}

static void put_counters(json_t *row, const json_t *counted)
{
	static const char *const fields[] = { "calls", "errors", "in_flight" };
	json_t *latency = need(json_array()), *value;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		json_object_set_new(row, fields[i],
				    json_u64(number(json_object_get(counted,
								    fields[i]))));
	json_array_foreach(json_object_get(counted, LATENCY), i, value)
		json_array_append_new(latency, json_u64(number(value)));
	json_object_set_new(row, LATENCY, latency);
}

/* A method that has come or gone between the two replies has none. */
static void add_counters(json_t *rows, const json_t *stats)
{
	json_t *row, *counted;
	size_t i, k;

	json_array_foreach(rows, i, row)
		json_array_foreach(json_object_get(stats, "methods"), k, counted)
			if (is_about(counted, row))
				put_counters(row, counted);
}

static char *runs_text(const json_t *row)
{
	if (!json_is_true(json_object_get(row, "softirq")))
		return format("may sleep");
	if (json_is_true(json_object_get(row, "async")))
		return format("in softirq, answered later");
	return format("in softirq");
}

static char *quantile_text(const json_t *row, double part)
{
	const json_t *latency = json_object_get(row, LATENCY), *value;
	uint64_t counts[DOUBLINGS_MAX] = {}, us;
	size_t i;

	for (i = 0; i < DOUBLINGS_MAX; i++) {
		value = json_array_get(latency, i);
		counts[i] = (uint64_t)json_integer_value(value);
	}
	us = doublings_quantile(counts, DOUBLINGS_MAX, part);
	return us ? format("< %llu us", (unsigned long long)us) : format("-");
}

static char *median_text(const json_t *row)
{
	return quantile_text(row, 0.5);
}

static char *tail_text(const json_t *row)
{
	return quantile_text(row, 0.99);
}

static const struct column list_columns[] = {
	{ "SERVICE", "service", false, NULL },
	{ "METHOD", "method", false, NULL },
	{ "RUNS", NULL, false, runs_text },
	{},
};

static const struct column stats_columns[] = {
	{ "SERVICE", "service", false, NULL },
	{ "METHOD", "method", false, NULL },
	{ "CALLS", "calls", true, NULL },
	{ "ERRORS", "errors", true, NULL },
	{ "IN FLIGHT", "in_flight", true, NULL },
	{ "P50", NULL, true, median_text },
	{ "P99", NULL, true, tail_text },
	{},
};

static int services(struct ctl *ctl)
{
	struct pb_types *types = pb_types_builtin();
	struct kelp_channel_options options;
	struct kelp_channel *channel;
	json_t *list, *stats, *rows;

	remote_options(ctl, &options);
	channel = remote_open(ctl, &options);
	list = ask(ctl, channel, types, "List", "kelp.StatusListResponse");
	rows = rows_of(list);
	if (ctl->stats) {
		stats = ask(ctl, channel, types, "Stats",
			    "kelp.StatusStatsResponse");
		add_counters(rows, stats);
		json_decref(stats);
	}
	print_list(rows, ctl->stats ? stats_columns : list_columns, ctl->json);
	json_decref(list);
	kelp_channel_destroy(channel);
	pb_types_free(types);
	return 0;
}

static const struct verb verbs[] = {
	{
		.name = "",
		.operands = "ADDR",
		.help = "List the services and methods that a server offers.",
		.detail = REMOTE_DETAIL
			  "Asks kelp.Status, which knows those of the listener that it is asked at.\n"
			  "P50 and P99 are the times within which half of the calls, and 99 of 100,\n"
			  "were answered since the service came.\n",
		.options = REMOTE_OPTIONS | OPT_STATS,
		.least = 1,
		.most = 1,
		.run = services,
	},
	{ .name = NULL },
};

const struct object ctl_services = {
	"services", "The services and methods that a server offers.", verbs,
};
