// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of a site: checking what the administrator gave, and looking it up.
 * Made in process context; looked up anywhere, without locks. Knows nothing of
 * sites, and of files only the names.
 */
#include "http/files/option.h"

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/netlink.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/syntax/mime.h"
#include "http/name.h"

#define OPTION_EXT 31		/* longest extension */
#define OPTION_OWS " \t"	/* RFC 9110, 5.6.3 */

static const char option_index[] = "index.html";

/*
 * Fields that say how the answer is framed or what it holds. They are written
 * where that is known; a second one would contradict.
 */
static const char * const option_own_fields[] = {
	"Accept-Ranges", "Age", "Allow", "Cache-Control", "Connection",
	"Content-Encoding", "Content-Length", "Content-Range", "Content-Type",
	"Date", "ETag", "Keep-Alive", "Last-Modified", "Location",
	"Proxy-Connection", "Server", "TE", "Trailer", "Transfer-Encoding",
	"Upgrade", "Vary",
};

/* RFC 9110, 5.5: what a field's value may consist of. */
static int option_value(const char *value, struct netlink_ext_ack *extack)
{
	const char *p;

	for (p = value; *p; p++)
		if (((u8)*p < ' ' && *p != '\t') || *p == 0x7f) {
			NL_SET_ERR_MSG(extack,
				       "the value of a field must not have control characters");
			return -EINVAL;
		}
	if (!value[strspn(value, OPTION_OWS)]) {
		NL_SET_ERR_MSG(extack, "the value of a field is empty");
		return -EINVAL;
	}
	return 0;
}

static int option_header(const char *text, struct netlink_ext_ack *extack)
{
	size_t len = kelp_name_token(text);
	int i;

	if (!len || text[len] != ':') {
		NL_SET_ERR_MSG(extack,
			       "a header must look like 'Name: value', with a token for its name");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(option_own_fields); i++) {
		if (strlen(option_own_fields[i]) != len ||
		    strncasecmp(option_own_fields[i], text, len))
			continue;
		NL_SET_ERR_MSG(extack, "kelp writes this header itself");
		return -EINVAL;
	}
	return option_value(text + len + 1, extack);
}

