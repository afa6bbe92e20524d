// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels without memory: one is made, looked after and ended while the n-th
 * allocation fails, for each n. Calls: nomem_test.c.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "fleet.h"
#include "starve.h"

#define SEVERAL 5

/* Two servers, and channels to them. */
static struct fleet fleet;

static const struct kelp_call_options patient = {
	.size = sizeof(patient),
	.timeout_ms = KIT_PATIENCE_MS,
};

static const struct kelp_channel_options options = {
	.size = sizeof(options),
	.secret = "a word",
	.balance = KELP_BALANCE_HASH,
	.io_threads = 2,
	.breaker_failures = -1,
	.health_interval_ms = 5,
	.health_max_ms = 10,
};

static void create_one(const char *name)
{
	struct kelp_channel_options given = options;
	struct kelp_channel *channel;
	bool all = false;
	long n = 0;
	int rc;

	given.pool_initial = 2;
	do {
		starve_from(n++, all);
		rc = kelp_channel_create(&channel, name, &given);
		if (starve_over()) {
			/* connections that are opened at once need not be */
			assert_true(!rc || rc == -ENOMEM);
		} else {
			assert_int_equal(rc, 0);
			assert_true(n > 5);
			n = all ? -1 : 0;
			all = true;
		}
		if (!rc)
			kelp_channel_destroy(channel);
	} while (n >= 0);
}

static void create__each_target(void **state)
{
	char file[] = "/tmp/nomem.XXXXXX", name[64];
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "%s 2\n%s # two\nlocalhost:%u\n",
			    server_name(fleet.server[0]),
			    server_name(fleet.server[1]),
			    server_port(fleet.server[1])) > 0);
	close(fd);
	create_one(server_name(fleet.server[0]));
	create_one(fleet.target);
	snprintf(name, sizeof(name), "file://%s", file);
	create_one(name);
	snprintf(name, sizeof(name), "dns://localhost:%u",
		 server_port(fleet.server[0]));
	create_one(name);
	unlink(file);
}

/* Calls that have ended. */
struct tale {
	_Atomic size_t told;
};

static void note_canceled(const struct kelp_reply *reply, void *data)
{
	struct tale *tale = data;

	starve_check(reply->code == -ECANCELED || reply->code == -ENOMEM,
		     "neither error");
	atomic_fetch_add(&tale->told, 1);
}

/* Ending a channel needs no memory, and tells of all calls before it returns. */
static void destroy__under_way(void **state)
{
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	struct kelp_channel *channel;
	uint8_t room[COUNT_ROOM];
	struct tale tale = { 0 };
	int i;

	(void)state;
	channel = fleet_channel(&fleet, &options);
	starve_assert_works(channel);
	request.message = count_message(room, 1, "#never ");
	for (i = 0; i < SEVERAL; i++)
		assert_int_equal(kelp_call_start(channel, &request, &patient,
						 note_canceled, &tale, NULL),
				 0);
	starve_from(0, true);
	kelp_channel_destroy(channel);
	starve_over();
	assert_int_equal(tale.told, SEVERAL);
	assert_null(starve_wrong());
}

/*
 * There is no memory for a new list of servers: it is used when there is. The
 * file is not so young, when it is looked at, that it were read again anyhow.
 */
static void keeper__new_list(void **state)
{
	struct kelp_channel_options given = options;
	char file[] = "/tmp/nomem.XXXXXX", name[64];
	int fd = mkstemp(file), there = 0;
	struct kelp_channel *channel;
	bool had_failed;
	long n = 0;

	(void)state;
	assert_true(fd >= 0);
	given.refresh_ms = 150;
	snprintf(name, sizeof(name), "file://%s", file);
	do {
		there = !there;
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(kelp_channel_create(&channel, name, &given),
				 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_true(dprintf(fd, "%s\n",
				    server_name(fleet.server[there])) > 0);
		starve_from(n++, false);
		if (!channel_await(channel, server_name(fleet.server[there]),
				   KELP_ENDPOINT_UP, 3000))
			fail_msg("allocation %ld: the list was lost", n - 1);
		had_failed = starve_over();
		kelp_channel_destroy(channel);
	} while (had_failed);
	assert_true(n > 5);
	close(fd);
	unlink(file);
}

static int servers_start(void **state)
{
	(void)state;
	fleet_create(&fleet, 2, NULL);
	return 0;
}

static int servers_end(void **state)
{
	(void)state;
	fleet_destroy(&fleet);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create__each_target),
		cmocka_unit_test(destroy__under_way),
		cmocka_unit_test(keeper__new_list),
	};

	return cmocka_run_group_tests_name("nomem_channel", tests,
					   servers_start, servers_end);
}
