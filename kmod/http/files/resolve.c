// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a request that the fast path could not answer to an object or a stream;
 * and looking at cached files again. Dispatcher only; sleeps.
 *
 * Each file in the cache, or on its way into it, has one entry, and whoever
 * looks at or reads that file holds the entry's fill mutex. So a thousand
 * requests for one cold file read it once; the others wait for the mutex and
 * then find a fresh object. A waiter occupies a thread of the dispatcher
 * meanwhile, of which there is a bounded number: files on a very slow disk can
 * delay others. Names that lead to no file get no entry: nobody can fill the
 * table with them.
 */
#include "http/files/file.h"

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "http/files/cache.h"
#include "http/files/cached.h"
#include "http/config.h"
#include "http/digest.h"
#include "http/files/listing.h"
#include "http/object.h"
#include "http/files/option.h"
#include "http/syntax/path.h"
#include "http/files/site.h"
#include "http/files/snapshot.h"
#include "http/table.h"
#include "http/files/variant.h"
#include "http/files/watch.h"

/* How often a file may cross the limit between cached and streamed. */
#define RESOLVE_TRIES 3

static u64 cache_limit(const struct kelp_site *site)
{
	return kelp_net_limit(site->kn, KELP_LIMIT_CACHE_OBJECT);
}

/*
 * Make an object of a snapshot of the file and of its variants. They are left
 * out when the file has changed since they were looked for.
 */
static struct kelp_object *make_object(struct kelp_cached *cached,
				       const struct kelp_file *found,
				       const struct kelp_variants *variants,
				       struct kelp_snapshot *snap)
{
	struct kelp_object *variant[HTTP_NR_ENCODINGS] = {};
	struct kelp_object_spec spec = {
		.status = 200,
		.type = kelp_site_type(cached->site, found->name),
		.extra = cached->site->options->headers,
		.control = cached->site->options->control,
		.mtime = snap->ident.mtime.tv_sec,
		.ranges = true,
		.variant = variant,
	};
	char tag[KELP_TAG_ROOM];
	struct kelp_object *obj;
	int i;

	if (!kelp_ident_equal(&snap->ident, &found->ident) ||
	    !kelp_variants_read(variants, &spec, cache_limit(cached->site),
				variant))
		snap->settled = false;
	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		spec.vary |= !!variant[i];
	kelp_snapshot_body(snap, &spec);
	kelp_digest_tag(tag, &spec, HTTP_CODING_IDENTITY);
	spec.etag = tag;
	obj = kelp_object_create(&spec, GFP_KERNEL);
	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		kelp_object_put(variant[i]);
	return obj;
}

/* Read the file and make it the entry's object. Holds kelp_cached.fill. */
static int cached_read(struct kelp_cached *cached, struct file *file,
		       const struct kelp_file *found,
		       const struct kelp_variants *variants,
		       unsigned long since)
{
	struct kelp_snapshot snap;
	struct kelp_object *obj;
	int err;

	err = kelp_snapshot_take(&snap, file, cache_limit(cached->site));
	if (err)
		return err;
	obj = make_object(cached, found, variants, &snap);
	if (IS_ERR(obj)) {
		err = PTR_ERR(obj);
	} else {
		cached->variants = variants->digest;
		kelp_cache_publish(cached, obj, &snap, since);
		kelp_stat_inc(cached->site->kn->stats, KELP_STAT_CACHE_FILLS);
		kelp_object_put(obj);
	}
	kelp_snapshot_release(&snap);
	return err;
}

/* Holds kelp_cached.fill. */
static int cached_fill(struct kelp_cached *cached,
		       const struct kelp_file *found,
		       const struct kelp_variants *variants,
		       unsigned long since)
{
	struct file *file = kelp_file_open(found);
	int err;

	if (IS_ERR(file))
		return PTR_ERR(file);
	err = cached_read(cached, file, found, variants, since);
	fput(file);
	return err;
}

/* Is what the entry has still the files' content? Holds kelp_cached.fill. */
static bool cached_current(const struct kelp_cached *cached,
			   const struct kelp_file *found,
			   const struct kelp_variants *variants)
{
	return rcu_access_pointer(cached->object) && cached->settled &&
	       cached->variants == variants->digest &&
	       kelp_ident_equal(&cached->ident, &found->ident);
}

