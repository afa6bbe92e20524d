// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list that threads hand things over by: nothing is lost, doubled or out of
 * its producer's order, and whoever sleeps is woken. The model in tests/model
 * shows it for few steps, this for many.
 */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "mpsc.h"

#define PRODUCERS 4

/* Nothing here takes so long, on any machine. */
#define PATIENCE_MS 120000

/* What is handed over; the node comes first. */
struct parcel {
	struct mpsc_node node;
	unsigned int from;
	unsigned int number;
};

/* A producer, and what the consumer knows of it. */
struct producer {
	struct post_office *office;
	pthread_t thread;
	unsigned int name;
	unsigned int got;	/* the consumer's */
	atomic_uint receipts;
};

struct post_office {
	struct mpsc list;
	int wake;
	unsigned int each;	/* parcels of one producer */
	bool one_by_one;	/* the next when the last was received */
	uint64_t until;
	atomic_bool failed;	/* a producer gave up */
	struct producer producer[PRODUCERS];
};

static void mpsc_push__says_when_it_was_empty(void **state)
{
	struct mpsc_node node[3];
	struct mpsc list;

	(void)state;
	mpsc_init(&list);
	assert_true(mpsc_push(&list, &node[0]));
	assert_false(mpsc_push(&list, &node[1]));
	assert_false(mpsc_push(&list, &node[2]));
	assert_non_null(mpsc_take(&list));
	assert_true(mpsc_push(&list, &node[1]));
	assert_ptr_equal(mpsc_take(&list), &node[1]);
	assert_null(node[1].next);
}

static void mpsc_take__nothing(void **state)
{
	struct mpsc list;

	(void)state;
	mpsc_init(&list);
	assert_null(mpsc_take(&list));
	assert_null(mpsc_take(&list));
}

static void mpsc_take__oldest_first(void **state)
{
	struct mpsc_node node[5], *at;
	struct mpsc list;
	size_t i;

	(void)state;
	mpsc_init(&list);
	for (i = 0; i < ARRAY_LEN(node); i++)
		mpsc_push(&list, &node[i]);
	at = mpsc_take(&list);
	for (i = 0; i < ARRAY_LEN(node); i++, at = at->next)
		assert_ptr_equal(at, &node[i]);
	assert_null(at);
	assert_null(mpsc_take(&list));
}

/* Wait until the consumer has got all that was sent; false: it does not. */
static bool await_receipt(struct producer *producer, unsigned int sent)
{
	while (atomic_load_explicit(&producer->receipts,
				    memory_order_relaxed) != sent) {
		if (clock_now() > producer->office->until)
			return false;
		sched_yield();
	}
	return true;
}

static void *produce(void *arg)
{
	struct producer *producer = arg;
	struct post_office *office = producer->office;
	struct parcel *parcel;
	unsigned int i;

	for (i = 0; i < office->each; i++) {
		parcel = malloc(sizeof(*parcel));
		if (!parcel)
			break;
		parcel->from = producer->name;
		parcel->number = i;
		/* from here on it is the consumer's, and may be gone */
		if (mpsc_push(&office->list, &parcel->node) &&
		    eventfd_write(office->wake, 1))
			break;
		if (office->one_by_one && !await_receipt(producer, i + 1))
			break;
	}
	if (i != office->each)
		atomic_store(&office->failed, true);
	return NULL;
}

/* Sleep until woken, however long that takes: there is something then. */
static void sleep_until_woken(struct post_office *office)
{
	struct pollfd wait = { .fd = office->wake, .events = POLLIN };
	eventfd_t value;
	int got;

	do
		got = poll(&wait, 1, clock_wait(clock_now(), office->until));
	while (got < 0 && errno == EINTR);
	/* else a wake-up was lost */
	assert_int_equal(got, 1);
	assert_int_equal(eventfd_read(office->wake, &value), 0);
}

/* Take until there is nothing; returns how many there were. */
static unsigned int receive(struct post_office *office)
{
	struct mpsc_node *node, *next;
	struct producer *producer;
	struct parcel *parcel;
	unsigned int count = 0;

	for (node = mpsc_take(&office->list); node; node = next) {
		next = node->next;
		parcel = (struct parcel *)node;
		assert_in_range(parcel->from, 0, PRODUCERS - 1);
		producer = &office->producer[parcel->from];
		assert_int_equal(parcel->number, producer->got);
		producer->got++;
		free(parcel);
		atomic_store_explicit(&producer->receipts, producer->got,
				      memory_order_relaxed);
		count++;
	}
	return count;
}

static void run_office(unsigned int each, bool one_by_one)
{
	struct post_office office = { .each = each, .one_by_one = one_by_one };
	unsigned int i, left = PRODUCERS * each;

	mpsc_init(&office.list);
	office.until = clock_in(clock_now(), PATIENCE_MS);
	office.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(office.wake >= 0);
	for (i = 0; i < PRODUCERS; i++) {
		office.producer[i].office = &office;
		office.producer[i].name = i;
		assert_int_equal(pthread_create(&office.producer[i].thread,
						NULL, produce,
						&office.producer[i]), 0);
	}
	while (left) {
		sleep_until_woken(&office);
		left -= receive(&office);
	}
	for (i = 0; i < PRODUCERS; i++) {
		pthread_join(office.producer[i].thread, NULL);
		assert_int_equal(office.producer[i].got, each);
	}
	assert_false(atomic_load(&office.failed));
	assert_null(mpsc_take(&office.list));
	close(office.wake);
}

/* A million, as fast as they come. */
static void mpsc_take__all_of_many_producers(void **state)
{
	(void)state;
	run_office(1000000 / PRODUCERS, false);
}

/* The list is empty all the time: each parcel is a wake-up to be lost. */
static void mpsc_take__no_wakeup_is_lost(void **state)
{
	(void)state;
	run_office(20000, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mpsc_push__says_when_it_was_empty),
		cmocka_unit_test(mpsc_take__nothing),
		cmocka_unit_test(mpsc_take__oldest_first),
		cmocka_unit_test(mpsc_take__all_of_many_producers),
		cmocka_unit_test(mpsc_take__no_wakeup_is_lost),
	};

	return cmocka_run_group_tests_name("mpsc", tests, NULL, NULL);
}
