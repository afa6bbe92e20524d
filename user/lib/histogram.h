/* SPDX-License-Identifier: MIT */
/*
 * How long calls took, counted by any thread, in the classes of struct
 * kelp_histogram. Below 16 ns each number is a class; above, each doubling is
 * divided into eight, so that a class is at most an eighth as wide as what it
 * holds. The last one, from 16.1 s, has no end.
 */
#ifndef LIBKELP_HISTOGRAM_H
#define LIBKELP_HISTOGRAM_H

#include <stdint.h>

#include <kelp/client.h>

/**
 * struct latency - a histogram that is being filled
 * @sum_ns: of all; atomic
 * @max_ns: the longest; atomic
 * @classes: how many in each class; atomic
 *
 * Begins as zeroes. How many there are is not counted apart: it is what the
 * classes add up to, and one write less for each call.
 */
struct latency {
	_Atomic uint64_t sum_ns;
	_Atomic uint64_t max_ns;
	_Atomic uint64_t classes[KELP_HISTOGRAM_CLASSES];
};

/**
 * latency_add() - count a call
 * @latency: the histogram
 * @ns: how long it took
 *
 * Any thread.
 */
void latency_add(struct latency *latency, uint64_t ns);

/**
 * latency_read() - add up what was counted
 * @latency: the histogram; calls are counted meanwhile
 * @out: what it holds is added to this
 *
 * Any thread, @out being its own. No snapshot, but @out's count is that of its
 * classes, and none of them took longer than its maximum.
 */
void latency_read(const struct latency *latency, struct kelp_histogram *out);

#endif
