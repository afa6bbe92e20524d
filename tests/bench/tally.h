/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a load generator counts, and how it is told.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

#define CODES 16

/**
 * struct tally - what came of it; one per thread, added up at the end
 * @latency: of the calls, which requests are too, that were answered rightly
 * @sent: calls that were sent
 * @codes: error codes that came
 * @code_count: how often; a code that finds no room goes to the last one
 * @mismatches: replies that were not what they should be
 * @unknown_ids: replies to no call that was in flight
 * @connect_errors: connections that could not be made
 * @read_errors: connections that broke while reading
 * @write_errors: or while writing
 * @closed: connections that the server ended
 * @lost: calls that were not answered
 * @why: what the first thing that went wrong was
 */
struct tally {
	struct histogram latency;
	uint64_t sent;
	int32_t codes[CODES];
	uint64_t code_count[CODES];
	uint64_t mismatches;
	uint64_t unknown_ids;
	uint64_t connect_errors;
	uint64_t read_errors;
	uint64_t write_errors;
	uint64_t closed;
	uint64_t lost;
	char why[200];
};

void tally_code(struct tally *tally, int32_t code);
void tally_note(struct tally *tally, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void tally_wrong(struct tally *tally, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void tally_merge(struct tally *all, const struct tally *one);
void tally_print(const struct tally *tally, double seconds);
void tally_print_json(const struct tally *tally, double seconds);
bool tally_good(const struct tally *tally);

#endif
