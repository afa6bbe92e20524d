// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc_load - call a method over baidu_std as often as it is answered, and say
 * how often that was. What wrk is for HTTP. Every reply is compared with what it
 * has to be, byte for byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baidu.h"

/**
 * struct rpc - the call; constant once it is set up
 * @method: what is called
 * @payload: the request's message
 * @expect: the reply's message
 * @attachment: of the request, and of the reply when @returned
 * @returned: the reply has the request's attachment
 * @request: the frame
 */
struct rpc {
	struct baidu_method method;
	struct span payload;
	struct span expect;
	struct span attachment;
	bool returned;
	struct baidu_request request;
};

/**
 * struct shape - a reply that was found right, as a whole
 * @data: it, or NULL
 * @len: its bytes
 * @id_at: where its correlation id is
 *
 * A reply that differs in nothing but the id is right too, and need not be
 * taken apart. A thread's own.
 */
struct shape {
	uint8_t *data;
	size_t len;
	size_t id_at;
};

static int rpc_begin(struct load_thread *thread)
{
	thread->state = calloc(1, sizeof(struct shape));
	return thread->state ? 0 : -1;
}

static void rpc_prepare(const struct load_thread *thread, uint8_t *out)
{
	const struct rpc *rpc = thread->load->what;
	unsigned int i;

	for (i = 0; i < thread->load->pipeline; i++)
		out = put_span(out, rpc->request.frame);
}

/* All are of one length, so another one was there before. */
static size_t rpc_put(struct load_conn *conn, struct load_call *call,
		      uint8_t *at)
{
	const struct rpc *rpc = conn->thread->load->what;

	baidu_put_id(at + rpc->request.id_at, conn, call);
	return rpc->request.frame.len;
}

static void keep_shape(struct span data, const struct prpc_frame *frame,
		       struct shape *shape)
{
	size_t id_at = baidu_id_in(data, frame);

	if (!id_at)
		return;
	free(shape->data);
	shape->data = malloc(frame->len);
	if (!shape->data)
		return;
	memcpy(shape->data, data.data, frame->len);
	shape->len = frame->len;
	shape->id_at = id_at;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* Its head is among what is compared, and tells its length. */
static bool fits(struct span data, const struct shape *shape)
{
	size_t after = shape->id_at + BAIDU_ID_LEN;

	return shape->data && data.len >= shape->len &&
	       !memcmp(data.data, shape->data, shape->id_at) &&
	       !memcmp(data.data + after, shape->data + after,
		       shape->len - after);
}

/*
 * Is a whole reply what it has to be? NULL when it is, or when it is an error,
 * as @frame->meta says; else what is wrong with it. @frame->len is set before.
 */
static const char *judge(const struct rpc *rpc, struct span data,
			 struct prpc_frame *frame, struct shape *shape)
{
	if (prpc_parse(data, frame->len, frame))
		return "meta is no message";
	if (!frame->meta.has_response || frame->meta.has_request)
		return "no response";
	if (frame->meta.error_code)
		return NULL;
	if ((size_t)frame->meta.attachment != frame->attachment.len)
		return "attachment_size is larger than the body";
	if (frame->meta.compress || prpc_check_sum(frame))
		return "compressed, or a wrong checksum";
	if (!same(frame->payload, rpc->expect))
		return "another message than expected";
	if (!same(frame->attachment, rpc->returned ? rpc->attachment :
						     (struct span){ 0 }))
		return "another attachment than expected";
	keep_shape(data, frame, shape);
	return NULL;
}

static enum load_verdict rpc_take(struct load_conn *conn, struct span data,
				  struct load_answer *answer)
{
	struct shape *shape = conn->thread->state;
	enum load_verdict verdict;
	struct prpc_frame frame;

