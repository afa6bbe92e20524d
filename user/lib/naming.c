// SPDX-License-Identifier: MIT
/*
 * Targets: their four forms. Looking up may block. Any one thread at a time;
 * knows nothing of channels.
 */
#include "naming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "naming_file.h"
#include "naming_list.h"

/* How often to look at a file, in milliseconds. */
#define REFRESH_FILE 200

enum naming_kind {
	NAMING_SERVERS,
	NAMING_FILE,
	NAMING_DNS,
};

/**
 * struct naming - a target
 * @kind: which form; set once
 * @servers: those that it names; none for a file; set once
 * @file: the file; its path is ours
 */
struct naming {
	enum naming_kind kind;
	struct naming_list servers;
	struct naming_file file;
};

/* What stands behind @scheme, or NULL when @target does not begin with it. */
static const char *behind(const char *target, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncmp(target, scheme, len) ? NULL : target + len;
}

/* HOST:PORT[*WEIGHT],… */
static int parse_list(struct naming_list *list, char *text)
{
	char *server, *weight;
	int err = 0;

	while (!err && (server = strsep(&text, ","))) {
		weight = strchr(server, '*');
		if (weight)
			*weight++ = '\0';
		err = naming_list_add(list, server, weight);
	}
	return err;
}

static int parse_servers(struct naming *naming, const char *target)
{
	const char *list = behind(target, "list://");
	const char *name = behind(target, "dns://");
	char *text;
	int err;

	naming->kind = name ? NAMING_DNS : NAMING_SERVERS;
	text = strdup(list ? list : name ? name : target);
	if (!text)
		return -ENOMEM;
	err = list ? parse_list(&naming->servers, text) :
		     naming_list_add(&naming->servers, text, NULL);
	free(text);
	return err;
}

static int parse_target(struct naming *naming, const char *target)
{
	const char *path = behind(target, "file://");

	if (!path)
		return parse_servers(naming, target);
	if (!*path)
		return -EINVAL;
	naming->kind = NAMING_FILE;
	naming->file.path = strdup(path);
	return naming->file.path ? 0 : -ENOMEM;
}

int naming_create(struct naming **naming, const char *target)
{
	struct naming *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	err = parse_target(made, target);
	if (err) {
		naming_destroy(made);
		return err;
	}
	*naming = made;
	return 0;
}

void naming_destroy(struct naming *naming)
{
	if (!naming)
		return;
	naming_list_exit(&naming->servers);
	free(naming->file.path);
	free(naming);
}

int naming_resolve(struct naming *naming, struct address **list, size_t *count)
{
	if (naming->kind == NAMING_FILE)
		return naming_file_resolve(&naming->file, list, count);
	return naming_list_resolve(&naming->servers, naming->kind == NAMING_DNS,
				   list, count);
}

bool naming_changes(const struct naming *naming)
{
	return naming->kind != NAMING_SERVERS;
}

bool naming_unchanged(struct naming *naming)
{
	if (naming->kind == NAMING_FILE)
		return naming_file_unchanged(&naming->file);
	return naming->kind == NAMING_SERVERS;
}

int naming_refresh_ms(const struct naming *naming)
{
	switch (naming->kind) {
	case NAMING_FILE:
		return REFRESH_FILE;
	case NAMING_DNS:
		return NAMING_ASK_MS;
	default:
		return 0;
	}
}
