/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * URL paths: from what a client sent to the one name a resource has here.
 *
 * Pure; runs anywhere, softirq included. It must not know about files, sites
 * or routes: those compare the names made here.
 */
#ifndef KELP_HTTP_PATH_H
#define KELP_HTTP_PATH_H

#include <linux/types.h>

/**
 * http_path_is_normal() - would http_path_normalize() return it unchanged?
 * @src: path as sent
 * @len: its length in bytes
 *
 * Costs one scan. May say no to a path that normalizing leaves as it is (a
 * name with a leading dot), never yes to one that it changes or refuses.
 *
 * Context: Any.
 * Return: true when @src can be used as it is.
 */
bool http_path_is_normal(const u8 *src, size_t len);

/**
 * http_path_normalize() - decode a path and remove its dot segments
 * @dst: where to put the result, NUL-terminated
 * @cap: room at @dst in bytes, the NUL included
 * @src: path as sent, beginning with '/', without the query
 * @len: its length in bytes
 *
 * Percent-encodings are decoded once. Then runs of slashes become one slash,
 * as the file system reads them, and "." and ".." segments are removed
 * (RFC 3986, 5.2.4), so that "/a//../b" names "/b" here and on disk. A
 * trailing slash stays, and "/a/." and "/a/b/.." have one.
 *
 * Refused: bad encodings, encoded slashes, NUL and other control bytes, and
 * ".." above the root. Backslashes and bytes from 0x80 on are ordinary.
 *
 * Context: Any. @dst holds no usable text after an error.
 * Return: length of the result without its NUL; -EINVAL when the path is
 * refused; -ENAMETOOLONG when the path does not fit, counted before its ".."
 * segments take anything away.
 */
int http_path_normalize(char *dst, size_t cap, const u8 *src, size_t len);

/**
 * http_path_hidden() - does a segment begin with a dot?
 * @path: normalized path, NUL-terminated
 *
 * Context: Any.
 * Return: true when the path names a dotfile or something beneath one.
 */
bool http_path_hidden(const char *path);

#endif /* KELP_HTTP_PATH_H */
