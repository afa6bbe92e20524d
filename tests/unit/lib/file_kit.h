/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of what reads a file: a folder of its own, files in it, and clocks
 * that stand before or behind their changes (names_kit.h). One thread.
 */
#ifndef KELP_TEST_FILE_KIT_H
#define KELP_TEST_FILE_KIT_H

#include <stddef.h>

/* Two files, which are not there when a test begins. */
extern char file_path[64];
extern char file_other[64];

/* Set-up and teardown of a group, and of each test; for cmocka. */
int file_make_folder(void **state);
int file_remove_folder(void **state);
/* No files, true clocks; it fails when a descriptor was left open. */
int file_clean(void **state);

/* Write a file, file_path unless it says otherwise, over what it was. */
void file_write(const char *text);
void file_write_bytes(const char *path, const char *text, size_t len);
/* The clocks stop just behind that: it may change again and look the same. */
void file_write_young(const char *text);

/* file_path was written a while ago: its time stamps tell everything. */
void file_settle(void);
/* The same, and so many milliseconds behind that. */
void file_settle_for(int ms);

#endif /* KELP_TEST_FILE_KIT_H */
