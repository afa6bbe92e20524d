// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that is away for a while, and a hundred clients that want it back:
 * they must not storm it, and must not forget it either. The server is asked at
 * a different address by each, 127.0.1.1 and following, so that connect(), which
 * the linker has replaced here, can tell them apart.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "client_pace.h"
#include "fleet.h"
#include "stage.h"

#define CHANNELS 100
#define NOTES 256
#define ADDRESSES 0x7f000100u

/* Some time, and how often a client may ask within it. */
#define PER_SECOND 2
#define ANY_SECOND 3
#define BACK_MS 5000

/**
 * struct notes - attempts to connect
 * @lock: protects the rest
 * @nr: how many, for each client
 * @at: when the first of them were made
 */
static struct {
	pthread_mutex_t lock;
	size_t nr[CHANNELS];
	uint64_t at[CHANNELS][NOTES];
} notes = { .lock = PTHREAD_MUTEX_INITIALIZER };

int __real_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)addr;
	uint32_t which;

	if (addr->sa_family == AF_INET) {
		which = ntohl(in->sin_addr.s_addr) - ADDRESSES - 1;
		pthread_mutex_lock(&notes.lock);
		if (which < CHANNELS && notes.nr[which] < NOTES)
			notes.at[which][notes.nr[which]++] = kit_now();
		pthread_mutex_unlock(&notes.lock);
	}
	return __real_connect(fd, addr, len);
}

/* The clients, and since when the last call of each has been a good one. */
struct crowd {
	struct kelp_channel *channel[CHANNELS];
	struct server *server;
	uint64_t good_at[CHANNELS];
};

static void crowd_add(struct crowd *crowd, size_t i)
{
	char target[32];

	snprintf(target, sizeof(target), "127.0.1.%zu:%u", i + 1,
		 server_port(crowd->server));
	assert_int_equal(kelp_channel_create(&crowd->channel[i], target, NULL),
			 0);
}

static void crowd_note(struct crowd *crowd, size_t i, int code)
{
	if (code)
		crowd->good_at[i] = 0;
	else if (!crowd->good_at[i])
		crowd->good_at[i] = kit_now();
}

/* A call on each channel, every other one of them started. */
static void crowd_call(struct crowd *crowd, size_t count)
{
	struct kelp_fanout_part part[CHANNELS / 2];
	uint8_t room[COUNT_ROOM];
	size_t i, nr = 0;

	for (i = 0; i < count; i++) {
		if (i % 2)
			part[nr++] = (struct kelp_fanout_part){
				.channel = crowd->channel[i],
				.request = {
					.service = "test.Count",
					.method = "Count",
					.message = count_message(room, 1, ""),
				},
			};
		else
			crowd_note(crowd, i, count_call(crowd->channel[i], 1,
							"", NULL, NULL));
	}
	kelp_fanout(part, nr, 0);
	for (i = 0; i < nr; i++) {
		crowd_note(crowd, 2 * i + 1, part[i].reply.code);
		kelp_reply_clear(&part[i].reply);
	}
}

/* How many of them have no server. */
static size_t crowd_missing(const struct crowd *crowd, size_t count)
{
	size_t i, missing = 0;

	for (i = 0; i < count; i++)
		missing += !crowd->good_at[i];
	return missing;
}

/* The most in any second, be it between two full seconds or across one. */
static size_t busiest_second(const uint64_t *at, size_t nr)
{
	size_t first = 0, i, most = 0;

	for (i = 0; i < nr; i++) {
		while (at[i] - at[first] >= 1000 * KIT_MS)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	return most;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * The pauses between the third and the fourth attempt, which are about as long
 * for all: half of them have to lie further apart than an eighth of the longest.
 */
static void assert_jitter(void)
{
	uint64_t pause[CHANNELS];
	size_t i;

	for (i = 0; i < CHANNELS; i++) {
		assert_true(notes.nr[i] >= 4);
		pause[i] = notes.at[i][3] - notes.at[i][2];
	}
	qsort(pause, CHANNELS, sizeof(pause[0]), compare);
	assert_true(pause[CHANNELS * 3 / 4] - pause[CHANNELS / 4] >
		    pause[CHANNELS - 1] / 8);
}

static void assert_modest(uint64_t begun, uint64_t now)
{
	uint64_t seconds = (now - begun) / (1000 * KIT_MS);
	size_t i, most;

	pthread_mutex_lock(&notes.lock);
	for (i = 0; i < CHANNELS; i++) {
		most = busiest_second(notes.at[i], notes.nr[i]);
		if (most > ANY_SECOND || notes.nr[i] > PER_SECOND * seconds)
			fail_msg("client %zu tried %zu times in %lu s, and %zu in one of them",
				 i, notes.nr[i], (long)seconds, most);
		/* but it has tried, at least each 3.3 s */
		assert_true(notes.nr[i] >= seconds / 4);
	}
	assert_jitter();
	pthread_mutex_unlock(&notes.lock);
}

static void away(void **state)
{
	static struct crowd crowd;
	const struct server_options everywhere = { .everywhere = true };
	uint64_t begun, now, lost;
	size_t i;

	(void)state;
	pace_start();
	assert_int_equal(server_create(&crowd.server, &everywhere), 0);
	/* a half of them know it, the others come while it is away */
	for (i = 0; i < CHANNELS / 2; i++)
		crowd_add(&crowd, i);
	crowd_call(&crowd, CHANNELS / 2);
	assert_int_equal(crowd_missing(&crowd, CHANNELS / 2), 0);
	server_stop(crowd.server);
	begun = kit_now();
	memset(notes.nr, 0, sizeof(notes.nr));
	for (i = CHANNELS / 2; i < CHANNELS; i++)
		crowd_add(&crowd, i);
	while (kit_ms_since(begun) < (test_full() ? 30000 : 5000)) {
		crowd_call(&crowd, CHANNELS);
		assert_int_equal(crowd_missing(&crowd, CHANNELS), CHANNELS);
		/* some time for others, too */
		for (i = 0; i < 50; i++)
			stage_nap();
	}
	assert_modest(begun, kit_now());
	assert_int_equal(server_start(crowd.server), 0);
	begun = kit_now();
	do {
		crowd_call(&crowd, CHANNELS);
		now = kit_now();
		lost = pace_lost(begun, now);
		if (now - begun > BACK_MS * KIT_MS + lost)
			fail_msg("%zu clients are not back",
				 crowd_missing(&crowd, CHANNELS));
	} while (crowd_missing(&crowd, CHANNELS));
	for (i = 0; i < CHANNELS; i++)
		kelp_channel_destroy(crowd.channel[i]);
	server_destroy(crowd.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(away),
	};

	return cmocka_run_group_tests_name("away", tests, NULL, NULL);
}
