// SPDX-License-Identifier: MIT
/*
 * Calls the done() functions, in a thread of its own: neither the one that
 * receives nor the one that watches the time, which are the same.
 */
#include "teller.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel.h"
#include "container.h"
#include "mpsc.h"
#include "started.h"
#include "thread.h"

/**
 * struct teller - the thread
 * @channel: whose calls
 * @thread: it
 * @wake: an eventfd that blocks: there is something in @inbox
 * @inbox: calls that have ended
 * @stop: it is to end when @inbox is empty; any thread writes, once
 */
struct teller {
	struct kelp_channel *channel;
	pthread_t thread;
	int wake;
	struct mpsc inbox;
	_Atomic bool stop;
};

static void tell(struct kelp_call *call)
{
	/* before, so that done() can start another one at the limit */
	started_ended(call);
	call->done(&call->reply, call->data);
	kelp_call_put(call);
}

static void *teller_run(void *arg)
{
	struct teller *teller = arg;
	struct mpsc_node *node, *next;
	uint64_t value;
	bool stop;

	do {
		if (read(teller->wake, &value, sizeof(value)) < 0 &&
		    errno != EINTR)
			break;
		count(&teller->channel->counters.waits);
		/* acquire: pairs with teller_stop(): all was told before */
		stop = atomic_load_explicit(&teller->stop,
					    memory_order_acquire);
		for (node = mpsc_take(&teller->inbox); node; node = next) {
			next = node->next;
			tell(container_of(node, struct kelp_call, node));
		}
	} while (!stop);
	return NULL;
}

static void teller_wake(struct teller *teller)
{
	uint64_t one = 1;

	(void)!write(teller->wake, &one, sizeof(one));
}

int teller_start(struct teller **result, struct kelp_channel *channel)
{
	struct teller *teller = calloc(1, sizeof(*teller));
	int err;

	if (!teller)
		return -ENOMEM;
	teller->channel = channel;
	teller->wake = eventfd(0, EFD_CLOEXEC);
	err = teller->wake < 0 ? -errno :
				 thread_start(&teller->thread, teller_run,
					      teller);
	if (err) {
		teller_forget(teller);
		return err;
	}
	*result = teller;
	return 0;
}

bool teller_here(const struct teller *teller)
{
	return pthread_equal(teller->thread, pthread_self());
}

void teller_tell(struct teller *teller, struct kelp_call *call)
{
	if (!mpsc_push(&teller->inbox, &call->node))
		return;
	count(&teller->channel->counters.wakeups);
	teller_wake(teller);
}

void teller_stop(struct teller *teller)
{
	if (!teller)
		return;
	/* release: pairs with teller_run() */
	atomic_store_explicit(&teller->stop, true, memory_order_release);
	teller_wake(teller);
	pthread_join(teller->thread, NULL);
	teller_forget(teller);
}

void teller_forget(struct teller *teller)
{
	if (!teller)
		return;
	if (teller->wake >= 0)
		close(teller->wake);
	free(teller);
}
