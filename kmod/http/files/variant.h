/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variants: encoded files beside a file, foo.br, foo.zst and foo.gz beside foo,
 * which are served in its place to clients that accept them.
 */
#ifndef KELP_HTTP_VARIANT_H
#define KELP_HTTP_VARIANT_H

#include <linux/types.h>

#include "http/syntax/coding.h"
#include "http/files/file.h"

struct kelp_object;
struct kelp_object_spec;
struct kelp_site;

/**
 * struct kelp_variants - the variants of a file, as they were found
 * @found: bit n: there is a variant with coding n
 * @busy: somebody has one of them open for writing
 * @digest: of their identities: another one when any of them was changed, added
 *	or removed; 0 when there are none
 * @file: the files, by &enum http_coding; valid by @found
 *
 * Owned by whoever looked for them; given back with kelp_variants_release().
 */
struct kelp_variants {
	unsigned int found;
	bool busy;
	u64 digest;
	struct kelp_file file[HTTP_NR_ENCODINGS];
};

void kelp_variants_find(struct kelp_variants *variants, struct kelp_site *site,
			const char *path, const struct kelp_file *plain,
			u64 limit);
bool kelp_variants_read(const struct kelp_variants *variants,
			const struct kelp_object_spec *plain, u64 limit,
			struct kelp_object *objects[HTTP_NR_ENCODINGS]);
void kelp_variants_release(struct kelp_variants *variants);

#endif
