// SPDX-License-Identifier: GPL-2.0-only
/* What the tests of the request parser share. */
#include "parse_kit.h"

#include <string.h>

#include "harness.h"

const struct http_parse_limits parse_usual = { 8192, 8192, 16384, 100 };

int parse_one(struct http_req *r, const char *in, size_t len)
{
	http_req_init(r);
	return http_parse(r, guarded(in, len), len, &parse_usual);
}

void parse_check_slice(const void *in, struct http_slice s, const char *want)
{
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal((const char *)in + s.off, want, s.len);
}
