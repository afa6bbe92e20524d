// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl object: content that is served at exactly one path.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"
#include "nl.h"
#include "print.h"

/* O_NONBLOCK: a FIFO without a writer is refused instead of waited for. */
static int open_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die("cannot open '%s': %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		die("'%s' is not a regular file", name);
	return fd;
}

static int put(struct ctl *ctl)
{
	int fd = open_file(ctl->argv[1]);
	struct nlmsghdr *nlh = nl_new(KELP_CMD_OBJECT_PUT);

	nl_put_string(nlh, KELP_A_PATH, "URLPATH", ctl->argv[0], KELP_PATH_MAX);
	mnl_attr_put_u32(nlh, KELP_A_FD, (uint32_t)fd);
	if (ctl->type)
		nl_put_string(nlh, KELP_A_TYPE, "TYPE", ctl->type,
			      KELP_TYPE_MAX);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static int del(struct ctl *ctl)
{
	struct nlmsghdr *nlh = nl_new(KELP_CMD_OBJECT_DEL);

	nl_put_string(nlh, KELP_A_PATH, "URLPATH", ctl->argv[0], KELP_PATH_MAX);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static json_t *entry(const struct nlattr *const *attrs)
{
	return json_pack("{s:o, s:o, s:o}",
			 "path", json_text(nl_string(attrs, KELP_A_PATH)),
			 "type", json_text(nl_string(attrs, KELP_A_TYPE)),
			 "size", json_u64(nl_u64(attrs, KELP_A_SIZE)));
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "PATH", "path", false, NULL },
		{ "SIZE", "size", true, NULL },
		{ "TYPE", "type", false, NULL },
		{},
	};

	print_list(nl_list(KELP_CMD_OBJECT_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "put", "URLPATH FILE", "Serve a copy of a file at one path.",
	  "The content is copied now: later changes of the file do not show. An object\n"
	  "that is there already is replaced, in one step.\n",
	  OPT_TYPE, 2, 2, put },
	{ "del", "URLPATH", "Serve it no more.", NULL, 0, 1, 1, del },
	{ "show", "", "List the objects.", NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_object = {
	"object", "Content that is served at exactly one path.", verbs,
};
