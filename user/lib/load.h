/* SPDX-License-Identifier: MIT */
/*
 * How much a server has to do, and how quick it was: what balancing goes by.
 * Any thread, without locks.
 */
#ifndef LIBKELP_LOAD_H
#define LIBKELP_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct load - how much a server has to do, and how quick it was
 * @weight: its share, at least 1; set once
 * @key: a hash of its name, different from that of any other; set once
 * @inflight: attempts under way; atomic
 * @ewma_ns: what its calls lately took, as of @stamp_ns; 0 when none has ended
 *	yet; atomic
 * @stamp_ns: up to when @ewma_ns has been brought; atomic
 * @usable: may it get calls? Atomic, changes at any time
 *
 * What is not set once begins as zeroes.
 */
struct load {
	unsigned int weight;
	uint64_t key;

	_Atomic unsigned int inflight;
	_Atomic uint64_t ewma_ns;
	_Atomic uint64_t stamp_ns;
	_Atomic int usable;
};

/**
 * load_begin() - an attempt begins
 * @load: the server's
 *
 * Any thread.
 */
void load_begin(struct load *load);

/**
 * load_end() - an attempt has ended
 * @load: the server's; load_begin() was called for the attempt
 * @took_ns: how long it took, ns; 0 with @good: it says nothing about that, as
 *	when it was cancelled
 * @good: it did not fail by the server's fault
 * @now_ns: ns; other threads may have come with a little more already
 *
 * Any thread.
 */
void load_end(struct load *load, uint64_t took_ns, bool good, uint64_t now_ns);

/**
 * load_forget() - a server comes back: what its calls took was of another time
 * @load: the server's
 *
 * Any thread. Without this the failures that took it out of use would keep
 * calls away from it for seconds more. Attempts that are under way may bring a
 * little of the past back when they end.
 */
void load_forget(struct load *load);

/**
 * load_cost() - how long a call would take there
 * @load: the server's
 * @now_ns: ns, of the clock that load_end() gets
 *
 * Any thread. One call at a time counts on a server having recovered; see the
 * head of load.c.
 *
 * Return: a number to compare with that of another server: what calls lately
 * took, as often as there would be calls, by weight.
 */
double load_cost(const struct load *load, uint64_t now_ns);

/**
 * load_inflight() - attempts under way
 * @load: the server's
 *
 * Any thread.
 *
 * Return: how many.
 */
static inline unsigned int load_inflight(const struct load *load)
{
	return atomic_load_explicit(&load->inflight, memory_order_relaxed);
}

#endif
