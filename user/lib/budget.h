/* SPDX-License-Identifier: MIT */
/*
 * The retry budget of a channel: how many calls may be made again. Calls earn
 * it, and a little flows in by time, for channels with few calls.
 */
#ifndef LIBKELP_BUDGET_H
#define LIBKELP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* What flows in by time, and for how many seconds it is saved up. */
#define BUDGET_PER_SECOND 10
#define BUDGET_SECONDS 10
/* Most retries that are saved up of what calls earned. */
#define BUDGET_EARNED_MAX 100

/**
 * struct budget - two purses, either of which pays for a retry
 * @percent: hundredths of a retry that a call earns; set once by budget_init()
 * @earned: hundredths of a retry in the calls' purse; atomic
 * @full_ns: when the purse that time fills will be full again; atomic
 */
struct budget {
	unsigned int percent;

	_Atomic uint64_t earned;
	_Atomic uint64_t full_ns;
};

/**
 * budget_init() - begin with what time fills in full, and nothing earned
 * @budget: to be filled
 * @percent: hundredths of a retry that each call earns; 0 for none
 * @now_ns: ns of the clock that budget_spend() gets
 *
 * Not empty, because the first call of all may be the one that meets a server
 * that is down. Before any other thread knows of @budget.
 */
void budget_init(struct budget *budget, unsigned int percent, uint64_t now_ns);

/**
 * budget_earn() - count a call
 * @budget: the budget
 *
 * Any thread. While calls end well the purse is full, and then threads only
 * read here: its line stays in every processor's cache.
 */
void budget_earn(struct budget *budget);

/**
 * budget_spend() - may a call be made again?
 * @budget: the budget
 * @now_ns: ns; other threads may have come with a little more already
 *
 * Any thread. Takes from what flows in first, since that comes by itself.
 *
 * Return: true: yes, and it has been paid for; false: no.
 */
bool budget_spend(struct budget *budget, uint64_t now_ns);

#endif
