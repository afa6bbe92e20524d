/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How well the machine kept time while a test ran. A call has to end by its
 * deadline and 50 ms; on a machine that has other things to do a thread may not
 * even run for so long. So that such tests can be strict where there is nothing
 * else to do and fair where there is, the kernel is asked all the time how long
 * the threads of this program wanted to run and were not let. Any thread.
 */
#ifndef TEST_CLIENT_PACE_H
#define TEST_CLIENT_PACE_H

#include <stdint.h>

/**
 * pace_start() - begin to look, unless that has begun
 *
 * Goes on until the program ends.
 */
void pace_start(void);

/**
 * pace_lost() - how long was this program not let run?
 * @from_ns: between this time, CLOCK_MONOTONIC
 * @to_ns: and that one
 *
 * Return: nanoseconds of it that its threads waited for a CPU, all together, but
 * no more than there are; 0 on kernels that do not tell.
 */
uint64_t pace_lost(uint64_t from_ns, uint64_t to_ns);

#endif
