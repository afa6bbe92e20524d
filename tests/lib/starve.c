// SPDX-License-Identifier: GPL-2.0-only
/* Memory that runs out: see starve.h. */
#include "starve.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "fleet.h"
#include "stage.h"

/*
 * Which allocation fails, counted from 0; negative: none does. How many there
 * were since that was said; whether those behind it fail too; whether any has.
 */
static _Atomic long target = -1;
static _Atomic long seen;
static _Atomic bool all_behind;
static _Atomic bool failed;

static _Atomic(const char *) wrong;

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
	long which = atomic_load(&target), now;

	if (which < 0 || stage_here())
		return false;
	now = atomic_fetch_add(&seen, 1);
	if (now < which || (now > which && !atomic_load(&all_behind)))
		return false;
	atomic_store(&failed, true);
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

void starve_from(long n, bool all)
{
	atomic_store(&failed, false);
	atomic_store(&seen, 0);
	atomic_store(&all_behind, all);
	atomic_store(&target, n);
}

bool starve_over(void)
{
	atomic_store(&target, -1);
	return atomic_load(&failed);
}

void starve_check(bool good, const char *what)
{
	if (!good && !atomic_load(&wrong))
		atomic_store(&wrong, what);
}

void starve_check_code(int code)
{
	starve_check(!code || code == -ENOMEM, "a code that is not -ENOMEM");
}

const char *starve_wrong(void)
{
	return atomic_load(&wrong);
}

void starve_assert_works(struct kelp_channel *channel)
{
	const struct kelp_call_options patient = {
		.size = sizeof(patient), .timeout_ms = KIT_PATIENCE_MS,
	};
	struct kelp_reply reply;

	if (count_call(channel, count_id(), "", &patient, &reply) ||
	    count_call_started(channel, count_id(), "", &patient, &reply))
		fail_msg("the channel does not work any more: %d, %s",
			 reply.code, reply.text);
}

static void each_allocation(const struct fleet *fleet,
			    const struct kelp_channel_options *options,
			    void (*step)(struct kelp_channel *channel),
			    bool all)
{
	struct kelp_channel *channel;
	bool had_failed;
	long n = 0;

	do {
		channel = fleet_channel(fleet, options);
		starve_from(n++, all);
		step(channel);
		had_failed = starve_over();
		if (starve_wrong())
			fail_msg("allocation %ld%s: %s", n - 1,
				 all ? " and all behind it" : "",
				 starve_wrong());
		starve_assert_works(channel);
		kelp_channel_destroy(channel);
	} while (had_failed);
	/* one that has no allocation tests nothing */
	assert_true(n > 1);
}

void starve_each(const struct fleet *fleet,
		 const struct kelp_channel_options *options,
		 void (*step)(struct kelp_channel *channel))
{
	each_allocation(fleet, options, step, false);
	each_allocation(fleet, options, step, true);
}
