/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often each call was carried out, by a number that its caller chose: what
 * test.Count/Count counts. Several servers may share one, so that a call that
 * was made again elsewhere is seen twice. Any thread, unless it says otherwise.
 */
#ifndef TEST_EXECUTIONS_H
#define TEST_EXECUTIONS_H

#include <stddef.h>
#include <stdint.h>

struct executions;

/**
 * executions_create() - nothing was carried out yet
 *
 * Return: it, or NULL without memory.
 */
struct executions *executions_create(void);

/**
 * executions_destroy() - forget all
 * @executions: used by no server any more; or NULL
 */
void executions_destroy(struct executions *executions);

/**
 * executions_add() - a call was carried out
 * @executions: here
 * @id: which
 *
 * Return: how often it was by now; 0 without memory.
 */
uint64_t executions_add(struct executions *executions, uint64_t id);

/**
 * executions_of() - how often was a call carried out?
 * @executions: here
 * @id: which
 */
uint64_t executions_of(struct executions *executions, uint64_t id);

/**
 * struct executions_sum - all calls together
 * @total: executions
 * @ids: different calls
 * @twice: of these the ones that were carried out more than once
 * @most: how often the worst one was
 * @worst: which that is; of several any
 */
struct executions_sum {
	uint64_t total;
	uint64_t ids;
	uint64_t twice;
	uint64_t most;
	uint64_t worst;
};

/**
 * executions_sum() - all calls together
 * @executions: here
 * @sum: filled
 */
void executions_sum(struct executions *executions, struct executions_sum *sum);

/**
 * executions_clear() - begin again with nothing
 * @executions: here
 */
void executions_clear(struct executions *executions);

#endif
