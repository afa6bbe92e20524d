// SPDX-License-Identifier: MIT
/* A thousand calls under way at a time on one connection. */
#include <err.h>
#include <pthread.h>
#include <stdio.h>

#include <kelp/client.h>

#define CALLS 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_done = PTHREAD_COND_INITIALIZER;
static int left = CALLS, failed;

/* In a thread of the channel's. It may take long, or start other calls. */
static void done(const struct kelp_reply *reply, void *data)
{
	(void)data;
	pthread_mutex_lock(&lock);
	if (reply->code)
		failed++;
	if (!--left)
		pthread_cond_signal(&all_done);
	pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv)
{
	/* field 1, five bytes: what kelp.Echo takes and returns */
	static const char message[] = "\x0a\x05hello";
	struct kelp_request request = {
		.service = "kelp.Echo", .method = "Echo",
		.message = { message, sizeof(message) - 1 },
	};
	struct kelp_channel_stats stats;
	struct kelp_channel *channel;
	int rc, i;

	if (argc != 2)
		errx(2, "usage: async HOST:PORT");
	rc = kelp_channel_create(&channel, argv[1], NULL);
	if (rc)
		errx(1, "%s: %s", argv[1], kelp_strerror(rc));
	for (i = 0; i < CALLS; i++) {
		rc = kelp_call_start(channel, &request, NULL, done, NULL, NULL);
		if (rc)
			errx(1, "call %d: %s", i, kelp_strerror(rc));
	}
	pthread_mutex_lock(&lock);
	while (left)
		pthread_cond_wait(&all_done, &lock);
	pthread_mutex_unlock(&lock);
	kelp_channel_stats(channel, &stats, sizeof(stats));
	printf("%d calls, %d failed, %llu connection, half of them within %llu us\n",
	       CALLS, failed, (unsigned long long)stats.connects,
	       (unsigned long long)kelp_histogram_quantile(&stats.latency,
							   0.5) / 1000);
	kelp_channel_destroy(channel);
	return failed != 0;
}
