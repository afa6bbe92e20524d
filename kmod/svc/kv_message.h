/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the methods of kelp.KV have in common: whose store it is, values in
 * replies, and refusals.
 */
#ifndef KELP_SVC_KV_MESSAGE_H
#define KELP_SVC_KV_MESSAGE_H

#include <linux/types.h>

struct kelp_call;
struct kelp_kv;
struct kelp_kv_entry;
struct kelp_pb_span;
struct kelp_pb_w;

/* Every request has its key there; MultiGet has many. */
#define KV_KEY 1

struct kelp_kv *kv_of(const struct kelp_call *call);
bool kv_key_valid(const struct kelp_pb_span *key);

/* value = first, version = first + 1, found = first + 2 */
size_t kv_found_size(u32 first, const struct kelp_kv_entry *entry);
void kv_put_found(struct kelp_pb_w *w, u32 first,
		  const struct kelp_kv_entry *entry);

/* The call fails; all return 0, as a method then does. */
int kv_bad_key(struct kelp_call *call);
int kv_bad_message(struct kelp_call *call);
int kv_no_memory(struct kelp_call *call);

#endif
