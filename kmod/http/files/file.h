/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a site, in the dispatcher: resolve a name beneath the site's
 * directory, fill the cache, or read a large file in chunks.
 */
#ifndef KELP_HTTP_FILE_H
#define KELP_HTTP_FILE_H

#include <linux/path.h>
#include <linux/types.h>

#include "http/files/ident.h"
#include "http/files/stream.h"

struct file;
struct http_req;
struct kelp_object;
struct kelp_site;

/**
 * struct kelp_file_answer - what a name came to
 * @status: 200, 301 (directory without a slash), 403, 404, 500 or 503
 * @object: with 200: head and, unless @stream is set, body; with an error:
 *	the page that the site has for it, whose own status is 200, or NULL; a
 *	reference
 * @stream: with 200 for a file above the cache's size: its bytes are read
 *	with kelp_stream_read(); @object then has the header fields only (its
 *	Content-Length is the file's); to be freed with kelp_stream_free()
 */
struct kelp_file_answer {
	int status;
	struct kelp_object *object;
	struct kelp_stream *stream;
};

/**
 * struct kelp_ask - the request for which a name is resolved
 * @req: the request, complete
 * @head: first byte of its head
 *
 * Both stay as they are until it is answered: the connection reads nothing more.
 */
struct kelp_ask {
	const struct http_req *req;
	const u8 *head;
};

/* resolve.c; dispatcher only. */
void kelp_file_resolve(struct kelp_site *site, const char *path,
		       const struct kelp_ask *ask,
		       struct kelp_file_answer *answer);

/**
 * struct kelp_file - a file that was found
 * @path: where; a reference is held
 * @ident: which content it had
 * @name: what its Content-Type goes by, for kelp_site_type(): the path that
 *	was asked for, or the site's name for an index; lives as long as both
 *
 * Owned by whoever found it; given back with kelp_file_release().
 */
struct kelp_file {
	struct path path;
	struct kelp_ident ident;
	const char *name;
};

int kelp_file_look(const struct kelp_site *site, const char *path,
		   struct kelp_file *found);
bool kelp_file_lists(const struct kelp_file *found);
int kelp_file_find(struct kelp_site *site, const char *path,
		   struct kelp_file *found);
void kelp_file_release(struct kelp_file *found);
struct file *kelp_file_open(const struct kelp_file *found);
int kelp_file_status(int err);

#endif
