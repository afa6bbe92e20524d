// SPDX-License-Identifier: GPL-2.0-only
/* A parsed request for tests of what reads its fields. */
#include "request_kit.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

const u8 *request_parse(struct http_req *req, const char *method,
			const char *fields)
{
	static const struct http_parse_limits limits = {
		.line = 8192, .field = 8192, .head = 16384, .nr_fields = 100,
	};
	char text[4096];
	const u8 *head;
	int len;

	len = snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: x\r\n%s\r\n",
		       method, fields);
	assert_in_range(len, 1, sizeof(text) - 1);
	head = guarded(text, len);
	http_req_init(req);
	assert_int_equal(http_parse(req, head, len, &limits), len);
	return head;
}
