// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for paths. The first byte of the input takes room away from the
 * result, the rest is the path as sent. What is accepted must be a name that no
 * file system takes to mean anything else.
 */
#include "fuzz.h"

#include <linux/errno.h>

#include "path.h"

bool shim_expect_warning;

static void check_normal(const char *path, size_t len)
{
	size_t i, segment = 1;

	CHECK(path[0] == '/' && path[len] == '\0');
	for (i = 0; i < len; i++)
		CHECK((uint8_t)path[i] >= 0x20 && path[i] != 0x7f);
	for (i = 1; i <= len; i++) {
		if (path[i] != '/' && i < len)
			continue;
		/* an empty segment can only be the last one */
		CHECK(i > segment || i == len);
		CHECK(i - segment != 1 || path[segment] != '.');
		CHECK(i - segment != 2 || memcmp(path + segment, "..", 2));
		segment = i + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *src;
	size_t cap, less;
	char *dst;
	int len;

	if (!size || size > FUZZ_MAX)
		return 0;
	less = *data++ & 15;
	size--;
	cap = size + 1 > less ? size + 1 - less : 1;
	src = fuzz_guarded(data, size);
	dst = malloc(cap);
	len = http_path_normalize(dst, cap, src, size);
	if (len < 0) {
		CHECK(len == -EINVAL || len == -ENAMETOOLONG);
		CHECK(len == -EINVAL || less);
	} else {
		CHECK((size_t)len < cap);
		check_normal(dst, len);
		http_path_hidden(dst);
	}
	if (http_path_is_normal(src, size) && !less) {
		CHECK(len == (int)size);
		CHECK(!memcmp(dst, src, size));
	}
	free(dst);
	return 0;
}
