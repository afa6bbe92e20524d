// SPDX-License-Identifier: GPL-2.0-only
/* A folder with files for one test after the other. */
#include "file_kit.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "names_kit.h"

/* Long enough that a change of the file would show. */
#define SETTLED_MS 1000

static char folder[] = "/tmp/kelp-file.XXXXXX";
char file_path[64];
char file_other[64];

int file_make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(file_path, sizeof(file_path), "%s/servers", folder);
	snprintf(file_other, sizeof(file_other), "%s/other", folder);
	return 0;
}

int file_remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* The descriptor that is free; not the same when one was left open. */
static int free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

int file_clean(void **state)
{
	static int fd = -1;

	(void)state;
	if (fd < 0)
		fd = free_fd();
	unlink(file_path);
	rmdir(file_path);
	unlink(file_other);
	names_reading = NULL;
	names_know(NULL);
	names_after(NULL, 0);
	return fd == free_fd() ? 0 : -1;
}

void file_write_bytes(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void file_write(const char *text)
{
	file_write_bytes(file_path, text, strlen(text));
}

void file_write_young(const char *text)
{
	file_write(text);
	names_after(file_path, 1);
}

void file_settle(void)
{
	file_settle_for(0);
}

void file_settle_for(int ms)
{
	names_after(file_path, SETTLED_MS + ms);
}
