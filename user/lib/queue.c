// SPDX-License-Identifier: MIT
/*
 * Queues of replies, which a program polls in its own event loop. I/O threads
 * put, any thread takes.
 */
#include "queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <kelp/client.h>

#include "channel.h"
#include "clock.h"
#include "container.h"
#include "started.h"

/**
 * struct kelp_queue - a queue
 * @lock: protects all but @fd; nothing is taken inside
 * @first: the oldest, linked by kelp_call.node
 * @last: where the next one is linked
 * @told: @fd is readable, which it is while there is one
 * @fd: an eventfd that does not block; set once
 */
struct kelp_queue {
	pthread_mutex_t lock;
	struct mpsc_node *first;
	struct mpsc_node **last;
	bool told;
	int fd;
};

int kelp_queue_create(struct kelp_queue **result)
{
	struct kelp_queue *queue = calloc(1, sizeof(*queue));
	int err;

	if (!queue)
		return -ENOMEM;
	queue->last = &queue->first;
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->fd < 0) {
		err = -errno;
		free(queue);
		return err;
	}
	err = -pthread_mutex_init(&queue->lock, NULL);
	if (err) {
		close(queue->fd);
		free(queue);
		return err;
	}
	*result = queue;
	return 0;
}

int kelp_queue_fd(const struct kelp_queue *queue)
{
	return queue->fd;
}

void queue_put(struct kelp_queue *queue, struct kelp_call *call)
{
	uint64_t one = 1;

	call->node.next = NULL;
	pthread_mutex_lock(&queue->lock);
	*queue->last = &call->node;
	queue->last = &call->node.next;
	if (!queue->told) {
		queue->told = true;
		count(&call->channel->counters.wakeups);
		(void)!write(queue->fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&queue->lock);
}

static struct kelp_call *queue_take(struct kelp_queue *queue)
{
	struct mpsc_node *node;
	uint64_t value;

	pthread_mutex_lock(&queue->lock);
	node = queue->first;
	if (node) {
		queue->first = node->next;
		if (!queue->first)
			queue->last = &queue->first;
	} else if (queue->told) {
		/* only now: as long as replies are taken nobody is woken */
		queue->told = false;
		(void)!read(queue->fd, &value, sizeof(value));
	}
	pthread_mutex_unlock(&queue->lock);
	return node ? container_of(node, struct kelp_call, node) : NULL;
}

struct kelp_reply *kelp_queue_next(struct kelp_queue *queue, int timeout_ms,
				   void **data)
{
	uint64_t until = clock_in(clock_now(), timeout_ms), now;
	struct pollfd wait = { .fd = queue->fd, .events = POLLIN };
	struct kelp_call *call;

	while (!(call = queue_take(queue))) {
		now = clock_now();
		if (now >= until)
			return NULL;
		poll(&wait, 1, clock_wait(now, until));
	}
	if (data)
		*data = call->data;
	return &call->reply;
}

void kelp_reply_free(struct kelp_reply *reply)
{
	if (reply)
		kelp_call_put(container_of(reply, struct kelp_call, reply));
}

void kelp_queue_destroy(struct kelp_queue *queue)
{
	struct kelp_call *call;

	if (!queue)
		return;
	while ((call = queue_take(queue)))
		kelp_call_put(call);
	close(queue->fd);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}