/* Is somebody just writing what there is an old copy of? */
static bool cached_busy(const struct kelp_cached *cached,
			const struct kelp_file *found,
			const struct kelp_variants *variants)
{
	return rcu_access_pointer(cached->object) &&
	       (variants->busy || kelp_ident_writers(&found->path));
}

/*
 * Bring an entry up to date. In the background a file that somebody is just
 * writing is left alone: the old copy is good until it is too old to be
 * served, and by then the writer may have finished.
 *
 * Context: dispatcher, with the site's credentials; holds kelp_cached.fill.
 * Return: 0; -EFBIG when the file is to be streamed; or as kelp_file_find().
 */
static int cached_refresh(struct kelp_cached *cached, bool background)
{
	struct kelp_site *site = cached->site;
	struct kelp_variants variants;
	unsigned long since = kelp_cached_look(cached);
	struct kelp_file found;
	int err;

	err = kelp_file_find(site, cached->path, &found);
	if (err)
		return err;
	if (found.ident.size > cache_limit(site)) {
		kelp_file_release(&found);
		return -EFBIG;
	}
	kelp_variants_find(&variants, site, cached->path, &found,
			   cache_limit(site));
	if (cached_current(cached, &found, &variants)) {
		kelp_cached_stamp(cached, since);
		kelp_stat_inc(site->kn->stats, KELP_STAT_CACHE_REVALIDATED);
	} else if (!background || !cached_busy(cached, &found, &variants)) {
		kelp_watch_set(cached, d_inode(found.path.dentry));
		err = cached_fill(cached, &found, &variants, since);
	}
	kelp_variants_release(&variants);
	kelp_file_release(&found);
	return err;
}

/* Holds kelp_cached.fill. A file that cannot be served any more is forgotten. */
static int cached_update(struct kelp_cached *cached, bool background)
{
	int err;

	if (kelp_cached_fresh(cached))
		return 0;
	err = cached_refresh(cached, background);
	if (err)
		kelp_cache_remove(cached);
	return err;
}

/* The dispatcher's item for kelp_cache_revalidate(); puts its reference. */
static void kelp_resolve_work(struct work_struct *work)
{
	struct kelp_cached *cached = container_of(work, struct kelp_cached,
						  work);
	const struct cred *saved = override_creds(cached->site->cred);

	mutex_lock(&cached->fill);
	cached_update(cached, true);
	mutex_unlock(&cached->fill);
	revert_creds(saved);
	kelp_cached_put(cached);
}

static int answer_cached(struct kelp_cached *cached,
			 struct kelp_file_answer *answer)
{
	int err;

	mutex_lock(&cached->fill);
	err = cached_update(cached, false);
	if (!err)
		answer->object = kelp_cached_object(cached);
	mutex_unlock(&cached->fill);
	return err;
}

static int answer_stream_of(struct kelp_site *site,
			    const struct kelp_file *found,
			    struct kelp_object_spec *spec,
			    enum http_coding coding,
			    struct kelp_file_answer *answer)
{
	struct file *file = kelp_file_open(found);
	struct kelp_stream *stream;
	char tag[KELP_TAG_ROOM];

	if (IS_ERR(file))
		return PTR_ERR(file);
	stream = kelp_stream_create(file);
	fput(file);
	if (IS_ERR(stream))
		return PTR_ERR(stream);

	spec->mtime = kelp_stream_mtime(stream);
	spec->body_len = kelp_stream_size(stream);
	if (kelp_stream_tag(stream, tag, coding))
		spec->etag = tag;
	answer->object = kelp_object_create(spec, GFP_KERNEL);
	if (IS_ERR(answer->object)) {
		int err = PTR_ERR(answer->object);

		answer->object = NULL;
		kelp_stream_free(stream);
		return err;
	}
	answer->stream = stream;
	kelp_stat_inc(site->kn->stats, KELP_STAT_STREAMED);
	return 0;
}

/*
 * Which variant of a streamed file is settled here, by the request: each of
 * them is streamed, too, whatever its size, so none is kept beside the others.
 */
static int answer_stream(struct kelp_site *site, const char *path,
			 const struct kelp_file *found,
			 const struct kelp_ask *ask,
			 struct kelp_file_answer *answer)
{
	struct kelp_object_spec spec = {
		.status = 200,
		.type = kelp_site_type(site, found->name),
		.extra = site->options->headers,
		.control = site->options->control,
		.ranges = true,
	};
	enum http_coding coding = HTTP_CODING_IDENTITY;
	struct kelp_variants variants;
	int err;

