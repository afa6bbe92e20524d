/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading Cookie fields (RFC 6265, 4.2 and 5.4) and queries. Pure.
 */
#ifndef KELP_HTTP_COOKIE_H
#define KELP_HTTP_COOKIE_H

#include <linux/types.h>

/**
 * http_cookie_find() - a cookie's value
 * @text: the value of a Cookie field
 * @len: its length in bytes
 * @name: the cookie's name, compared byte by byte
 * @name_len: its length in bytes
 * @value_len: set to the length of the value
 *
 * White space about pairs is skipped; a value's double quotes are taken off.
 *
 * Context: Any.
 * Return: the value inside @text, of the first cookie of that name; or NULL.
 */
const char *http_cookie_find(const char *text, size_t len, const char *name,
			     size_t name_len, size_t *value_len);

/**
 * http_query_find() - a parameter's value in a query
 * @text: the query, without '?'
 * @len: its length in bytes
 * @name: the parameter's name, compared byte by byte
 * @name_len: its length in bytes
 * @value_len: set to the length of the value
 *
 * Nothing is decoded.
 *
 * Context: Any.
 * Return: what stands behind "name=" up to '&', or an empty string for a
 * "name" without '='; NULL when the name is not there.
 */
const char *http_query_find(const char *text, size_t len, const char *name,
			    size_t name_len, size_t *value_len);

#endif
