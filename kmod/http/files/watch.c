// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watching cached files: an event of the file's inode makes its entry stale, so
 * that the next request looks at the file. That is an addition: files that are
 * not watched, and changes that make no event (another machine's, through a
 * mapping, of a directory above, a new index beside), are noticed by the look
 * that every entry gets within a second.
 *
 * A mark on the file itself and not on its directory: it tells exactly of the
 * bytes that are cached, whatever names and links lead there, and a directory
 * in which much is written costs nothing. It pins the inode, not the mount: the
 * kernel removes it when the file system goes. The number of marks is bounded.
 *
 * Events come in the context of whoever changes the file, under locks of its
 * file system: nothing but the entry is touched there. Marks are set and removed
 * in the dispatcher.
 */
#include "http/files/watch.h"

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "http/files/cached.h"
#include "net/dispatch.h"
#include "stats/census.h"

/* Most files that are watched, in all namespaces together. */
#define WATCH_MAX 16384

#define WATCH_EVENTS							\
	(FS_MODIFY | FS_CLOSE_WRITE | FS_ATTRIB | FS_MOVE_SELF |	\
	 FS_DELETE_SELF | FS_UNMOUNT)

/* While marks change, memory is allocated that must not wait for inodes. */
#ifdef FSNOTIFY_GROUP_NOFS
#define WATCH_GROUP (FSNOTIFY_GROUP_DUPS | FSNOTIFY_GROUP_NOFS)
#else
#define WATCH_GROUP FSNOTIFY_GROUP_DUPS
#endif

/**
 * struct kelp_watch - a mark on the inode of a cached file
 * @mark: the mark; its references are counted by fsnotify, one is ours until
 *	@work has run
 * @cached: whom to tell; RCU, NULL once dropped. Not a reference: the entry
 *	drops the watch before it goes, and goes a grace period later
 * @inode: which inode, for comparison only: the mark has the reference; set once
 * @work: removes the mark; queued once, when the watch is dropped
 *
 * One for each entry that is watched. Several entries may have the same file:
 * the group allows several marks on one inode.
 */
struct kelp_watch {
	struct fsnotify_mark mark;
	struct kelp_cached __rcu *cached;
	const struct inode *inode;
	struct work_struct work;
};

static struct fsnotify_group *watch_group;
static atomic_t watch_count;

static int kelp_watch_event(struct fsnotify_mark *mark, u32 mask,
			    struct inode *inode, struct inode *dir,
			    const struct qstr *name, u32 cookie)
{
	struct kelp_watch *watch = container_of(mark, struct kelp_watch, mark);
	struct kelp_cached *cached;

	if (!(mask & WATCH_EVENTS))
		return 0;
	rcu_read_lock();
	cached = rcu_dereference(watch->cached);
	if (cached)
		kelp_cached_changed(cached, !(mask & ~FS_MODIFY &
					      WATCH_EVENTS));
	rcu_read_unlock();
	return 0;
}

/* Called by fsnotify's own thread when nobody looks at the mark any more. */
static void kelp_watch_free(struct fsnotify_mark *mark)
{
	kfree(container_of(mark, struct kelp_watch, mark));
	atomic_dec(&watch_count);
	kelp_census_sub(KELP_CENSUS_WATCH);
}

static const struct fsnotify_ops watch_ops = {
	.handle_inode_event = kelp_watch_event,
	.free_mark = kelp_watch_free,
};

static void kelp_watch_work(struct work_struct *work)
{
	struct kelp_watch *watch = container_of(work, struct kelp_watch, work);

	/* Does nothing where the kernel removed the mark already. */
	fsnotify_destroy_mark(&watch->mark, watch_group);
	fsnotify_put_mark(&watch->mark);
}

static bool watch_alive(const struct kelp_watch *watch,
			const struct inode *inode)
{
	/* When the mark is gone the inode may be, and its address reused. */
	return watch->inode == inode &&
	       (READ_ONCE(watch->mark.flags) & FSNOTIFY_MARK_FLAG_ATTACHED);
}

static struct kelp_watch *watch_create(struct kelp_cached *cached,
				       struct inode *inode)
{
	struct kelp_watch *watch;

	if (atomic_inc_return(&watch_count) > WATCH_MAX)
		goto err_count;
	watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	if (!watch)
		goto err_count;
	kelp_census_add(KELP_CENSUS_WATCH);
	fsnotify_init_mark(&watch->mark, watch_group);
	watch->mark.mask = WATCH_EVENTS;
	watch->inode = inode;
	INIT_WORK(&watch->work, kelp_watch_work);
	rcu_assign_pointer(watch->cached, cached);
	if (fsnotify_add_inode_mark(&watch->mark, inode, 0)) {
		fsnotify_put_mark(&watch->mark);
		return NULL;
	}
	return watch;

err_count:
	atomic_dec(&watch_count);
	return NULL;
}

/**
 * kelp_watch_set() - watch the file that an entry is about to be read from
 * @cached: the entry, a reference is held
 * @inode: the file as it was found; the caller holds it
 *
 * Called before the file is read, so that a change after the first byte was
 * read is told. When it cannot be watched the entry does without.
 *
 * Context: dispatcher, sleeps; holds kelp_cached.fill.
 */
void kelp_watch_set(struct kelp_cached *cached, struct inode *inode)
{
	lockdep_assert_held(&cached->fill);
	if (cached->watch && watch_alive(cached->watch, inode))
		return;
	kelp_watch_drop(cached->watch);
	cached->watch = watch_create(cached, inode);
}

/**
 * kelp_watch_drop() - watch no more
 * @watch: the watch, or NULL; not to be touched afterwards
 *
 * The entry may still be told of an event until a grace period has passed.
 *
 * Context: any.
 */
void kelp_watch_drop(struct kelp_watch *watch)
{
	if (!watch)
		return;
	RCU_INIT_POINTER(watch->cached, NULL);
	/* Removing a mark sleeps. */
	kelp_dispatch(&watch->work);
}

/**
 * kelp_watch_init() - get ready to watch files
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int kelp_watch_init(void)
{
	watch_group = fsnotify_alloc_group(&watch_ops, WATCH_GROUP);
	return PTR_ERR_OR_ZERO(watch_group);
}

/**
 * kelp_watch_exit() - undo kelp_watch_init()
 *
 * Every watch was dropped and the dispatcher has run: what is left is with the
 * thread that frees marks, which runs code of this file.
 *
 * Context: module unload, sleeps.
 */
void kelp_watch_exit(void)
{
	fsnotify_wait_marks_destroyed();
	fsnotify_put_group(watch_group);
}
