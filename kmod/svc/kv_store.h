/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key-value stores by name, for those who show them. Each namespace has stores
 * of its own; one is there for as long as somebody shows it.
 */
#ifndef KELP_SVC_KV_STORE_H
#define KELP_SVC_KV_STORE_H

#include <linux/list.h>
#include <linux/refcount.h>

struct kelp_kv;
struct kelp_net;

/* Bytes of a store's name, with the NUL. */
#define KELP_KV_STORE_NAME 64

/* What is shown when nobody says what. */
#define KELP_KV_STORE_DEFAULT "default"

/**
 * struct kelp_kv_store - a store with a name
 * @kv: the store; set once
 * @kn: the server it belongs to; a reference is held; set once
 * @node: in the list of stores; its mutex
 * @ref: holders: whoever got it
 * @name: its name; set once
 */
struct kelp_kv_store {
	struct kelp_kv *kv;
	struct kelp_net *kn;
	struct list_head node;
	refcount_t ref;
	char name[KELP_KV_STORE_NAME];
};

bool kelp_kv_store_name_valid(const char *name);

/* Process context. */
struct kelp_kv_store *kelp_kv_store_get(struct kelp_net *kn, const char *name);
void kelp_kv_store_put(struct kelp_kv_store *store);

#endif
