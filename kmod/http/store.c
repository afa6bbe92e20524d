// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store of objects that were put. Looked up without locks by the fast
 * path, changed in process context under kelp_net.lock. Knows nothing of
 * routes and sites, which are asked when nothing is stored at a path.
 */
#include "http/store.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "bytes.h"
#include "hot.h"
#include "http/config.h"
#include "http/digest.h"
#include "http/syntax/mime.h"
#include "http/name.h"
#include "http/object.h"
#include "http/files/snapshot.h"
#include "http/table.h"
#include "stats/census.h"

#define STORE_IDS XA_LIMIT(1, INT_MAX)

/**
 * struct kelp_stored - a path and its object
 * @node: in kelp_store.table
 * @object: what is answered; RCU, replaced under kelp_net.lock; a reference
 *	is held
 * @type: its Content-Type; kelp_net.lock
 * @id: key in kelp_store.ids; set once
 * @path_len: bytes of @path; set once
 * @rcu: readers may still look
 * @path: the path, NUL terminated; set once
 */
struct kelp_stored {
	struct rhash_head node;
	struct kelp_object __rcu *object;
	char *type;
	u32 id;
	u32 path_len;
	struct rcu_head rcu;
	char path[];
};

struct path_key {
	const char *path;
	size_t len;
};

__kelp_hot
static u32 path_key_hash(const void *data, u32 len, u32 seed)
{
	const struct path_key *key = data;

	return kelp_name_hash(key->path, key->len, seed);
}

static u32 stored_hash(const void *data, u32 len, u32 seed)
{
	const struct kelp_stored *stored = data;

	return kelp_name_hash(stored->path, stored->path_len, seed);
}

__kelp_hot
static int stored_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct kelp_stored *stored = obj;
	const struct path_key *key = arg->key;

	return stored->path_len != key->len ||
	       !kelp_same_bytes(stored->path, key->path, key->len);
}

static const struct rhashtable_params store_params = {
	.head_offset = offsetof(struct kelp_stored, node),
	.key_len = sizeof(struct path_key),
	.hashfn = path_key_hash,
	.obj_hashfn = stored_hash,
	.obj_cmpfn = stored_cmp,
	.automatic_shrinking = true,
};

/**
 * kelp_route_object() - the object that was put at exactly this path
 * @http: the namespace's state
 * @path: the request's path, normalised; need not be NUL terminated
 * @len: its length in bytes
 *
 * Context: any, under rcu_read_lock().
 * Return: the object, RCU protected, kept with kelp_object_tryget(); NULL when
 * there is none.
 */
__kelp_hot
struct kelp_object *kelp_route_object(struct kelp_http *http,
				      const char *path, size_t len)
{
	struct path_key key = { .path = path, .len = len };
	struct kelp_store *store = &http->store;
	struct kelp_stored *stored;

	/* A server of sites and a few objects shall not pay for hashing paths. */
	if (!(READ_ONCE(store->lengths) & BIT_ULL(len % 64)))
		return NULL;
	stored = rhashtable_lookup(&store->table, &key, store_params);
	/* Pairs with rcu_replace_pointer() in stored_replace(). */
	return stored ? rcu_dereference(stored->object) : NULL;
}

static struct kelp_stored *store_find(struct kelp_store *store,
				      const char *path)
{
	struct path_key key = { .path = path, .len = strlen(path) };

	return rhashtable_lookup_fast(&store->table, &key, store_params);
}

static struct kelp_stored *stored_create(const char *path, int len, char *type,
					 struct kelp_object *object)
{
	struct kelp_stored *stored;

	stored = kzalloc(struct_size(stored, path, len + 1), GFP_KERNEL);
	if (!stored)
		return NULL;
	memcpy(stored->path, path, len);
	stored->path_len = len;
	stored->type = type;
	RCU_INIT_POINTER(stored->object, object);
	kelp_census_add(KELP_CENSUS_STORED);
	return stored;
}

/* For one that no new reader can find; takes its type and object along. */
static void stored_destroy(struct kelp_stored *stored)
{
	kelp_object_put(rcu_dereference_protected(stored->object, true));
	kfree(stored->type);
	kfree_rcu(stored, rcu);
	kelp_census_sub(KELP_CENSUS_STORED);
}

