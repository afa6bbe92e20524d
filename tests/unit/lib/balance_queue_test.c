// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes of choosing the better of two, in a model: calls come at random at
 * a given rate, and each server makes one after the other. Time is a number
 * here, so that a minute takes no longer than its calls.
 */
#include "harness.h"

#include "balance_kit.h"

#define US UINT64_C(1000)
/* Most calls that are under way at a time. */
#define CALLS_MAX 4096

/**
 * struct model - servers, and calls under way
 * @servers: that are chosen from
 * @service_ns: how long each takes for a call
 * @broken: it fails instead, after BROKEN_NS
 * @free_at: when each will have made all its calls
 * @calls: under way
 * @nr_calls: how many
 * @now: ns
 * @seen: how many calls each got
 * @failed: how many failed
 * @took_ns: by all calls that ended
 */
struct model {
	struct servers servers;
	uint64_t service_ns[SERVERS_MAX];
	bool broken[SERVERS_MAX];
	uint64_t free_at[SERVERS_MAX];
	struct model_call {
		size_t server;
		uint64_t begun;
		uint64_t end;
		bool good;
	} calls[CALLS_MAX];
	size_t nr_calls;
	uint64_t now;
	size_t seen[SERVERS_MAX];
	size_t failed;
	uint64_t took_ns;
};

#define BROKEN_NS (30 * US)

static struct model model;

static void model_begin(enum kelp_balance policy, size_t count,
			uint64_t service_ns)
{
	size_t i;

	model = (struct model){ .now = S };
	servers_make(&model.servers, policy, NULL, count);
	for (i = 0; i < count; i++)
		model.service_ns[i] = service_ns;
}

/* End all calls that are to end by now, in that order. */
static void model_end_calls(void)
{
	struct model_call *call, *first;
	size_t i;

	for (;;) {
		first = NULL;
		for (i = 0; i < model.nr_calls; i++) {
			call = &model.calls[i];
			if (call->end <= model.now &&
			    (!first || call->end < first->end))
				first = call;
		}
		if (!first)
			return;
		load_end(&model.servers.load[first->server],
			 first->end - first->begun, first->good, first->end);
		model.took_ns += first->end - first->begun;
		model.failed += !first->good;
		*first = model.calls[--model.nr_calls];
	}
}

static void model_call(void)
{
	size_t i = servers_pick(&model.servers, 0, model.now);
	struct model_call *call = &model.calls[model.nr_calls++];

	assert_in_range(model.nr_calls, 1, CALLS_MAX);
	load_begin(&model.servers.load[i]);
	model.seen[i]++;
	call->server = i;
	call->begun = model.now;
	call->good = !model.broken[i];
	if (model.broken[i]) {
		call->end = model.now + BROKEN_NS;
		return;
	}
	if (model.free_at[i] < model.now)
		model.free_at[i] = model.now;
	model.free_at[i] += model.service_ns[i];
	call->end = model.free_at[i];
}

/*
 * Go on for some time, with a call each @every_ns on average, and count anew.
 * Return: how many calls there were.
 */
static size_t model_run(uint64_t for_ns, uint64_t every_ns)
{
	uint64_t until = model.now + for_ns;
	size_t i, calls = 0;

	for (i = 0; i < model.servers.count; i++)
		model.seen[i] = 0;
	model.failed = 0;
	model.took_ns = 0;
	while (model.now < until) {
		model_end_calls();
		model_call();
		calls++;
		model.now += 1 + rng_below(&model.servers.rng, 2 * every_ns);
	}
	return calls;
}

static void model_end(void)
{
	model.now = UINT64_MAX;
	model_end_calls();
	servers_end(&model.servers);
}

static void queue__equal_servers(void **state)
{
	size_t i, calls;

	(void)state;
	model_begin(KELP_BALANCE_P2C, 5, MS);
	/* half of what they can do */
	calls = model_run(20 * S, 400 * US);
	for (i = 0; i < 5; i++)
		assert_in_range(model.seen[i], calls / 5 * 90 / 100,
				calls / 5 * 110 / 100);
	model_end();
}

