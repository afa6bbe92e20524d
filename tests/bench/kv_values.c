// SPDX-License-Identifier: GPL-2.0-only
/* Which keys kv_load gets and sets, and what their values have to be: see kv.h. */
#include "kv.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Values begin anywhere in so many bytes of the pattern. */
#define SHIFTS 256
/* Keys that somebody else sets just now, in a row, before one gets instead. */
#define TRIES 64

/* All that @kv needs beside its options; ends the program without memory. */
void kv_init(struct kv *kv, double exponent)
{
	struct timespec time;
	uint8_t *pattern;
	uint64_t random;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &time);
	kv->run = time.tv_sec ^ time.tv_nsec << 2;
	kv->keys = load_allocate(kv->count * sizeof(*kv->keys));
	pattern = load_allocate(kv->value_len + SHIFTS);
	random_init(&random, 1, 0);
	for (i = 0; i < kv->value_len + SHIFTS; i++)
		pattern[i] = random_next(&random) >> 56;
	kv->pattern = pattern;
	if (pick_init(&kv->pick, kv->count, exponent))
		load_die("memory");
}

int kv_begin(struct load_thread *thread)
{
	struct kv_state *state = calloc(1, sizeof(*state));

	random_init(&thread->random, thread->load->seed, thread->index);
	thread->state = state;
	if (!state)
		return -1;
	state->next = thread->index;
	return 0;
}

/* Have the next version of a key, unless somebody else is setting it. */
static bool begin_set(struct kv *kv, struct load_call *call, uint32_t key)
{
	uint32_t stored = atomic_load(&kv->keys[key].stored);

	call->what = key | KV_SET;
	call->since = stored + 1;
	return atomic_compare_exchange_strong(&kv->keys[key].sent, &stored,
					      stored + 1);
}

/* While the store is filled each thread has its own keys. */
static bool next_to_fill(struct load_thread *thread, struct load_call *call)
{
	struct kv_state *state = thread->state;
	struct kv *kv = thread->load->what;

	if (state->next >= kv->count || !begin_set(kv, call, state->next))
		return false;
	state->next += thread->load->threads;
	return true;
}

/*
 * What a call is to get or set. @call->since is the version to be set, or the
 * one that a value must not be older than. False: there is nothing to be done.
 */
bool kv_next(struct load_conn *conn, struct load_call *call)
{
	struct load_thread *thread = conn->thread;
	struct kv *kv = thread->load->what;
	uint32_t key;
	int i;

	if (thread->filling)
		return next_to_fill(thread, call);
	key = pick_next(&kv->pick, &thread->random);
	if (kv->sets && random_below(&thread->random, 10000) < kv->sets) {
		for (i = 0; i < TRIES; i++) {
			if (begin_set(kv, call, key))
				return true;
			if (++key == kv->count)
				key = 0;
		}
	}
	call->what = key;
	/* pairs with the release in kv_stored(): what was stored before this */
	call->since = atomic_load_explicit(&kv->keys[key].stored,
					   memory_order_acquire);
	return true;
}

/* The server has it: from now on nobody may get an older one. */
void kv_stored(struct kv *kv, const struct load_call *call)
{
	/*
	 * Pairs with the acquire in kv_next(): who sees the version asks after
	 * the server has said that it has it.
	 */
	atomic_store_explicit(&kv->keys[call->what & ~KV_SET].stored,
			      call->since, memory_order_release);
}

void kv_put_key(uint8_t *at, uint32_t key)
{
	int i;

	memcpy(at, "key:000000000000", KV_KEY_LEN);
	for (i = KV_KEY_LEN - 1; key; i--, key /= 10)
		at[i] = '0' + key % 10;
}

static const uint8_t *rest_of(const struct kv *kv, uint32_t key,
			      uint32_t version)
{
	return kv->pattern + (key * 31 + version) % SHIFTS;
}

void kv_put_value(const struct kv *kv, uint8_t *at, uint32_t key,
		  uint32_t version)
{
	uint32_t head[3] = { key, kv->run, version };

	memcpy(at, head, sizeof(head));
	memcpy(at + sizeof(head), rest_of(kv, key, version),
	       kv->value_len - sizeof(head));
}

/* What is wrong with a value that a Get brought; NULL if nothing is. */
const char *kv_judge(struct kv *kv, const struct load_call *call,
		     struct span value)
{
	uint32_t head[3], sent;

	if (value.len != kv->value_len)
		return "a value of another length than expected";
	memcpy(head, value.data, sizeof(head));
	if (head[0] != call->what)
		return "the value of another key";
	if (memcmp(value.data + sizeof(head), rest_of(kv, head[0], head[2]),
		   value.len - sizeof(head)))
		return "a byte of the value is another than expected";
	if (head[1] != kv->run)
		return call->since ? "a value of an earlier run, set before another" :
				     NULL;
	/* a value that came back was sent before, through the kernel */
	sent = atomic_load(&kv->keys[head[0]].sent);
	if (head[2] < call->since)
		return "an old value: another one was stored before it was asked for";
	if (!head[2] || head[2] > sent)
		return "a value that was never set";
	return NULL;
}