/* Context: holds kelp_net.lock. Takes over @type and @object. */
static void stored_replace(struct kelp_stored *stored, char *type,
			   struct kelp_object *object)
{
	/*
	 * Orders the object's bytes before its pointer; pairs with
	 * rcu_dereference() in kelp_route_object().
	 */
	object = rcu_replace_pointer(stored->object, object, true);
	kelp_object_put(object);
	kfree(stored->type);
	stored->type = type;
}

/* Before a path is found, and when none is any more: see kelp_route_object(). */
static void store_count(struct kelp_store *store, size_t len, int more)
{
	unsigned int bit = len % 64;
	u64 lengths = store->lengths & ~BIT_ULL(bit);

	store->nr_of_length[bit] += more;
	if (store->nr_of_length[bit])
		lengths |= BIT_ULL(bit);
	WRITE_ONCE(store->lengths, lengths);
}

/* Context: holds kelp_net.lock. Takes over @type and @object on success. */
static int store_put(struct kelp_store *store, const char *path, int len,
		     char *type, struct kelp_object *object)
{
	struct kelp_stored *stored = store_find(store, path);
	int err;

	if (stored) {
		stored_replace(stored, type, object);
		return 0;
	}
	stored = stored_create(path, len, type, object);
	if (!stored)
		return -ENOMEM;
	err = xa_alloc(&store->ids, &stored->id, stored, STORE_IDS, GFP_KERNEL);
	if (err)
		goto err_destroy;
	store_count(store, len, 1);
	err = rhashtable_insert_fast(&store->table, &stored->node,
				     store_params);
	if (err)
		goto err_erase;
	return 0;

err_erase:
	store_count(store, len, -1);
	xa_erase(&store->ids, stored->id);
err_destroy:
	RCU_INIT_POINTER(stored->object, NULL);
	stored->type = NULL;
	stored_destroy(stored);
	return err;
}

/* Context: holds kelp_net.lock. */
static void store_remove(struct kelp_store *store, struct kelp_stored *stored)
{
	rhashtable_remove_fast(&store->table, &stored->node, store_params);
	store_count(store, stored->path_len, -1);
	xa_erase(&store->ids, stored->id);
	stored_destroy(stored);
}

/* The type by the URL's extension, else by the file's. */
static const char *guess_type(const char *path, struct file *file)
{
	const char *unknown = http_mime_type("", 0);
	const char *type = http_mime_type(path, strlen(path));
	struct name_snapshot name;

	if (type != unknown)
		return type;
	take_dentry_name_snapshot(&name, file->f_path.dentry);
	type = http_mime_type(name.name.name, name.name.len);
	release_dentry_name_snapshot(&name);
	return type;
}

static struct kelp_object *read_object(struct file *file, const char *type,
				       struct netlink_ext_ack *extack)
{
	struct kelp_object_spec spec = {
		.status = 200, .type = type, .ranges = true,
	};
	char tag[KELP_TAG_ROOM];
	struct kelp_snapshot snap;
	struct kelp_object *object;
	int err;

	err = kelp_snapshot_take(&snap, file, KELP_STORE_OBJECT);
	if (err == -EFBIG)
		NL_SET_ERR_MSG(extack, "an object may have 4 MiB at most");
	else if (err == -EBADF)
		NL_SET_ERR_MSG(extack, "the file is not open for reading");
	else if (err == -EINVAL)
		NL_SET_ERR_MSG(extack, "only a regular file can be put");
	else if (err)
		NL_SET_ERR_MSG(extack, "the file could not be read");
	if (err)
		return ERR_PTR(err);

	/* This path has had this content from now on, whatever the file's age. */
	spec.mtime = ktime_get_real_seconds();
	kelp_snapshot_body(&snap, &spec);
	kelp_digest_tag(tag, &spec, HTTP_CODING_IDENTITY);
	spec.etag = tag;
	object = kelp_object_create(&spec, GFP_KERNEL);
	kelp_snapshot_release(&snap);
	return object;
}

/**
 * kelp_http_object_put() - answer a path with a file's present content
 * @kn: the server
 * @path: the path, decoded; what was put there before is replaced atomically
 * @type: Content-Type; NULL or "" to guess it from @path, then from the
 *	file's name
 * @file: a regular file, open for reading; only its content is kept
 * @extack: explains a refusal
 *
 * Context: process, sleeps; takes kelp_net.lock. Reads @file with the
 * caller's credentials.
 * Return: 0, or -EINVAL, -EBADF, -EFBIG, -ENOMEM, -ESHUTDOWN, or what reading
 * returned.
 */