	kelp_variants_find(&variants, site, path, found, U64_MAX);
	spec.vary = variants.found;
	if (!variants.busy)
		coding = http_coding_choose(ask->req, ask->head,
					    variants.found);
	if (coding != HTTP_CODING_IDENTITY) {
		spec.encoding = http_coding_name(coding);
		found = &variants.file[coding];
	}
	err = answer_stream_of(site, found, &spec, coding, answer);
	kelp_variants_release(&variants);
	return err;
}

/*
 * A file that has no entry: a large one is streamed, another gets one.
 * Return: 0 with an answer; 1 with @cached set, a reference; or -errno.
 */
static int answer_cold(struct kelp_site *site, const char *path,
		       const struct kelp_ask *ask,
		       struct kelp_file_answer *answer,
		       struct kelp_cached **cached)
{
	struct kelp_file found;
	int err;

	err = kelp_file_find(site, path, &found);
	if (err)
		return err;
	if (found.ident.size > cache_limit(site)) {
		err = answer_stream(site, path, &found, ask, answer);
		kelp_file_release(&found);
		return err;
	}
	kelp_file_release(&found);
	*cached = kelp_cache_create(site, path, kelp_resolve_work);
	return IS_ERR(*cached) ? PTR_ERR(*cached) : 1;
}

static int resolve(struct kelp_site *site, const char *path,
		   const struct kelp_ask *ask, struct kelp_file_answer *answer)
{
	struct kelp_cached *cached;
	int try, err;

	for (try = 0; try < RESOLVE_TRIES; try++) {
		cached = kelp_cache_get(site, path, strlen(path));
		if (!cached) {
			err = answer_cold(site, path, ask, answer,
					  &cached);
			if (err <= 0)
				return err;
		}
		err = answer_cached(cached, answer);
		kelp_cached_put(cached);
		if (err != -EFBIG)
			return err;
	}
	return -EAGAIN;
}

/* No index: list the directory. */
static int resolve_listing(struct kelp_site *site, const char *path,
			   struct kelp_file_answer *answer)
{
	struct kelp_object *obj;

	if (path[strlen(path) - 1] != '/' ||
	    (!(site->flags & KELP_SITE_DOTFILES) && http_path_hidden(path)))
		return -ENOENT;
	obj = kelp_listing_create(site, path);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	answer->object = obj;
	return 0;
}

/*
 * The site's own page for a failure. One that cannot be had itself, or is too
 * large for the cache, is done without.
 */
static void resolve_page(struct kelp_site *site, const struct kelp_ask *ask,
			 struct kelp_file_answer *answer)
{
	const char *page = kelp_options_error(site->options, answer->status);
	struct kelp_file_answer found = {};

	if (!page || resolve(site, page, ask, &found))
		return;
	if (found.stream) {
		kelp_stream_free(found.stream);
		kelp_object_put(found.object);
		return;
	}
	answer->object = found.object;
}

/**
 * kelp_file_resolve() - answer a name beneath a site
 * @site: the site; the caller holds a reference throughout
 * @path: what follows the site's prefix in the request's path, normalised, NUL
 *	terminated: "" or beginning with '/'
 * @ask: the request
 * @answer: filled; what it holds is the caller's
 *
 * "" is the site's directory named without a slash, hence 301 as for any
 * directory, so that relative links on its index lead to the right place.
 *
 * Context: dispatcher, sleeps; waits for others that read the same file.
 */
void kelp_file_resolve(struct kelp_site *site, const char *path,
		       const struct kelp_ask *ask,
		       struct kelp_file_answer *answer)
{
	const struct cred *saved;
	int err;

	*answer = (struct kelp_file_answer){};
	if (!*path) {
		answer->status = 301;
		return;
	}
	saved = override_creds(site->cred);
	if (!(site->flags & KELP_SITE_DOTFILES) && http_path_hidden(path))
		err = -ENOENT;
	else
		err = resolve(site, path, ask, answer);
	if (err == -ENOENT && site->flags & KELP_SITE_LISTING)
		err = resolve_listing(site, path, answer);
	answer->status = kelp_file_status(err);
	if (err)
		resolve_page(site, ask, answer);
	revert_creds(saved);
}