	if (fits(data, shape)) {
		answer->len = shape->len;
		return baidu_answer(conn, baidu_get_id(data.data +
						       shape->id_at), answer);
	}
	verdict = baidu_need(data, answer);
	if (verdict != LOAD_RIGHT)
		return verdict;
	frame.len = answer->len;
	answer->why = judge(conn->thread->load->what, data, &frame, shape);
	answer->code = frame.meta.error_code;
	return answer->why ? LOAD_WRONG :
	       baidu_answer(conn, frame.meta.correlation_id, answer);
}

static const struct load_protocol rpc_protocol = {
	.begin = rpc_begin,
	.prepare = rpc_prepare,
	.put = rpc_put,
	.take = rpc_take,
};

static const char usage[] =
"usage: rpc_load [OPTION]... HOST:PORT\n"
"\n"
"  -t N                threads (1)\n"
"  -c N                connections (1)\n"
"  -d SECONDS          how long (2)\n"
"  -j                  print JSON\n"
"  --pipeline N        calls in flight per connection (1)\n"
"  --service NAME      (kelp.Echo)\n"
"  --method NAME       (Echo)\n"
"  --size BYTES        of field 1 of the message, which the reply has to\n"
"                      contain as well (16)\n"
"  --payload HEX       the message, instead\n"
"  --expect HEX        the message of the reply; the same as of the request\n"
"                      unless given\n"
"  --attachment BYTES  of the attachment, which the reply has to return (0);\n"
"                      not with --expect\n"
"  --timeout-ms N      send along what time the call has\n"
"\n"
"HOST is an IPv4 address. The status is 0 when every call was answered, and\n"
"rightly, else 1; 2 for wrong usage.\n";

/* Bytes that differ, so that none gets lost unnoticed. */
static struct span filled(size_t len)
{
	uint8_t *data = load_allocate(len);
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = 'a' + (i + i / 26) % 26;
	return (struct span){ data, len };
}

static struct span message(size_t size)
{
	uint8_t *data = load_allocate(size + 16);
	struct span content = filled(size);
	uint8_t *end = size ? pb_put_bytes(data, 1, content) : data;

	return (struct span){ data, end - data };
}

static struct span hex(const char *text)
{
	size_t len = strlen(text) / 2, i;
	uint8_t *data = load_allocate(len);

	if (strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != 2 * len)
		load_wrong("not hexadecimal");
	for (i = 0; i < len; i++)
		if (sscanf(text + 2 * i, "%2hhx", &data[i]) != 1)
			load_wrong("not hexadecimal");
	return (struct span){ data, len };
}

enum {
	SERVICE = 256,
	METHOD,
	SIZE,
	PAYLOAD,
	EXPECT,
	ATTACHMENT,
	TIMEOUT_MS,
};

static const struct option own_options[] = {
	{ "service", required_argument, NULL, SERVICE },
	{ "method", required_argument, NULL, METHOD },
	{ "size", required_argument, NULL, SIZE },
	{ "payload", required_argument, NULL, PAYLOAD },
	{ "expect", required_argument, NULL, EXPECT },
	{ "attachment", required_argument, NULL, ATTACHMENT },
	{ "timeout-ms", required_argument, NULL, TIMEOUT_MS },
	{ NULL, 0, NULL, 0 },
};

static void read_option(struct load *load, int option, const char *argument)
{
	struct rpc *rpc = load->what;

	switch (option) {
	case SERVICE:
		rpc->method.service = argument;
		break;
	case METHOD:
		rpc->method.method = argument;
		break;
	case SIZE:
		rpc->payload = message(load_number(argument, 60 << 20));
		break;
	case PAYLOAD:
		rpc->payload = hex(argument);
		break;
	case EXPECT:
		rpc->expect = hex(argument);
		rpc->returned = false;
		break;
	case ATTACHMENT:
		rpc->attachment = filled(load_number(argument, 60 << 20));
		break;
	case TIMEOUT_MS:
		rpc->method.timeout_ms = load_number(argument, INT32_MAX);
		break;
	}
}

int main(int argc, char **argv)
{
	static const struct load_program program = {
		.usage = usage, .options = own_options, .read = read_option,
	};
	struct rpc rpc = {
		.method = { .service = "kelp.Echo", .method = "Echo" },
		.payload = message(16),
		.returned = true,
	};
	struct load load = { .protocol = &rpc_protocol, .what = &rpc };

	load_options(&load, &program, argc, argv);
	if (rpc.returned)
		rpc.expect = rpc.payload;
	if (baidu_prepare(&rpc.request, &rpc.method, rpc.payload,
			  rpc.attachment))
		load_die("memory");
	load.request_max = rpc.request.frame.len;
	return load_run(&load);
}
