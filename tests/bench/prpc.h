/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * baidu_std frames as kmod/include/proto/PROTOCOL.md describes them: taken apart
 * and put together. Written from that description and not from the module, so
 * that the two check each other. No I/O, no allocation.
 */
#ifndef BENCH_PRPC_H
#define BENCH_PRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRPC_HEAD 12
/* What brpc takes in one frame. */
#define PRPC_BODY_MAX (64u << 20)

enum prpc_code {
	PRPC_OK = 0,
	PRPC_ENOSERVICE = 1001,
	PRPC_ENOMETHOD = 1002,
	PRPC_EREQUEST = 1003,
	PRPC_ERESPONSE = 2002,
};

/**
 * struct span - bytes somewhere else
 * @data: the first one
 * @len: how many
 */
struct span {
	const uint8_t *data;
	size_t len;
};

/**
 * struct pb_field - a field of a Protocol Buffers message
 * @number: its number
 * @type: its wire type: 0 varint, 1 eight bytes, 2 length-delimited, 3 a group,
 *	which was left out, 5 four bytes
 * @value: for the types 0, 1 and 5
 * @bytes: for type 2
 */
struct pb_field {
	uint32_t number;
	uint32_t type;
	uint64_t value;
	struct span bytes;
};

/**
 * struct prpc_meta - what RpcMeta says; absent fields are zero
 * @has_request: there is an RpcRequestMeta: @service to @timeout_ms
 * @has_response: there is an RpcResponseMeta: @error_code, @error_text
 * @service: service_name
 * @method: method_name
 * @log_id: for the server's log
 * @timeout_ms: what the caller has left, 0 when it did not say
 * @error_code: 0 or an error
 * @error_text: for people
 * @compress: of the payload
 * @correlation_id: which call it is
 * @attachment: bytes of the attachment
 * @auth: authentication_data
 * @content_type: 0 for protobuf
 * @checksum_type: 0 none, 1 CRC32C
 * @checksum: checksum_value
 * @checksum_attachment: the checksum covers the attachment too
 */
struct prpc_meta {
	bool has_request;
	bool has_response;
	struct span service;
	struct span method;
	int64_t log_id;
	int32_t timeout_ms;
	int32_t error_code;
	struct span error_text;
	int32_t compress;
	int64_t correlation_id;
	int32_t attachment;
	struct span auth;
	int32_t content_type;
	int32_t checksum_type;
	struct span checksum;
	bool checksum_attachment;
};

/**
 * struct prpc_frame - a whole frame
 * @meta: what it says of itself
 * @payload: the message
 * @attachment: bytes after it
 * @len: of the frame, head included
 */
struct prpc_frame {
	struct prpc_meta meta;
	struct span payload;
	struct span attachment;
	size_t len;
};

int pb_next(struct span *rest, struct pb_field *field);
uint8_t *put_span(uint8_t *at, struct span bytes);
uint8_t *pb_put_varint(uint8_t *at, uint64_t value);
uint8_t *pb_put_bytes(uint8_t *at, uint32_t number, struct span bytes);

long prpc_need(struct span data, size_t body_max);
int prpc_parse(struct span data, size_t len, struct prpc_frame *frame);
int prpc_check_sum(const struct prpc_frame *frame);
void prpc_sum(const struct prpc_frame *frame, uint8_t sum[4]);
void prpc_put_head(uint8_t *at, size_t body, size_t meta);

static inline bool span_is(struct span span, const char *text, size_t len)
{
	return span.len == len && !__builtin_memcmp(span.data, text, len);
}

#endif
