/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Content codings: RFC 9110, 8.4.1, and Accept-Encoding, 12.5.3.
 *
 * Pure; runs anywhere, softirq included. It must not know which files have
 * encoded forms.
 */
#ifndef KELP_HTTP_CODING_H
#define KELP_HTTP_CODING_H

#include <linux/types.h>

#include "parse.h"

/**
 * enum http_coding - how a representation is encoded
 * @HTTP_CODING_BR: Brotli
 * @HTTP_CODING_ZSTD: Zstandard
 * @HTTP_CODING_GZIP: gzip
 * @HTTP_CODING_IDENTITY: not at all
 * @HTTP_NR_CODINGS: how many there are
 *
 * The earlier one is taken when the client likes several equally.
 */
enum http_coding {
	HTTP_CODING_BR,
	HTTP_CODING_ZSTD,
	HTTP_CODING_GZIP,
	HTTP_CODING_IDENTITY,
	HTTP_NR_CODINGS
};

/* Those that change the bytes. */
#define HTTP_NR_ENCODINGS HTTP_CODING_IDENTITY

/**
 * http_coding_name() - as Content-Encoding has it
 * @coding: which
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *http_coding_name(enum http_coding coding);

/**
 * http_coding_suffix() - what encoded files have behind their name
 * @coding: which
 *
 * Context: Any.
 * Return: a constant string without its dot; "" for HTTP_CODING_IDENTITY.
 */
const char *http_coding_suffix(enum http_coding coding);

/**
 * http_coding_choose() - the coding that a client likes best
 * @req: the request, complete
 * @head: first byte of its head
 * @there: bit n: there is a representation with coding n; that of
 *	HTTP_CODING_IDENTITY is taken for set
 *
 * Accept-Encoding is a list, so its lines are read as one; an element that does
 * not fit the grammar is passed over; of a coding that is named twice the lower
 * weight counts. Without the field, and when the client refuses everything that
 * there is, the answer is not encoded: a client that says so about nothing but
 * codings would rather have that than 406 (12.5.3, last paragraph but one).
 *
 * Context: Any.
 * Return: a coding of @there.
 */
enum http_coding http_coding_choose(const struct http_req *req, const u8 *head,
				    unsigned int there);

#endif /* KELP_HTTP_CODING_H */