static int option_file(const char *name, struct netlink_ext_ack *extack)
{
	const char *p;

	if (!*name || strlen(name) > NAME_MAX || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		goto err_refused;
	for (p = name; *p; p++)
		if (*p == '/' || iscntrl(*p))
			goto err_refused;
	return 0;

err_refused:
	NL_SET_ERR_MSG(extack, "an index must be the name of a file, without slashes");
	return -EINVAL;
}

/* "404=…": the status, or 0 when this is no status that a page can have. */
static unsigned int option_status(const char *text)
{
	static const struct {
		const char *text;
		unsigned int status;
	} known[] = {
		{ "403=", 403 }, { "404=", 404 }, { "500=", 500 }, { "503=", 503 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(text, known[i].text, 4))
			return known[i].status;
	return 0;
}

static int option_error(const char *text, struct netlink_ext_ack *extack)
{
	int len;

	if (!option_status(text)) {
		NL_SET_ERR_MSG(extack,
			       "an error page must look like 404=/page; 403, 404, 500 and 503 can have one");
		return -EINVAL;
	}
	len = kelp_name_path(text + 4, extack);
	if (len < 0)
		return len;
	if (text[4 + len - 1] == '/') {
		NL_SET_ERR_MSG(extack, "an error page must be a file");
		return -EINVAL;
	}
	return 0;
}

static int option_mime(const char *text, struct netlink_ext_ack *extack)
{
	size_t len = strcspn(text, "=");
	size_t i;

	if (!len || len > OPTION_EXT || !text[len])
		goto err_refused;
	for (i = 0; i < len; i++)
		if (text[i] == '.' || text[i] == '/' ||
		    !isascii(text[i]) || !isgraph(text[i]))
			goto err_refused;
	return kelp_name_type(text + len + 1, extack);

err_refused:
	NL_SET_ERR_MSG(extack,
		       "a media type must look like EXT=TYPE, the extension without its dot");
	return -EINVAL;
}

static int option_check(const struct kelp_option *item,
			struct netlink_ext_ack *extack)
{
	switch (item->kind) {
	case KELP_OPTION_CACHE_CONTROL:
		return option_value(item->text, extack);
	case KELP_OPTION_HEADER:
		return option_header(item->text, extack);
	case KELP_OPTION_INDEX:
		return option_file(item->text, extack);
	case KELP_OPTION_ERROR:
		return option_error(item->text, extack);
	case KELP_OPTION_MIME:
		return option_mime(item->text, extack);
	}
	NL_SET_ERR_MSG(extack, "unknown option of a site");
	return -EINVAL;
}

/* Do two options set the same thing? Headers may be repeated. */
static bool option_same(const struct kelp_option *a,
			const struct kelp_option *b)
{
	size_t len = strcspn(a->text, "=");

	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case KELP_OPTION_CACHE_CONTROL:
		return true;
	case KELP_OPTION_HEADER:
		return false;
	case KELP_OPTION_INDEX:
		return !strcmp(a->text, b->text);
	case KELP_OPTION_ERROR:
	case KELP_OPTION_MIME:
		break;
	}
	return !strncasecmp(a->text, b->text, len + 1);
}

static int options_check(const struct kelp_option *items, unsigned int nr,
			 struct netlink_ext_ack *extack)
{
	unsigned int i, j;
	int err;

	for (i = 0; i < nr; i++) {
		err = option_check(&items[i], extack);
		if (err)
			return err;
		for (j = 0; j < i; j++) {
			if (!option_same(&items[i], &items[j]))
				continue;
			NL_SET_ERR_MSG(extack,
				       "two options of the site set the same thing");
			return -EINVAL;
		}
	}
	return 0;
}

/* Bytes of the field's line, without NUL; written when @dst is not NULL. */
static size_t field_line(char *dst, size_t cap, const struct kelp_option *item)
{
	bool control = item->kind == KELP_OPTION_CACHE_CONTROL;
	size_t len = control ? 0 : strcspn(item->text, ":");
	const char *value = item->text + (control ? 0 : len + 1);
	size_t value_len;

	value += strspn(value, OPTION_OWS);
	value_len = strlen(value);
	while (value_len && strchr(OPTION_OWS, value[value_len - 1]))
		value_len--;
	return snprintf(dst, cap, "%.*s: %.*s\r\n",
			control ? (int)strlen("Cache-Control") : (int)len,
			control ? "Cache-Control" : item->text,
			(int)value_len, value);
}

/* Bytes of the lines of one kind, without NUL; written when @dst is given. */
static size_t field_lines(const struct kelp_options *options,
			  enum kelp_option_kind kind, char *dst, size_t cap)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < options->nr; i++)
		if (options->items[i].kind == kind)
			len += field_line(dst ? dst + len : NULL,
					  dst ? cap - len : 0,
					  &options->items[i]);
	return len;
}

/* The lines of one kind as a string; NULL when there are none, or an ERR_PTR. */
static char *field_text(const struct kelp_options *options,
			enum kelp_option_kind kind, size_t len)
{
	char *text;

	if (!len)
		return NULL;
	text = kmalloc(len + 1, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	field_lines(options, kind, text, len + 1);
	return text;
}

static int options_fields(struct kelp_options *options,
			  struct netlink_ext_ack *extack)
{
	size_t control = field_lines(options, KELP_OPTION_CACHE_CONTROL,
				     NULL, 0);
	size_t headers = field_lines(options, KELP_OPTION_HEADER, NULL, 0);
	char *text;

