// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handler "echo": the request's body is the answer, as it comes, of the
 * request's type. In softirq.
 */
#include "http/handlers/builtin.h"

static int echo_type(struct kelp_http_rq *rq)
{
	size_t len;
	const char *type = kelp_http_field(rq, "Content-Type", &len);

	if (type)
		return kelp_http_add_bytes(rq, "Content-Type", type, len);
	return kelp_http_add(rq, "Content-Type", "application/octet-stream");
}

/*
 * A body in chunks may turn out to be none, or not in chunks: the answer waits
 * for its first byte. One whose length is known begins at once.
 */
static int echo_request(struct kelp_http_rq *rq)
{
	s64 len = kelp_http_body_length(rq);
	int err = len ? echo_type(rq) : 0;

	if (err || len < 0)
		return err;
	err = kelp_http_length(rq, len);
	if (err || !len)
		return err;
	return kelp_http_begin(rq);
}

const struct kelp_http_handler kelp_http_echo = {
	.name = "echo",
	.on_request = echo_request,
	.on_body = kelp_http_write,
	.on_end = kelp_http_finish,
};
