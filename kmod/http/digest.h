/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Digests of content and of identities, for entity-tags and for noticing
 * changes. Not for security: whoever makes the content can make two of the same
 * digest, and would deceive only those who ask for that content.
 */
#ifndef KELP_HTTP_DIGEST_H
#define KELP_HTTP_DIGEST_H

#include <linux/types.h>

#include "http/syntax/coding.h"
#include "http/syntax/etag.h"

struct kelp_ident;
struct kelp_object_spec;

/* Room for an entity-tag and its NUL. */
#define KELP_TAG_ROOM (HTTP_ETAG_LEN + 1)

void kelp_digest_tag(char tag[KELP_TAG_ROOM], const struct kelp_object_spec *spec,
		     enum http_coding coding);
void kelp_digest_tag_file(char tag[KELP_TAG_ROOM], const struct kelp_ident *ident,
			  enum http_coding coding);
u64 kelp_digest_ident(const struct kelp_ident *ident, u64 before);

#endif
