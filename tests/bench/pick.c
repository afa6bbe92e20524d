// SPDX-License-Identifier: GPL-2.0-only
/* Drawing lots: see pick.h. */
#include "pick.h"

#include <math.h>
#include <stdlib.h>

/* Sequences of two threads have nothing in common. */
void random_init(uint64_t *state, uint64_t seed, unsigned int index)
{
	int i;

	*state = (seed << 16 ^ index) * 0x9e3779b97f4a7c15ull | 1;
	for (i = 0; i < 16; i++)
		random_next(state);
}

/*
 * The alias method: numbers that are less likely than 1 / count share their cell
 * with one that is likelier. @weight becomes what a cell has left; @order holds
 * the unlikely ones from its begin on and the likely ones from its end on.
 */
static void deal(struct pick *pick, double *weight, uint32_t *order)
{
	uint32_t small = 0, large = pick->count, i, little, much;

	for (i = 0; i < pick->count; i++) {
		pick->cells[i] = (struct pick_cell){ UINT32_MAX, i };
		if (weight[i] < 1)
			order[small++] = i;
		else
			order[--large] = i;
	}
	while (small && large < pick->count) {
		little = order[--small];
		much = order[large];
		pick->cells[little].share = weight[little] * 4294967295.0;
		pick->cells[little].other = much;
		weight[much] -= 1 - weight[little];
		if (weight[much] < 1) {
			large++;
			order[small++] = much;
		}
	}
}

/*
 * Number n is drawn as often as (n + 1)^-@exponent demands; 0 means that all are
 * as likely. -1 without memory.
 */
int pick_init(struct pick *pick, uint32_t count, double exponent)
{
	double *weight, sum = 0;
	uint32_t *order, i;

	pick->count = count;
	pick->cells = NULL;
	if (exponent == 0)
		return 0;
	pick->cells = calloc(count, sizeof(*pick->cells));
	weight = calloc(count, sizeof(*weight));
	order = calloc(count, sizeof(*order));
	if (pick->cells && weight && order) {
		for (i = 0; i < count; i++)
			sum += weight[i] = pow(i + 1, -exponent);
		for (i = 0; i < count; i++)
			weight[i] *= count / sum;
		deal(pick, weight, order);
	}
	i = pick->cells && weight && order;
	free(weight);
	free(order);
	return i ? 0 : -1;
}
