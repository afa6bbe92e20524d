// SPDX-License-Identifier: MIT
/*
 * The file of a file:// target: reading it, and noticing that it changed. Names
 * in it are looked up, which may block. Any one thread at a time; knows nothing
 * of other targets.
 */
#include "naming_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "naming_list.h"

/* The longest file. */
#define FILE_MOST (1 << 20)

/* Room for a file's text in the beginning. */
#define FILE_FIRST 4096

/* How often a file is read that changes meanwhile. */
#define FILE_TRIES 3

/*
 * Time stamps move in steps, of 10 ms at most: a file that was changed less than
 * so many nanoseconds ago may change again without showing it.
 */
#define FILE_YOUNG (100 * (int64_t)NS_PER_MS)

static void mark_set(struct naming_mark *mark, const struct stat *st)
{
	*mark = (struct naming_mark){
		.there = true,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.modified = st->st_mtim,
		.changed = st->st_ctim,
	};
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool mark_equal(const struct naming_mark *a, const struct naming_mark *b)
{
	if (!a->there || !b->there)
		return a->there == b->there;
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(a->modified, b->modified) &&
	       same_time(a->changed, b->changed);
}

/* @now: of CLOCK_REALTIME, before the file was read. */
static bool mark_is_young(const struct naming_mark *mark, struct timespec now)
{
	int64_t seconds, age;

	if (!mark->there)
		return false;
	seconds = (int64_t)now.tv_sec - (int64_t)mark->changed.tv_sec;
	/* the clock was set, or is another machine's */
	if (seconds > 1 || seconds < -1)
		return false;
	age = seconds * (int64_t)NS_PER_S + now.tv_nsec - mark->changed.tv_nsec;
	return age < FILE_YOUNG && age > -FILE_YOUNG;
}

/* Open, if it is a file that ends; a descriptor or -errno. */
static int file_open(const char *path, struct naming_mark *mark)
{
	struct stat st;
	int fd, err;

	mark->there = false;
	/* O_NONBLOCK: a pipe would make us wait for who writes to it */
	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	mark_set(mark, &st);
	if (S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EBADMSG;
}

/* All of it, with a NUL behind; *@text is for free() in any case. */
static int file_slurp(int fd, char **text, size_t *len)
{
	size_t room = 0;
	ssize_t got;
	char *more;

	*len = 0;
	for (;;) {
		if (*len + 1 >= room) {
			room = room ? 2 * room : FILE_FIRST;
			more = realloc(*text, room);
			if (!more)
				return -ENOMEM;
			*text = more;
		}
		got = read(fd, *text + *len, room - *len - 1);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got)
			break;
		if (got > 0)
			*len += (size_t)got;
		if (*len > FILE_MOST)
			return -EBADMSG;
	}
	(*text)[*len] = '\0';
	return 0;
}

/*
 * A file's text, and the mark of that state of it. *@text is for free() in any
 * case.
 */
static int file_read(const char *path, char **text, size_t *len,
		     struct naming_mark *mark)
{
	struct naming_mark after;
	struct stat st;
	int tries, fd, err;

	for (tries = 0; tries < FILE_TRIES; tries++) {
		fd = file_open(path, mark);
		if (fd < 0)
			return fd;
		err = file_slurp(fd, text, len);
		if (!err && fstat(fd, &st))
			err = -errno;
		close(fd);
		if (err)
			return err;
		mark_set(&after, &st);
		if (mark_equal(mark, &after))
			return 0;
	}
	return -EAGAIN;
}

/* HOST:PORT [WEIGHT] # comment */
static int parse_line(struct naming_list *list, char *line)
{
	static const char space[] = " \t\r";
	char *server, *weight, *rest;

	line[strcspn(line, "#")] = '\0';
	server = strtok_r(line, space, &rest);
	if (!server)
		return 0;
	weight = strtok_r(NULL, space, &rest);
	if (weight && strtok_r(NULL, space, &rest))
		return -EINVAL;
	return naming_list_add(list, server, weight);
}

static int parse_file(struct naming_list *list, char *text, size_t len)
{
	char *line;
	int err = 0;

	/* behind a NUL nothing would be read */
	if (strlen(text) != len)
		return -EBADMSG;
	while (!err && (line = strsep(&text, "\n")))
		err = parse_line(list, line);
	return err == -EINVAL ? -EBADMSG : err;
}

static int file_servers(const char *path, struct naming_list *list,
			struct naming_mark *mark)
{
	char *text = NULL;
	size_t len;
	int err;

	err = file_read(path, &text, &len, mark);
	if (!err)
		err = parse_file(list, text, len);
	free(text);
	return err;
}

/* How long the same file means the same result. */
static uint64_t result_lasts(int err)
{
	switch (err) {
	case 0:
	case -ENOENT:
	case -EBADMSG:
		return CLOCK_NEVER;
	case -EHOSTUNREACH:
	case -EAGAIN:
		/* no name server wants to be asked each time the file is */
		return clock_in(clock_now(), NAMING_ASK_MS);
	default:
		return 0;
	}
}

int naming_file_resolve(struct naming_file *file, struct address **list,
			size_t *count)
{
	struct naming_list servers = { .at = NULL };
	struct naming_mark mark = { .there = false };
	struct timespec before;
	bool young, empty;
	int err;

	clock_gettime(CLOCK_REALTIME, &before);
	err = file_servers(file->path, &servers, &mark);
	young = mark_is_young(&mark, before);
	empty = !servers.count;
	/* truncated, and not yet written */
	if (!err && empty && young && file->had_servers)
		err = -EAGAIN;
	if (!err)
		err = naming_list_resolve(&servers, false, list, count);
	naming_list_exit(&servers);
	file->seen = mark;
	file->until = young ? 0 : result_lasts(err);
	if (!err)
		file->had_servers = !empty;
	return err;
}

bool naming_file_unchanged(const struct naming_file *file)
{
	struct naming_mark now = { .there = false };
	struct stat st;

	if (clock_now() >= file->until)
		return false;
	if (!stat(file->path, &st))
		mark_set(&now, &st);
	else if (errno != ENOENT && errno != ENOTDIR)
		return false;
	return mark_equal(&file->seen, &now);
}
