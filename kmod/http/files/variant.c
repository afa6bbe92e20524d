// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding and reading encoded files beside a file. Dispatcher only; sleeps; with
 * the site's credentials. Knows nothing of the cache.
 *
 * A variant is found as any file is: beneath the site, regular, readable by the
 * world. One that is older than the file is a leftover of what that was before
 * and does not count; nor does one that is too large to be cached.
 */
#include "http/files/variant.h"

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "http/config.h"
#include "http/digest.h"
#include "http/object.h"
#include "http/files/site.h"
#include "http/files/snapshot.h"

/* Does the name itself say that it is encoded? */
static bool is_encoded(const char *path)
{
	const char *dot = strrchr(path, '.');
	int i;

	for (i = 0; dot && i < HTTP_NR_ENCODINGS; i++)
		if (!strcmp(dot + 1, http_coding_suffix(i)))
			return true;
	return false;
}

/* Both names are given: a directory's path ends with a slash. */
static bool find_one(struct kelp_file *found, struct kelp_site *site,
		     const char *path, const struct kelp_file *plain,
		     enum http_coding coding, u64 limit)
{
	size_t len = strlen(path);
	bool index = len && path[len - 1] == '/';
	char *name;
	int err;

	name = kasprintf(GFP_KERNEL, "%s%s.%s", path, index ? plain->name : "",
			 http_coding_suffix(coding));
	if (!name)
		return false;
	err = kelp_file_find(site, name, found);
	kfree(name);
	if (err)
		return false;
	if (found->ident.size <= limit &&
	    timespec64_compare(&found->ident.mtime, &plain->ident.mtime) >= 0)
		return true;
	kelp_file_release(found);
	return false;
}

/**
 * kelp_variants_find() - look for a file's variants
 * @variants: filled, to be given to kelp_variants_release()
 * @site: the site, a reference is held
 * @path: behind the site's prefix, NUL terminated
 * @plain: what was found at @path
 * @limit: most bytes that a variant may have
 *
 * What cannot be looked at is not there.
 *
 * Context: dispatcher, sleeps; with the site's credentials.
 */
void kelp_variants_find(struct kelp_variants *variants, struct kelp_site *site,
			const char *path, const struct kelp_file *plain,
			u64 limit)
{
	int i;

	variants->found = 0;
	variants->busy = false;
	variants->digest = 0;
	if (site->flags & KELP_SITE_NO_VARIANTS || is_encoded(path))
		return;
	for (i = 0; i < HTTP_NR_ENCODINGS; i++) {
		struct kelp_file *found = &variants->file[i];

		if (!find_one(found, site, path, plain, i, limit))
			continue;
		variants->found |= BIT(i);
		variants->busy |= kelp_ident_writers(&found->path);
		variants->digest = kelp_digest_ident(&found->ident,
						     variants->digest + i + 1);
	}
}

/* NULL when it cannot be read, or is not what was found any more. */
static struct kelp_object *read_one(const struct kelp_file *found,
				    const struct kelp_object_spec *plain,
				    enum http_coding coding, u64 limit,
				    bool *settled)
{
	struct kelp_object_spec spec = *plain;
	struct file *file = kelp_file_open(found);
	struct kelp_object *obj = NULL;
	char tag[KELP_TAG_ROOM];
	struct kelp_snapshot snap;
	int err;

	if (IS_ERR(file))
		return NULL;
	err = kelp_snapshot_take(&snap, file, limit);
	fput(file);
	if (err || !snap.settled)
		*settled = false;
	if (err)
		return NULL;
	if (snap.len == found->ident.size &&
	    kelp_ident_equal(&snap.ident, &found->ident) &&
	    !kelp_ident_writers(&found->path)) {
		kelp_snapshot_body(&snap, &spec);
		kelp_digest_tag(tag, &spec, coding);
		spec.encoding = http_coding_name(coding);
		spec.etag = tag;
		spec.mtime = snap.ident.mtime.tv_sec;
		spec.vary = true;
		spec.variant = NULL;	/* it is one, and has none */
		obj = kelp_object_create(&spec, GFP_KERNEL);
		if (IS_ERR(obj)) {
			*settled = false;
			obj = NULL;
		}
	}
	kelp_snapshot_release(&snap);
	return obj;
}

/**
 * kelp_variants_read() - make objects of a file's variants
 * @variants: as they were found
 * @plain: what the file itself is made into, but for its body and tag
 * @limit: most bytes that a variant may have
 * @objects: filled with references for the caller, or NULL: one that changes
 *	just now is left out, since half of an encoded file is nothing at all
 *
 * Context: dispatcher, sleeps; with the site's credentials.
 * Return: false when a variant may change, or may have, without another digest:
 * they have to be read again the next time.
 */
bool kelp_variants_read(const struct kelp_variants *variants,
			const struct kelp_object_spec *plain, u64 limit,
			struct kelp_object *objects[HTTP_NR_ENCODINGS])
{
	bool settled = true;
	int i;

	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		objects[i] = variants->found & BIT(i) ?
			read_one(&variants->file[i], plain, i, limit,
				 &settled) : NULL;
	return settled;
}

/**
 * kelp_variants_release() - give back what was found
 * @variants: from kelp_variants_find()
 *
 * Context: process, sleeps.
 */
void kelp_variants_release(struct kelp_variants *variants)
{
	int i;

	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		if (variants->found & BIT(i))
			kelp_file_release(&variants->file[i]);
}
