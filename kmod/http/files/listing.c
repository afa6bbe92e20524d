// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directory listings, made anew for each request. Dispatcher only; sleeps.
 * Shows what could be fetched and nothing else: each name is looked up as a
 * request for it would be.
 *
 * Names are bytes that others chose. They reach the page through html.c only.
 */
#include "http/files/listing.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/time.h>

#include "http/config.h"
#include "http/files/file.h"
#include "http/syntax/html.h"
#include "http/object.h"
#include "http/files/option.h"
#include "http/files/site.h"

/* Most entries of a listing, and most bytes of their names. */
#define LISTING_ENTRIES 1000
#define LISTING_NAMES (64 << 10)

/* Beyond this the size column gets wider, which does no harm. */
#define LISTING_NAME_WIDTH 48

/**
 * struct listing_entry - a file or directory that could be fetched
 * @name: its name, in listing.names, NUL terminated
 * @len: bytes of @name
 * @dir: it is a directory
 * @size: its length in bytes, unless @dir
 * @mtime: last change, in seconds since the epoch
 */
struct listing_entry {
	const char *name;
	size_t len;
	bool dir;
	u64 size;
	time64_t mtime;
};

/**
 * struct listing - a directory while it is read
 * @ctx: for iterate_dir()
 * @site: the site; the caller holds it
 * @path: the directory behind the site's prefix
 * @nr: entries in @entries
 * @used: bytes used of @names
 * @cut: there was more than fits
 * @entries: what was found
 * @names: their names
 *
 * Owned by the request that it is made for.
 */
struct listing {
	struct dir_context ctx;
	const struct kelp_site *site;
	const char *path;
	unsigned int nr;
	size_t used;
	bool cut;
	struct listing_entry entries[LISTING_ENTRIES];
	char names[LISTING_NAMES];
};

/* A page, or no more than its length while @text is NULL. */
struct listing_page {
	char *text;
	size_t cap;
	size_t len;
};