int kelp_http_object_put(struct kelp_net *kn, const char *path,
			 const char *type, struct file *file,
			 struct netlink_ext_ack *extack)
{
	int len = kelp_name_path(path, extack);
	struct kelp_object *object;
	struct kelp_http *http;
	char *copy;
	int err;

	if (len < 0)
		return len;
	if (!type || !*type)
		type = guess_type(path, file);
	err = kelp_name_type(type, extack);
	if (err)
		return err;
	copy = kstrdup(type, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	object = read_object(file, type, extack);
	if (IS_ERR(object)) {
		err = PTR_ERR(object);
		goto err_free_type;
	}

	http = kelp_http_lock(kn, extack);
	if (IS_ERR(http)) {
		err = PTR_ERR(http);
		goto err_put_object;
	}
	err = store_put(&http->store, path, len, copy, object);
	if (!err)
		kelp_net_changed(kn);
	kelp_http_unlock(kn);
	if (err)
		goto err_put_object;
	return 0;

err_put_object:
	kelp_object_put(object);
err_free_type:
	kfree(copy);
	return err;
}

/**
 * kelp_http_object_del() - forget the object at a path
 * @kn: the server
 * @path: the path, as it was put
 * @extack: explains a refusal
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, -EINVAL, -ENOENT, -ESHUTDOWN.
 */
int kelp_http_object_del(struct kelp_net *kn, const char *path,
			 struct netlink_ext_ack *extack)
{
	struct kelp_stored *stored;
	struct kelp_http *http;
	int err = kelp_name_path(path, extack);

	if (err < 0)
		return err;
	http = kelp_http_lock(kn, extack);
	if (IS_ERR(http))
		return PTR_ERR(http);
	err = 0;
	stored = store_find(&http->store, path);
	if (stored) {
		store_remove(&http->store, stored);
		kelp_net_changed(kn);
	} else {
		NL_SET_ERR_MSG(extack, "no object was put at this path");
		err = -ENOENT;
	}
	kelp_http_unlock(kn);
	return err;
}

/**
 * kelp_http_object_walk() - look at the objects that were put
 * @kn: the server
 * @cursor: where to begin, then where to go on; 0 at first
 * @fn: called for each under kelp_net.lock; non-zero stops the walk
 * @arg: passed to @fn
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0 at the end, -ESHUTDOWN, or what @fn returned.
 */
int kelp_http_object_walk(struct kelp_net *kn, u32 *cursor,
			  int (*fn)(const struct kelp_object_info *, void *),
			  void *arg)
{
	struct kelp_http *http = kelp_http_lock(kn, NULL);
	struct kelp_stored *stored;
	struct kelp_object_info info;
	struct kelp_object *object;
	unsigned long id;
	int ret = 0;

	if (IS_ERR(http))
		return PTR_ERR(http);
	xa_for_each_start(&http->store.ids, id, stored, *cursor) {
		*cursor = id;
		info.id = id;
		info.path = stored->path;
		info.type = stored->type;
		object = rcu_dereference_protected(stored->object,
						   lockdep_is_held(&kn->lock));
		info.size = object->body_len;
		ret = fn(&info, arg);
		if (ret)
			break;
		*cursor = id + 1;
	}
	kelp_http_unlock(kn);
	return ret;
}

/**
 * kelp_store_init() - make an empty store
 * @store: to be initialised
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int kelp_store_init(struct kelp_store *store)
{
	xa_init_flags(&store->ids, XA_FLAGS_ALLOC1);
	return rhashtable_init(&store->table, &store_params);
}

/**
 * kelp_store_clear() - forget all objects
 * @store: the store
 *
 * Context: process, sleeps; holds kelp_net.lock.
 */
void kelp_store_clear(struct kelp_store *store)
{
	struct kelp_stored *stored;
	unsigned long id;

	xa_for_each(&store->ids, id, stored)
		store_remove(store, stored);
}

/**
 * kelp_store_exit() - free what kelp_store_init() made
 * @store: empty; no reader is left
 *
 * Context: process, sleeps.
 */
void kelp_store_exit(struct kelp_store *store)
{
	WARN_ON_ONCE(!xa_empty(&store->ids));
	xa_destroy(&store->ids);
	rhashtable_destroy(&store->table);
}
