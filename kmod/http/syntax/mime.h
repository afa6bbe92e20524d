/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Media types by file name extension.
 *
 * Pure; runs anywhere. It must not know about files or responses.
 */
#ifndef KELP_HTTP_MIME_H
#define KELP_HTTP_MIME_H

#include <linux/types.h>

/**
 * http_mime_extension() - what a file's media type goes by
 * @path: file name or path; need not be NUL-terminated
 * @len: its length in bytes
 * @ext_len: set to the extension's length in bytes
 *
 * The extension is what follows the last dot of the last segment; a dot that
 * begins the name does not count.
 *
 * Context: Any.
 * Return: the extension in @path, in the case in which it stands there; NULL
 * when there is none.
 */
const char *http_mime_extension(const char *path, size_t len, size_t *ext_len);

/**
 * http_mime_type() - the Content-Type for a file
 * @path: file name or path; need not be NUL-terminated
 * @len: its length in bytes
 *
 * The extension is compared in any case. Text comes with its charset, which is
 * taken to be UTF-8.
 *
 * Context: Any.
 * Return: the value of the field, a static string; never NULL.
 */
const char *http_mime_type(const char *path, size_t len);

#endif /* KELP_HTTP_MIME_H */
