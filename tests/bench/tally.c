// SPDX-License-Identifier: GPL-2.0-only
/* What a load generator has counted: see tally.h. */
#include "tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tally_code(struct tally *tally, int32_t code)
{
	int i;

	for (i = 0; i < CODES - 1; i++)
		if (!tally->code_count[i] || tally->codes[i] == code)
			break;
	tally->codes[i] = code;
	tally->code_count[i]++;
}

static void note(struct tally *tally, const char *begin, const char *format,
		 va_list args)
{
	size_t len = strlen(begin);

	if (tally->why[0])
		return;
	memcpy(tally->why, begin, len);
	vsnprintf(tally->why + len, sizeof(tally->why) - len, format, args);
}

/* Say what went wrong, unless something else did before. */
void tally_note(struct tally *tally, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(tally, "", format, args);
	va_end(args);
}

/* A reply was not what it should have been. */
void tally_wrong(struct tally *tally, const char *format, ...)
{
	va_list args;

	tally->mismatches++;
	va_start(args, format);
	note(tally, "a reply was wrong: ", format, args);
	va_end(args);
}

void tally_merge(struct tally *all, const struct tally *one)
{
	int i, j;

	histogram_merge(&all->latency, &one->latency);
	all->sent += one->sent;
	all->mismatches += one->mismatches;
	all->unknown_ids += one->unknown_ids;
	all->connect_errors += one->connect_errors;
	all->read_errors += one->read_errors;
	all->write_errors += one->write_errors;
	all->closed += one->closed;
	all->lost += one->lost;
	if (!all->why[0])
		memcpy(all->why, one->why, sizeof(all->why));
	for (i = 0; i < CODES; i++) {
		if (!one->code_count[i])
			continue;
		for (j = 0; j < CODES - 1; j++)
			if (!all->code_count[j] ||
			    all->codes[j] == one->codes[i])
				break;
		all->codes[j] = one->codes[i];
		all->code_count[j] += one->code_count[i];
	}
}

static double us(const struct tally *tally, double share)
{
	return histogram_quantile(&tally->latency, share) / 1e3;
}

void tally_print_json(const struct tally *tally, double seconds)
{
	const struct histogram *latency = &tally->latency;
	int i;

	printf("{\"calls\": %" PRIu64 ", \"seconds\": %.3f, "
	       "\"calls_per_second\": %.1f, \"sent\": %" PRIu64 ", ",
	       latency->count, seconds, latency->count / seconds, tally->sent);
	printf("\"latency_us\": {\"mean\": %.1f, \"p50\": %.1f, \"p90\": %.1f, "
	       "\"p99\": %.1f, \"p99.9\": %.1f, \"max\": %.1f}, ",
	       latency->count ? latency->sum / 1e3 / latency->count : 0,
	       us(tally, 0.5), us(tally, 0.9), us(tally, 0.99),
	       us(tally, 0.999), latency->max / 1e3);
	printf("\"errors\": {");
	for (i = 0; i < CODES && tally->code_count[i]; i++)
		printf("%s\"%d\": %" PRIu64, i ? ", " : "", tally->codes[i],
		       tally->code_count[i]);
	printf("}, \"mismatches\": %" PRIu64 ", \"unknown_ids\": %" PRIu64
	       ", \"lost\": %" PRIu64 ", ", tally->mismatches,
	       tally->unknown_ids, tally->lost);
	printf("\"socket_errors\": {\"connect\": %" PRIu64 ", \"read\": %" PRIu64
	       ", \"write\": %" PRIu64 ", \"closed\": %" PRIu64 "}}\n",
	       tally->connect_errors, tally->read_errors, tally->write_errors,
	       tally->closed);
}

void tally_print(const struct tally *tally, double seconds)
{
	int i;

	printf("%" PRIu64 " calls in %.2f s: %.1f calls/s\n",
	       tally->latency.count, seconds, tally->latency.count / seconds);
	printf("latency: p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, max %.1f us\n",
	       us(tally, 0.5), us(tally, 0.9), us(tally, 0.99),
	       us(tally, 0.999), tally->latency.max / 1e3);
	for (i = 0; i < CODES && tally->code_count[i]; i++)
		printf("error %d: %" PRIu64 " times\n", tally->codes[i],
		       tally->code_count[i]);
	if (tally->mismatches || tally->unknown_ids || tally->lost)
		printf("wrong replies: %" PRIu64 ", to no call: %" PRIu64
		       ", calls lost: %" PRIu64 "\n", tally->mismatches,
		       tally->unknown_ids, tally->lost);
	if (tally->connect_errors || tally->read_errors ||
	    tally->write_errors || tally->closed)
		printf("socket errors: connect %" PRIu64 ", read %" PRIu64
		       ", write %" PRIu64 ", closed %" PRIu64 "\n",
		       tally->connect_errors, tally->read_errors,
		       tally->write_errors, tally->closed);
}

bool tally_good(const struct tally *tally)
{
	return tally->latency.count && !tally->code_count[0] &&
	       !tally->mismatches && !tally->unknown_ids && !tally->lost &&
	       !tally->connect_errors && !tally->read_errors &&
	       !tally->write_errors && !tally->closed;
}
