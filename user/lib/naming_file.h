/* SPDX-License-Identifier: MIT */
/*
 * The file of a file:// target: a line for each server, which may change. Any
 * one thread at a time.
 */
#ifndef LIBKELP_NAMING_FILE_H
#define LIBKELP_NAMING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct address;

/**
 * struct naming_mark - what tells one state of a file from another
 * @there: there was a file
 * @dev: as the rest from stat()
 * @ino: another file of the same name
 * @size: and
 * @modified: written to
 * @changed: written to, and the other times set back
 */
struct naming_mark {
	bool there;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

/**
 * struct naming_file - a file and what is known of it
 * @path: where it is; set once, the owner's
 * @seen: the file as the last naming_file_resolve() found it
 * @until: while it looks like that, that need not be tried again before this
 *	date of clock_now()
 * @had_servers: the last time that it could be resolved it had some
 *
 * Begins as zeroes but for @path.
 */
struct naming_file {
	char *path;
	struct naming_mark seen;
	uint64_t until;
	bool had_servers;
};

/**
 * naming_file_resolve() - which servers does it name now?
 * @file: the file
 * @list: set as naming_resolve() does
 * @count: likewise
 *
 * Return: as naming_resolve().
 */
int naming_file_resolve(struct naming_file *file, struct address **list,
			size_t *count);

/**
 * naming_file_unchanged() - need it be read again?
 * @file: the file
 *
 * Return: as naming_unchanged().
 */
bool naming_file_unchanged(const struct naming_file *file);

#endif
