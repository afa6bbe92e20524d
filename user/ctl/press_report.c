// SPDX-License-Identifier: GPL-2.0-only
/* What came of kelpctl press, for people and for programs. */
#include "press.h"

#include <stdlib.h>

#include "code.h"
#include "print.h"

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, need(value));
}

static json_t *ns(const struct press_result *result, double part)
{
	return json_u64(histogram_quantile(&result->latency, part));
}

static json_t *latency_json(const struct press_result *result)
{
	return need(json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			      "mean", json_u64(histogram_mean(&result->latency)),
			      "p50", ns(result, 0.5), "p90", ns(result, 0.9),
			      "p99", ns(result, 0.99),
			      "p99.9", ns(result, 0.999),
			      "max", ns(result, 1)));
}

static json_t *error_json(const struct tally_entry *entry)
{
	const char *name = code_name(entry->code);

	return need(json_pack("{s:o, s:i, s:o, s:o}",
			      "name", name ? json_string(name) : json_null(),
			      "code", entry->code,
			      "count", json_u64(entry->count),
			      "text", json_text(entry->text)));
}

static json_t *errors_json(const struct tally *tally)
{
	json_t *list = need(json_array());
	size_t i;

	for (i = 0; i < tally->count; i++)
		json_array_append_new(list, error_json(&tally->entries[i]));
	return list;
}

static double per_call(const struct press_result *result)
{
	uint64_t all = result->sends + result->receives + result->wakeups;

	return result->calls ? (double)all / (double)result->calls : 0;
}

/* What was asked for. */
static json_t *order_json(const struct press *press)
{
	const struct method *method = &press->request.method;

	return need(json_pack("{s:o, s:o, s:o, s:i, s:i, s:i, s:o}",
			      "target", json_text(press->ctl->argv[0]),
			      "service", json_text(method->service),
			      "method", json_text(method->name),
			      "threads", (int)press->threads,
			      "connections", (int)press->connections,
			      "pipeline", (int)press->pipeline,
			      "rate", press->rate ? json_u64(press->rate) :
						    json_null()));
}

static json_t *report_json(const struct press *press,
			   const struct press_result *result)
{
	double seconds = (double)(result->until_ns - press->start_ns) / 1e9;
	json_t *object = order_json(press);

	put(object, "seconds", json_real(seconds));
	put(object, "calls", json_u64(result->calls));
	put(object, "failed", json_u64(tally_total(&result->tally)));
	put(object, "unsent", json_u64(result->unsent));
	put(object, "calls_per_second",
	    json_real(seconds > 0 ? (double)result->in_time / seconds : 0));
	put(object, "latency_ns", latency_json(result));
	put(object, "errors", errors_json(&result->tally));
	put(object, "connects", json_u64(result->connects));
	put(object, "sends", json_u64(result->sends));
	put(object, "receives", json_u64(result->receives));
	put(object, "wakeups", json_u64(result->wakeups));
	put(object, "syscalls_per_call", json_real(per_call(result)));
	return object;
}

static double real(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

/* @text is to be freed, and is. */
static void put_text(json_t *object, const char *name, char *text)
{
	put(object, name, json_string(text));
	free(text);
}

static void put_latency(json_t *object, const char *name, const json_t *latency)
{
	double us = real(latency, name) / 1000;

	put_text(object, name, us ? format("%.1f us", us) : format("-"));
}

static const char *const quantiles[] = { "p50", "p90", "p99", "p99.9", "max" };

/* The same in words. */
static json_t *summary_json(const json_t *report)
{
	json_t *object = need(json_object());
	double calls = real(report, "calls");
	size_t i;

	put_text(object, "throughput",
		 format("%.1f calls/s in %.2f s",
			real(report, "calls_per_second"),
			real(report, "seconds")));
	for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		put_latency(object, quantiles[i],
			    json_object_get(report, "latency_ns"));
	if (calls)
		put_text(object, "syscalls",
			 format("%.3f per call: send %.3f, receive %.3f, wake %.3f",
				real(report, "syscalls_per_call"),
				real(report, "sends") / calls,
				real(report, "receives") / calls,
				real(report, "wakeups") / calls));
	put(object, "calls", json_incref(json_object_get(report, "calls")));
	put(object, "failed", json_incref(json_object_get(report, "failed")));
	return object;
}

static const struct column summary_columns[] = {
	{ "throughput", "throughput", false, NULL },
	{ "calls", "calls", false, NULL },
	{ "failed", "failed", false, NULL },
	{ "latency p50", "p50", false, NULL },
	{ "p90", "p90", false, NULL },
	{ "p99", "p99", false, NULL },
	{ "p99.9", "p99.9", false, NULL },
	{ "max", "max", false, NULL },
	{ "system calls", "syscalls", false, NULL },
	{},
};

static const struct column error_columns[] = {
	{ "ERROR", "name", false, NULL },
	{ "CODE", "code", true, NULL },
	{ "COUNT", "count", true, NULL },
	{ "TEXT OF THE FIRST", "text", false, NULL },
	{},
};

void press_report(const struct press *press, struct press_result *result)
{
	json_t *report;

	tally_sort(&result->tally);
	report = report_json(press, result);
	if (press->ctl->json) {
		print_json(report);
		return;
	}
	print_object(summary_json(report), summary_columns, false);
	json_decref(report);
	if (!result->tally.count)
		return;
	putchar('\n');
	print_list(errors_json(&result->tally), error_columns, false);
}
