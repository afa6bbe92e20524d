// SPDX-License-Identifier: GPL-2.0-only
/*
 * .proto files of the user's: protoc compiles them to a descriptor set.
 */
#include "protoc.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than a frame may have, and less than this machine. */
#define INPUT_MAX	(1U << 30)
#define INPUT_STEP	65536

static void read_fd(int fd, const char *name, struct pb_buf *to)
{
	ssize_t n;

	for (;;) {
		n = read(fd, pb_buf_room(to, INPUT_STEP), INPUT_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("cannot read %s: %s", name, strerror(errno));
		if (!n)
			return;
		to->len += (size_t)n;
		if (to->len > INPUT_MAX)
			die("%s is larger than %u MiB", name, INPUT_MAX >> 20);
	}
}

void read_input(const char *name, struct pb_buf *to)
{
	int fd;

	if (!strcmp(name, "-")) {
		read_fd(STDIN_FILENO, "the standard input", to);
		return;
	}
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open %s: %s", name, strerror(errno));
	read_fd(fd, name, to);
	close(fd);
}

static bool is_source(const char *name)
{
	size_t len = strlen(name);

	return len >= 6 && !strcmp(name + len - 6, ".proto");
}

static void load(struct pb_types *types, const struct pb_buf *set,
		 const char *name)
{
	struct pb_fault fault;

	if (!pb_types_add(types, set->data, set->len, &fault))
		die("%s is neither a .proto file nor a descriptor set: offset %zu: %s",
		    name, fault.offset, fault.why);
}

/* Its own folder is where a file is looked for last, with what it imports. */
static char *folder_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return need(strdup("."));
	return need(strndup(name, slash == name ? 1 : (size_t)(slash - name)));
}

/* Arguments of protoc; strings are malloc()ed, the last one is NULL. */
static char **arguments(const struct ctl *ctl, int fd)
{
	char **argv = need(calloc(2 * ctl->given_count + 4, sizeof(*argv)));
	const struct given *g, *end = ctl->given + ctl->given_count;
	char *folder;
	int n = 0;

	argv[n++] = need(strdup("protoc"));
	for (g = ctl->given; g != end; g++)
		if (g->option == OPT_PROTO_PATH)
			argv[n++] = format("-I%s", g->value);
	for (g = ctl->given; g != end; g++) {
		if (g->option != OPT_PROTO || !is_source(g->value))
			continue;
		folder = folder_of(g->value);
		argv[n++] = format("-I%s", folder);
		free(folder);
	}
	argv[n++] = need(strdup("--include_imports"));
	argv[n++] = format("--descriptor_set_out=/dev/fd/%d", fd);
	for (g = ctl->given; g != end; g++)
		if (g->option == OPT_PROTO && is_source(g->value))
			argv[n++] = need(strdup(g->value));
	return argv;
}

/* protoc says itself what it does not like; without it there is a way too. */
static void run_protoc(char **argv)
{
	int error, status;
	pid_t pid;

	error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (error == ENOENT)
		die("protoc is missing: install protobuf-compiler, or give --proto what it made");
	if (error)
		die("cannot run protoc: %s", strerror(error));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for protoc: %s", strerror(errno));
	if (status)
		die("protoc refused what --proto names, for the reason above");
}

static void compile(struct pb_types *types, const struct ctl *ctl)
{
	struct pb_buf set = {};
	char **argv, **arg;
	int fd;

	/* inherited: protoc opens it by its number */
	fd = memfd_create("descriptor set", 0);
	if (fd < 0)
		die("cannot make room for protoc's output: %s",
		    strerror(errno));
	argv = arguments(ctl, fd);
	run_protoc(argv);
	for (arg = argv; *arg; arg++)
		free(*arg);
	free(argv);
	lseek(fd, 0, SEEK_SET);
	read_fd(fd, "the output of protoc", &set);
	close(fd);
	load(types, &set, "the output of protoc");
	pb_buf_free(&set);
}

struct pb_types *protoc_types(const struct ctl *ctl)
{
	const struct given *g, *end = ctl->given + ctl->given_count;
	struct pb_types *types = pb_types_builtin();
	struct pb_buf set = {};
	bool sources = false;

	for (g = ctl->given; g != end; g++) {
		if (g->option != OPT_PROTO)
			continue;
		if (is_source(g->value)) {
			sources = true;
			continue;
		}
		read_input(g->value, &set);
		load(types, &set, g->value);
		pb_buf_free(&set);
	}
	if (sources)
		compile(types, ctl);
	return types;
}
