/* SPDX-License-Identifier: MIT */
/*
 * A list that any thread adds to and one thread takes from, without a lock: what
 * is handed to a thread that sleeps in poll(). Neither waits for the other.
 *
 * tests/model/sendqueue.pml shows that nothing is lost, and no wake-up either,
 * when both keep to this order:
 *
 *    producer: mpsc_push(); when it said true, write to the eventfd
 *    consumer: read the eventfd; mpsc_take()
 *
 * The other way round the consumer would read away the wake-up for a node that
 * came after it took.
 */
#ifndef LIBKELP_MPSC_H
#define LIBKELP_MPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct mpsc_node - part of what is handed over
 * @next: the producer's until it is pushed, then the consumer's
 */
struct mpsc_node {
	struct mpsc_node *next;
};

/**
 * struct mpsc - what has been handed over and not been taken
 * @head: the newest node, which leads to the older ones; NULL when there is none
 */
struct mpsc {
	struct mpsc_node *_Atomic head;
};

/**
 * mpsc_init() - an empty list
 * @list: the list; no other thread knows of it yet
 */
static inline void mpsc_init(struct mpsc *list)
{
	atomic_init(&list->head, NULL);
}

/**
 * mpsc_push() - hand a node over
 * @list: the list
 * @node: in no list; the consumer's afterwards, who may have freed it already
 *	when this returns
 *
 * Any thread. Whether a head that was read is still the same node, or one that
 * was taken and has come back, makes no difference: it is at the front, and
 * nothing else was looked at.
 *
 * Return: true when the list was empty: the consumer has to be woken.
 */
static inline bool mpsc_push(struct mpsc *list, struct mpsc_node *node)
{
	struct mpsc_node *first;

	first = atomic_load_explicit(&list->head, memory_order_relaxed);
	/*
	 * Release: what the producer wrote comes before the node is in the
	 * list; pairs with the exchange in mpsc_take().
	 */
	do {
		node->next = first;
	} while (!atomic_compare_exchange_weak_explicit(&list->head, &first,
							node,
							memory_order_release,
							memory_order_relaxed));
	return !first;
}

/**
 * mpsc_take() - take all nodes
 * @list: the list
 *
 * The consumer's thread only. The nodes of one producer come in the order in
 * which it pushed them.
 *
 * Return: the oldest, which leads to the newer ones; NULL when there are none.
 */
static inline struct mpsc_node *mpsc_take(struct mpsc *list)
{
	struct mpsc_node *newest, *next, *oldest = NULL;

	/*
	 * Acquire: nodes are looked at after they were found; pairs with the
	 * compare-and-exchange in mpsc_push(), and with those before the last
	 * one too, since nothing but read-modify-writes came in between.
	 */
	newest = atomic_exchange_explicit(&list->head, NULL,
					  memory_order_acquire);
	for (; newest; newest = next) {
		next = newest->next;
		newest->next = oldest;
		oldest = newest;
	}
	return oldest;
}

#endif
