/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kv_load's parts: which keys are got and set, what their values have to be, and
 * how one asks memcached or kelp for that.
 *
 * A value says whose it is and which version; the other bytes follow from both.
 * A key is set by one at a time, so its versions come in their order: whoever
 * gets it must not see one that was replaced before he asked, nor one that
 * nobody has set.
 */
#ifndef BENCH_KV_H
#define BENCH_KV_H

#include "baidu.h"
#include "load.h"
#include "pick.h"

/* key:000000001234 */
#define KV_KEY_LEN 16
/* Key, run and version, each a number of four bytes. */
#define KV_VALUE_MIN 12
#define KV_VALUE_MAX 1000000
#define KV_KEYS_MAX (1u << 30)
/* In load_call.what, beside the key: it is to be set. */
#define KV_SET (1u << 31)

/**
 * struct kv_key - what all threads know of a key
 * @sent: the last version that was sent, 0 for none
 * @stored: the last one that the server said it has; less than @sent while
 *	somebody sets it
 */
struct kv_key {
	_Atomic uint32_t sent;
	_Atomic uint32_t stored;
};

/**
 * struct kv - what to do; constant, but for the keys, once it is set up
 * @keys: all
 * @count: of them
 * @pick: which one is next
 * @sets: of 10,000 requests, how many set
 * @value_len: bytes of a value
 * @run: to be told from other runs by
 * @pattern: values have bytes of that behind their head
 * @get: the frame of a Get
 * @set: that of a Set
 * @size_text: memcached's words behind a key that has a value
 */
struct kv {
	struct kv_key *keys;
	uint32_t count;
	struct pick pick;
	unsigned int sets;
	size_t value_len;
	uint32_t run;
	const uint8_t *pattern;
	struct baidu_request get;
	struct baidu_request set;
	struct span size_text;
};

/**
 * struct kv_state - a thread's own
 * @next: the key that it sets next while the store is filled
 * @meta: a reply's that was found right, its size before it
 * @meta_len: bytes of that, 0 for none
 * @id_at: where its correlation id is
 * @said: what the server said instead of an answer
 */
struct kv_state {
	uint32_t next;
	uint8_t meta[64];
	size_t meta_len;
	size_t id_at;
	char said[120];
};

extern const struct load_protocol kv_memcached;
extern const struct load_protocol kv_kelp;
void kv_memcached_init(struct load *load);
void kv_kelp_init(struct load *load);

/* kv_values.c */
void kv_init(struct kv *kv, double exponent);
int kv_begin(struct load_thread *thread);
bool kv_next(struct load_conn *conn, struct load_call *call);
void kv_put_key(uint8_t *at, uint32_t key);
void kv_put_value(const struct kv *kv, uint8_t *at, uint32_t key,
		  uint32_t version);
const char *kv_judge(struct kv *kv, const struct load_call *call,
		     struct span value);
void kv_stored(struct kv *kv, const struct load_call *call);

#endif
