/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shrinker.h - shrinkers that are allocated, also where the kernel wants them
 * embedded and has no place for private data in them.
 */
#ifndef KELP_COMPAT_SHRINKER_H
#define KELP_COMPAT_SHRINKER_H

#include <linux/container_of.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "compat/probed.h"

/**
 * struct kelp_shrinker - a shrinker
 * @shrinker: the kernel's; with a pointer or embedded
 * @private: whose it is; set once
 *
 * Owned by whoever allocated it.
 */
struct kelp_shrinker {
#ifdef KELP_HAVE_SHRINKER_ALLOC
	struct shrinker *shrinker;
#else
	struct shrinker shrinker;
#endif
	void *private;
};

/**
 * kelp_shrinker_private() - whose shrinker is it?
 * @shrinker: as its functions get it
 *
 * Context: any.
 * Return: what kelp_shrinker_register() was given.
 */
static inline void *kelp_shrinker_private(struct shrinker *shrinker)
{
#ifdef KELP_HAVE_SHRINKER_ALLOC
	return shrinker->private_data;
#else
	return container_of(shrinker, struct kelp_shrinker, shrinker)->private;
#endif
}

/**
 * kelp_shrinker_register() - let the kernel ask for memory
 * @ks: to be filled
 * @name: for debugfs
 * @private: for kelp_shrinker_private()
 * @count: how much could be freed
 * @scan: free some; may be called at once
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
static inline int
kelp_shrinker_register(struct kelp_shrinker *ks, const char *name,
		       void *private,
		       unsigned long (*count)(struct shrinker *,
					      struct shrink_control *),
		       unsigned long (*scan)(struct shrinker *,
					     struct shrink_control *))
{
	ks->private = private;
#ifdef KELP_HAVE_SHRINKER_ALLOC
	ks->shrinker = shrinker_alloc(0, "%s", name);
	if (!ks->shrinker)
		return -ENOMEM;
	ks->shrinker->count_objects = count;
	ks->shrinker->scan_objects = scan;
	ks->shrinker->seeks = DEFAULT_SEEKS;
	ks->shrinker->private_data = private;
	shrinker_register(ks->shrinker);
	return 0;
#else
	ks->shrinker = (struct shrinker){
		.count_objects = count,
		.scan_objects = scan,
		.seeks = DEFAULT_SEEKS,
	};
	return register_shrinker(&ks->shrinker, "%s", name);
#endif
}

/**
 * kelp_shrinker_unregister() - undo kelp_shrinker_register()
 * @ks: the shrinker; none of its functions runs afterwards
 *
 * Context: process, sleeps.
 */
static inline void kelp_shrinker_unregister(struct kelp_shrinker *ks)
{
#ifdef KELP_HAVE_SHRINKER_ALLOC
	shrinker_free(ks->shrinker);
#else
	unregister_shrinker(&ks->shrinker);
#endif
}

#endif /* KELP_COMPAT_SHRINKER_H */