	if (control + headers > KELP_OPTION_FIELDS) {
		NL_SET_ERR_MSG(extack,
			       "the headers of a site may have 2048 bytes at most");
		return -EINVAL;
	}
	text = field_text(options, KELP_OPTION_HEADER, headers);
	if (IS_ERR(text))
		return PTR_ERR(text);
	options->headers = text;
	text = field_text(options, KELP_OPTION_CACHE_CONTROL, control);
	if (IS_ERR(text))
		return PTR_ERR(text);
	options->control = text;
	return 0;
}

/**
 * kelp_options_create() - make a site's options
 * @items: the options as given; copied
 * @nr: how many there are
 * @extack: explains a refusal
 *
 * Context: process, sleeps.
 * Return: the options, to be given to kelp_options_free(); or an ERR_PTR:
 * -EINVAL, -ENOMEM.
 */
struct kelp_options *kelp_options_create(const struct kelp_option *items,
					 unsigned int nr,
					 struct netlink_ext_ack *extack)
{
	struct kelp_options *options;
	size_t bytes = 0;
	unsigned int i;
	char *text;
	int err;

	err = options_check(items, nr, extack);
	if (err)
		return ERR_PTR(err);
	for (i = 0; i < nr; i++)
		bytes += strlen(items[i].text) + 1;
	options = kzalloc(size_add(struct_size(options, items, nr), bytes),
			  GFP_KERNEL);
	if (!options)
		return ERR_PTR(-ENOMEM);
	options->nr = nr;
	text = (char *)&options->items[nr];
	for (i = 0; i < nr; i++) {
		size_t len = strlen(items[i].text) + 1;

		options->items[i].kind = items[i].kind;
		options->items[i].text = memcpy(text, items[i].text, len);
		text += len;
	}
	err = options_fields(options, extack);
	if (err) {
		kelp_options_free(options);
		return ERR_PTR(err);
	}
	return options;
}

/**
 * kelp_options_free() - free a site's options
 * @options: from kelp_options_create(); nobody looks at them any more
 *
 * Context: any.
 */
void kelp_options_free(struct kelp_options *options)
{
	kfree(options->headers);
	kfree(options->control);
	kfree(options);
}

/**
 * kelp_options_index() - which file stands for a directory
 * @options: the options
 * @n: 0 for the first to try, and so on
 *
 * Context: any.
 * Return: its name, as long as @options live; NULL when there is no further
 * one.
 */
const char *kelp_options_index(const struct kelp_options *options,
			       unsigned int n)
{
	unsigned int i, seen = 0;

	for (i = 0; i < options->nr; i++)
		if (options->items[i].kind == KELP_OPTION_INDEX &&
		    seen++ == n)
			return options->items[i].text;
	return !seen && !n ? option_index : NULL;
}

/**
 * kelp_options_error() - which page goes with a status
 * @options: the options
 * @status: HTTP status code
 *
 * Context: any.
 * Return: its path beneath the site, as long as @options live, or NULL.
 */
const char *kelp_options_error(const struct kelp_options *options,
			       unsigned int status)
{
	unsigned int i;

	for (i = 0; i < options->nr; i++)
		if (options->items[i].kind == KELP_OPTION_ERROR &&
		    option_status(options->items[i].text) == status)
			return options->items[i].text + 4;
	return NULL;
}

/**
 * kelp_options_type() - Content-Type of a file
 * @options: the options
 * @name: file name or path, NUL terminated
 *
 * Context: any.
 * Return: the media type, as long as @options live.
 */
const char *kelp_options_type(const struct kelp_options *options,
			      const char *name)
{
	size_t path_len = strlen(name), len;
	const char *ext = http_mime_extension(name, path_len, &len);
	unsigned int i;

	for (i = 0; ext && i < options->nr; i++) {
		const char *text = options->items[i].text;

		if (options->items[i].kind == KELP_OPTION_MIME &&
		    !strncasecmp(text, ext, len) && text[len] == '=')
			return text + len + 1;
	}
	return http_mime_type(name, path_len);
}
