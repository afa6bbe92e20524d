// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl site: directories that are served below a prefix.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "nl.h"
#include "print.h"
#include "site_option.h"

/* The name from the root on, so that `show` means the same everywhere. */
static char *absolute(const char *dir)
{
	char *cwd, *name;
	size_t len;

	while (!strncmp(dir, "./", 2))
		for (dir += 2; *dir == '/'; dir++)
			;
	if (!strcmp(dir, "."))
		dir = "";
	if (*dir == '/') {
		name = format("%s", dir);
	} else {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			die("cannot tell the current directory: %s",
			    strerror(errno));
		name = format("%s/%s", strcmp(cwd, "/") ? cwd : "", dir);
		free(cwd);
	}
	for (len = strlen(name); len > 1 && name[len - 1] == '/'; len--)
		name[len - 1] = '\0';
	return name;
}

static void put_where(const struct ctl *ctl, struct nlmsghdr *nlh)
{
	nl_put_string(nlh, KELP_A_PREFIX, "PREFIX", ctl->argv[0],
		      KELP_PATH_MAX);
	if (ctl->host)
		nl_put_string(nlh, KELP_A_HOST, "HOST", ctl->host,
			      KELP_HOST_MAX);
}

static uint32_t flags(const struct ctl *ctl)
{
	return (ctl->dotfiles ? KELP_SITE_FLAG_DOTFILES : 0) |
	       (ctl->no_variants ? KELP_SITE_FLAG_NO_VARIANTS : 0) |
	       (ctl->listing ? KELP_SITE_FLAG_LISTING : 0);
}

static int add(struct ctl *ctl)
{
	int fd = open(ctl->argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct nlmsghdr *nlh;
	char *name;

	if (fd < 0 && errno == ENOTDIR && !access(ctl->argv[1], F_OK))
		die("'%s' is not a directory; serve one file with 'kelpctl object put'",
		    ctl->argv[1]);
	if (fd < 0)
		die("cannot open directory '%s': %s", ctl->argv[1],
		    strerror(errno));

	nlh = nl_new(KELP_CMD_SITE_ADD);
	put_where(ctl, nlh);
	mnl_attr_put_u32(nlh, KELP_A_FD, (uint32_t)fd);
	name = absolute(ctl->argv[1]);
	nl_put_string(nlh, KELP_A_DIR, "DIR", name, KELP_DIR_MAX);
	free(name);
	if (flags(ctl))
		mnl_attr_put_u32(nlh, KELP_A_FLAGS, flags(ctl));
	site_put_options(ctl, nlh);
	if (ctl->replace)
		mnl_attr_put(nlh, KELP_A_REPLACE, 0, NULL);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static int del(struct ctl *ctl)
{
	struct nlmsghdr *nlh = nl_new(KELP_CMD_SITE_DEL);

	put_where(ctl, nlh);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static json_t *entry(const struct nlattr *const *attrs)
{
	uint32_t flags = nl_u32(attrs, KELP_A_FLAGS);
	json_t *object;

	object = json_pack("{s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o}",
			   "prefix", json_text(nl_string(attrs, KELP_A_PREFIX)),
			   "host", json_text(nl_string(attrs, KELP_A_HOST)),
			   "dir", json_text(nl_string(attrs, KELP_A_DIR)),
			   "dotfiles", !!(flags & KELP_SITE_FLAG_DOTFILES),
			   "listing", !!(flags & KELP_SITE_FLAG_LISTING),
			   "variants", !(flags & KELP_SITE_FLAG_NO_VARIANTS),
			   "cached_objects",
			   json_u64(nl_u64(attrs, KELP_A_CACHED_OBJECTS)),
			   "cached_bytes",
			   json_u64(nl_u64(attrs, KELP_A_CACHED_BYTES)));
	site_add_options(need(object), attrs[KELP_A_OPTIONS]);
	return object;
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "PREFIX", "prefix", false, NULL },
		{ "HOST", "host", false, NULL },
		{ "CACHED", "cached_objects", true, NULL },
		{ "BYTES", "cached_bytes", true, NULL },
		{ "DIR", "dir", false, NULL },
		{ "OPTIONS", NULL, false, site_options_text },
		{},
	};

	print_list(nl_list(KELP_CMD_SITE_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "add", "PREFIX DIR", "Serve the files of a directory below a prefix.",
	  "PREFIX begins with '/' and is matched by whole segments; DIR takes its place.\n"
	  "Only regular files that everybody may read are served.\n"
	  "With --replace the site is exactly what this command says, from one moment\n"
	  "to the next; without, a site that is there already is left alone.\n",
	  OPT_HOST | OPT_REPLACE | OPT_SITE, 2, 2, add },
	{ "del", "PREFIX", "Serve it no more.", NULL, OPT_HOST, 1, 1, del },
	{ "show", "", "List the sites.", NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_site = {
	"site", "Directories that are served below a prefix.", verbs,
};