/* Names that no request can come out as would be dead links. */
static bool listing_wants(const struct listing *listing, const char *name,
			  int len)
{
	int i;

	if (name[0] == '.' &&
	    (!(listing->site->flags & KELP_SITE_DOTFILES) || len == 1 ||
	     (len == 2 && name[1] == '.')))
		return false;
	for (i = 0; i < len; i++)
		if ((u8)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return true;
}

static bool listing_actor(struct dir_context *ctx, const char *name, int len,
			  loff_t offset, u64 ino, unsigned int type)
{
	struct listing *listing = container_of(ctx, struct listing, ctx);
	struct listing_entry *entry;

	if (!listing_wants(listing, name, len))
		return true;
	if (listing->nr == LISTING_ENTRIES ||
	    listing->used + len + 1 > LISTING_NAMES) {
		listing->cut = true;
		return false;
	}
	entry = &listing->entries[listing->nr++];
	entry->name = memcpy(listing->names + listing->used, name, len);
	entry->len = len;
	listing->names[listing->used + len] = '\0';
	listing->used += len + 1;
	return true;
}

static int listing_read(struct listing *listing)
{
	struct kelp_file found;
	struct file *dir;
	int err;

	err = kelp_file_look(listing->site, listing->path, &found);
	if (err)
		return err;
	err = kelp_file_lists(&found) ? 0 : -EACCES;
	dir = err ? ERR_PTR(err) : kelp_file_open(&found);
	kelp_file_release(&found);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	err = iterate_dir(dir, &listing->ctx);
	fput(dir);
	return err;
}

/* Would a request for it be answered? Then remember what it is. */
static bool listing_look(const struct listing *listing,
			 struct listing_entry *entry, char *path)
{
	struct kelp_file found;

	strcpy(path + strlen(listing->path), entry->name);
	if (kelp_file_look(listing->site, path, &found))
		return false;
	entry->dir = S_ISDIR(found.ident.mode);
	entry->size = found.ident.size;
	entry->mtime = found.ident.mtime.tv_sec;
	kelp_file_release(&found);
	return true;
}

static int listing_compare(const void *a, const void *b)
{
	const struct listing_entry *one = a, *other = b;

	if (one->dir != other->dir)
		return other->dir - one->dir;
	return strcmp(one->name, other->name);
}

/* Keep what could be fetched, in order: directories first. */
static int listing_sift(struct listing *listing)
{
	size_t len = strlen(listing->path);
	char *path = kmalloc(len + NAME_MAX + 1, GFP_KERNEL);
	unsigned int i, kept = 0;

	if (!path)
		return -ENOMEM;
	memcpy(path, listing->path, len);
	for (i = 0; i < listing->nr; i++) {
		path[len] = '\0';
		if (listing->entries[i].len <= NAME_MAX &&
		    listing_look(listing, &listing->entries[i], path))
			listing->entries[kept++] = listing->entries[i];
		cond_resched();
	}
	kfree(path);
	listing->nr = kept;
	sort(listing->entries, kept, sizeof(listing->entries[0]),
	     listing_compare, NULL);
	return 0;
}

static size_t page_room(const struct listing_page *page)
{
	return page->len < page->cap ? page->cap - page->len : 0;
}

static char *page_end(const struct listing_page *page)
{
	return page_room(page) ? page->text + page->len : NULL;
}

__printf(2, 3)
static void page_print(struct listing_page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	page->len += vsnprintf(page_end(page), page_room(page), format, args);
	va_end(args);
}

static void page_text(struct listing_page *page, const char *text, size_t len)
{
	page->len += http_html_text(page_end(page), page_room(page), text, len);
}

static void page_url(struct listing_page *page, const char *name, size_t len)
{
	page->len += http_html_url(page_end(page), page_room(page), name, len);
}

static void page_entry(struct listing_page *page,
		       const struct listing_entry *entry)
{
	const char *slash = entry->dir ? "/" : "";
	size_t width = entry->len + entry->dir;
	struct tm tm;

	time64_to_tm(entry->mtime, 0, &tm);
	page_print(page, "<a href=\"");
	page_url(page, entry->name, entry->len);
	page_print(page, "%s\">", slash);
	page_text(page, entry->name, entry->len);
	page_print(page, "%s</a>%*s %04ld-%02d-%02d %02d:%02d ", slash,
		   width < LISTING_NAME_WIDTH ?
		   (int)(LISTING_NAME_WIDTH - width) : 0, "",
		   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		   tm.tm_min);
	if (entry->dir)
		page_print(page, "%14s\n", "-");
	else
		page_print(page, "%14llu\n", entry->size);
}

static void page_write(struct listing_page *page, const struct listing *listing)
{
	unsigned int i;

	page_print(page,
		   "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>");
	page_text(page, listing->path, strlen(listing->path));
	page_print(page, "</title>\n</head>\n<body>\n<h1>");
	page_text(page, listing->path, strlen(listing->path));
	page_print(page, "</h1>\n<pre>\n");
	if (listing->path[1])
		page_print(page, "<a href=\"../\">../</a>\n");
	for (i = 0; i < listing->nr; i++)
		page_entry(page, &listing->entries[i]);
	page_print(page, "</pre>\n");
	if (listing->cut)
		page_print(page, "<p>There is more: this listing is cut.</p>\n");
	page_print(page, "</body>\n</html>\n");
}

static struct kelp_object *listing_object(const struct listing *listing)
{
	struct kelp_object_spec spec = {
		.status = 200,
		.type = "text/html; charset=utf-8",
		.extra = listing->site->options->headers,
		.control = "Cache-Control: no-cache\r\n",
	};
	struct listing_page page = {};
	struct kelp_object *obj;

	page_write(&page, listing);
	/* vsnprintf() ends each piece with a NUL, the last one too. */
	page.cap = page.len + 1;
	page.len = 0;
	page.text = kvmalloc(page.cap, GFP_KERNEL);
	if (page.text) {
		page_write(&page, listing);
		spec.body = page.text;
		spec.body_len = page.len;
		obj = kelp_object_create(&spec, GFP_KERNEL);
	} else {
		obj = ERR_PTR(-ENOMEM);
	}
	kvfree(page.text);
	return obj;
}

/**
 * kelp_listing_create() - list a directory beneath a site
 * @site: the site, a reference is held; its credentials are the current ones
 * @path: behind the site's prefix, normalised, begins and ends with '/', NUL
 *	terminated
 *
 * Context: dispatcher, sleeps.
 * Return: the answer, a reference for the caller; or an ERR_PTR as
 * kelp_file_look(), -EACCES when not everybody may read the directory, -ENOMEM.
 */
struct kelp_object *kelp_listing_create(struct kelp_site *site,
					const char *path)
{
	struct listing *listing = kvzalloc(sizeof(*listing), GFP_KERNEL);
	struct kelp_object *obj;
	int err;

	if (!listing)
		return ERR_PTR(-ENOMEM);
	listing->ctx.actor = listing_actor;
	listing->site = site;
	listing->path = path;
	err = listing_read(listing);
	if (!err)
		err = listing_sift(listing);
	obj = err ? ERR_PTR(err) : listing_object(listing);
	kvfree(listing);
	return obj;
}
