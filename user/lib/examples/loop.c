// SPDX-License-Identifier: MIT
/* Calls in a program that has an event loop: replies come to a descriptor. */
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>

#include <kelp/client.h>

#define CALLS 10

int main(int argc, char **argv)
{
	static const char message[] = "\x0a\x05hello";
	struct kelp_request request = {
		.service = "kelp.Echo", .method = "Echo",
		.message = { message, sizeof(message) - 1 },
	};
	struct pollfd events[1] = { { .events = POLLIN } };
	struct kelp_channel *channel;
	struct kelp_queue *queue;
	struct kelp_reply *reply;
	int rc, i, left = CALLS;
	void *data;

	if (argc != 2)
		errx(2, "usage: loop HOST:PORT");
	rc = kelp_channel_create(&channel, argv[1], NULL);
	if (!rc)
		rc = kelp_queue_create(&queue);
	if (rc)
		errx(1, "%s: %s", argv[1], kelp_strerror(rc));
	for (i = 0; i < CALLS; i++) {
		rc = kelp_call_enqueue(channel, &request, NULL, queue,
				       (void *)(intptr_t)i, NULL);
		if (rc)
			errx(1, "call %d: %s", i, kelp_strerror(rc));
	}
	events[0].fd = kelp_queue_fd(queue);
	while (left) {
		/* here the program's other descriptors would be, too */
		if (poll(events, 1, -1) < 0)
			err(1, "poll");
		while ((reply = kelp_queue_next(queue, 0, &data))) {
			printf("call %d: %s\n", (int)(intptr_t)data,
			       reply->code ? reply->text : "done");
			kelp_reply_free(reply);
			left--;
		}
	}
	kelp_channel_destroy(channel);
	kelp_queue_destroy(queue);
	return 0;
}
