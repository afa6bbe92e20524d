/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_options: how a site's files are answered.
 */
#ifndef KELP_HTTP_OPTION_H
#define KELP_HTTP_OPTION_H

#include <linux/types.h>

struct netlink_ext_ack;

/* Most bytes of Cache-Control and further fields together, CRLFs included. */
#define KELP_OPTION_FIELDS 2048

/**
 * enum kelp_option_kind - what an option sets
 * @KELP_OPTION_CACHE_CONTROL: value of Cache-Control; once
 * @KELP_OPTION_HEADER: a further field, "Name: value"
 * @KELP_OPTION_INDEX: a file that stands for its directory; the first that is
 *	there does
 * @KELP_OPTION_ERROR: "STATUS=/path": a page that is the body of answers with
 *	this status
 * @KELP_OPTION_MIME: "EXT=TYPE": media type of files with this extension
 */
enum kelp_option_kind {
	KELP_OPTION_CACHE_CONTROL,
	KELP_OPTION_HEADER,
	KELP_OPTION_INDEX,
	KELP_OPTION_ERROR,
	KELP_OPTION_MIME,
};

/**
 * struct kelp_option - one option as the administrator gave it
 * @kind: what it sets
 * @text: its value, NUL terminated
 */
struct kelp_option {
	enum kelp_option_kind kind;
	const char *text;
};

/**
 * struct kelp_options - a site's options
 * @nr: number of @items
 * @items: all options, in the order in which they were given; the texts lie
 *	behind the last one
 * @headers: the further fields as lines, each with CRLF; NULL for none
 * @control: Cache-Control as a line with CRLF; NULL for none
 *
 * Constant once made.
 */
struct kelp_options {
	unsigned int nr;
	char *headers;
	char *control;
	struct kelp_option items[];
};

struct kelp_options *kelp_options_create(const struct kelp_option *items,
					 unsigned int nr,
					 struct netlink_ext_ack *extack);
void kelp_options_free(struct kelp_options *options);

const char *kelp_options_index(const struct kelp_options *options,
			       unsigned int n);
const char *kelp_options_error(const struct kelp_options *options,
			       unsigned int status);
const char *kelp_options_type(const struct kelp_options *options,
			      const char *name);

#endif
