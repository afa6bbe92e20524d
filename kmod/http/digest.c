// SPDX-License-Identifier: GPL-2.0-only
/*
 * Digests. Any context, though hashing a large body takes a while: about a
 * second for a GiB. Knows nothing of files or tables.
 */
#include "http/digest.h"

#include <linux/mm.h>
#include <linux/siphash.h>

#include "http/files/ident.h"
#include "http/object.h"
#include "net/blob.h"

/*
 * The keys are constant and the bytes taken in pieces of a size that is the
 * same everywhere, so that servers behind a balancer have the same tags.
 */
#define DIGEST_KEY 0x6b656c7065746167ULL
#define DIGEST_PIECE 4096

/* Each piece is hashed with a key that depends on all before it. */
static u64 digest_more(u64 before, const void *data, size_t len)
{
	siphash_key_t key = { .key = { DIGEST_KEY, before } };

	return siphash(data, len, &key);
}

static u64 digest_run(u64 digest, const u8 *data, size_t len)
{
	while (len) {
		size_t part = min_t(size_t, len, DIGEST_PIECE);

		digest = digest_more(digest, data, part);
		data += part;
		len -= part;
	}
	return digest;
}

/* Every run but the last has whole pages, so pieces do not depend on runs. */
static u64 digest_blob(const struct kelp_blob *blob)
{
	u64 digest = 0;
	unsigned int i;

	BUILD_BUG_ON(PAGE_SIZE % DIGEST_PIECE);
	for (i = 0; i < blob->nr; i++)
		digest = digest_run(digest, page_address(blob->bv[i].bv_page),
				    blob->bv[i].bv_len);
	return digest;
}

static void digest_format(char tag[KELP_TAG_ROOM], u64 digest, u64 size,
			  enum http_coding coding)
{
	tag[http_etag_format(tag, digest, size, http_coding_suffix(coding))] = 0;
}

/**
 * kelp_digest_tag() - make a strong entity-tag from an object's bytes
 * @tag: filled, NUL terminated
 * @spec: the object to be; its body has bytes
 * @coding: how the body is encoded
 *
 * Same bytes and coding, same tag, on every machine; else another one, but for
 * one case in 2^64.
 *
 * Context: any; sleeps never.
 */
void kelp_digest_tag(char tag[KELP_TAG_ROOM], const struct kelp_object_spec *spec,
		     enum http_coding coding)
{
	u64 digest = spec->blob ? digest_blob(spec->blob) :
				  digest_run(0, spec->body, spec->body_len);

	digest_format(tag, digest, spec->body_len, coding);
}

/**
 * kelp_digest_ident() - digest the identity of a file's content
 * @ident: the identity
 * @before: digest of what came before it, 0 for nothing
 *
 * Device numbers are left out: they may differ after the next boot.
 *
 * Context: any.
 * Return: the digest.
 */
u64 kelp_digest_ident(const struct kelp_ident *ident, u64 before)
{
	u64 words[] = {
		ident->ino, ident->size, ident->version,
		ident->mtime.tv_sec, ident->mtime.tv_nsec,
		ident->ctime.tv_sec, ident->ctime.tv_nsec,
	};

	return digest_more(before, words, sizeof(words));
}

/**
 * kelp_digest_tag_file() - make a strong entity-tag from a file's identity
 * @tag: filled, NUL terminated
 * @ident: a settled identity: any further change of the content changes it
 * @coding: how the content is encoded
 *
 * For files too large to be read before they are sent.
 *
 * Context: any.
 */
void kelp_digest_tag_file(char tag[KELP_TAG_ROOM], const struct kelp_ident *ident,
			  enum http_coding coding)
{
	digest_format(tag, kelp_digest_ident(ident, 0), ident->size, coding);
}