/* Waiting is what it is about: less of it than with random servers. */
static void queue__less_waiting(void **state)
{
	uint64_t mean[2];
	size_t i, calls;

	(void)state;
	for (i = 0; i < 2; i++) {
		model_begin(i ? KELP_BALANCE_RANDOM : KELP_BALANCE_P2C, 5, MS);
		/* nine tenths of what they can do */
		calls = model_run(20 * S, 222 * US);
		mean[i] = model.took_ns / calls;
		model_end();
	}
	assert_true(2 * mean[0] < mean[1]);
}

static void queue__slow_server(void **state)
{
	size_t calls;

	(void)state;
	model_begin(KELP_BALANCE_P2C, 4, MS);
	model.service_ns[2] = 10 * MS;
	/* the others can do it: it gets some all the same, not its quarter */
	calls = model_run(20 * S, 600 * US);
	assert_in_range(model.seen[2], 1, calls / 20);
	/* they cannot: it gets what it can do */
	calls = model_run(20 * S, 330 * US);
	assert_in_range(model.seen[2], 20 * 30, 20 * 100 + 100);
	model_end();
}

/* One that was slow, and is not any more, is found out about by itself. */
static void queue__slow_for_a_while(void **state)
{
	size_t calls, i;

	(void)state;
	model_begin(KELP_BALANCE_P2C, 4, MS);
	model_run(5 * S, 500 * US);
	model.service_ns[1] = S;
	calls = model_run(5 * S, 500 * US);
	assert_true(model.seen[1] < calls / 50);
	model.service_ns[1] = MS;
	model.free_at[1] = model.now;
	model_run(15 * S, 500 * US);
	calls = model_run(5 * S, 500 * US);
	for (i = 0; i < 4; i++)
		assert_in_range(model.seen[i], calls / 4 * 80 / 100,
				calls / 4 * 120 / 100);
	model_end();
}

/* One that fails at once does not draw all calls because it is so quick. */
static void queue__broken_server(void **state)
{
	size_t calls;

	(void)state;
	model_begin(KELP_BALANCE_P2C, 3, MS);
	model.broken[0] = true;
	/* from the very beginning */
	calls = model_run(10 * S, MS);
	assert_true(model.failed < calls / 100);
	/* under load too */
	calls = model_run(10 * S, 550 * US);
	assert_true(model.failed < calls / 100);
	/* and it is back some seconds after it works again */
	model.broken[0] = false;
	model_run(12 * S, MS);
	calls = model_run(5 * S, MS);
	assert_in_range(model.seen[0], calls / 3 * 80 / 100,
			calls / 3 * 120 / 100);
	model_end();
}

/* Nor does one that comes new, or back, get all calls at once. */
static void queue__comes_back(void **state)
{
	size_t calls;

	(void)state;
	model_begin(KELP_BALANCE_P2C, 4, 2 * MS);
	servers_use(&model.servers, 3, false);
	model_run(5 * S, MS);
	assert_int_equal(model.seen[3], 0);
	load_forget(&model.servers.load[3]);
	servers_use(&model.servers, 3, true);
	calls = model_run(100 * MS, MS);
	assert_in_range(model.seen[3], calls / 4 / 2, calls / 4 * 2);
	calls = model_run(5 * S, MS);
	assert_in_range(model.seen[3], calls / 4 * 80 / 100,
			calls / 4 * 120 / 100);
	model_end();
}

/* A thousand calls at a time, after a minute of nearly none, are spread. */
static void queue__burst(void **state)
{
	size_t i, n;

	(void)state;
	model_begin(KELP_BALANCE_P2C, 4, MS);
	model_run(10 * S, 500 * US);
	model_run(60 * S, 15 * S);
	model.now += 3 * S;
	model_end_calls();
	for (i = 0; i < 4; i++)
		model.seen[i] = 0;
	for (n = 0; n < 1000; n++)
		model_call();
	for (i = 0; i < 4; i++)
		assert_in_range(model.seen[i], 125, 375);
	model_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue__equal_servers),
		cmocka_unit_test(queue__less_waiting),
		cmocka_unit_test(queue__slow_server),
		cmocka_unit_test(queue__slow_for_a_while),
		cmocka_unit_test(queue__broken_server),
		cmocka_unit_test(queue__comes_back),
		cmocka_unit_test(queue__burst),
	};

	return cmocka_run_group_tests_name("balance_queue", tests, NULL, NULL);
}
