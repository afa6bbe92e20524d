/* SPDX-License-Identifier: MIT */
/* Queues of replies. */
#ifndef LIBKELP_QUEUE_H
#define LIBKELP_QUEUE_H

struct kelp_call;
struct kelp_queue;

/* The call has ended, and is the queue's. Any thread. */
void queue_put(struct kelp_queue *queue, struct kelp_call *call);

#endif
