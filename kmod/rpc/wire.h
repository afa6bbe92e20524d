/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Frames of baidu_std: head and RpcMeta, read where they lie and written into a
 * buffer. uapi/linux/kelp_rpc.h describes the protocol.
 *
 * Pure: no allocation, no global state; runs in softirq, in workers and in user
 * space under the unit tests and the fuzzer. It must not know about connections,
 * services or what a payload means.
 */
#ifndef KELP_RPC_WIRE_H
#define KELP_RPC_WIRE_H

#include <linux/types.h>
#include <uapi/linux/kelp_rpc.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"

/**
 * struct kelp_wire_limits - how large a frame may be
 * @body: bytes behind the head
 * @meta: bytes of RpcMeta
 */
struct kelp_wire_limits {
	u32 body;
	u32 meta;
};

/**
 * struct kelp_wire_head - a head, as it was sent
 * @body: bytes behind the head
 * @meta: bytes of RpcMeta, at most @body
 */
struct kelp_wire_head {
	u32 body;
	u32 meta;
};

/*
 * kelp_wire_meta.has: fields that were there, or are to be written. Those of a
 * message within RpcMeta are written only if the bit of the message is set.
 */
#define KELP_WIRE_REQUEST		0x00000001
#define KELP_WIRE_RESPONSE		0x00000002
#define KELP_WIRE_COMPRESS_TYPE		0x00000004
#define KELP_WIRE_CORRELATION_ID	0x00000008
#define KELP_WIRE_ATTACHMENT_SIZE	0x00000010
#define KELP_WIRE_CHUNK			0x00000020
#define KELP_WIRE_AUTHENTICATION	0x00000040
#define KELP_WIRE_STREAM		0x00000080
#define KELP_WIRE_USER			0x00000100
#define KELP_WIRE_CONTENT_TYPE		0x00000200
#define KELP_WIRE_CHECKSUM_TYPE		0x00000400
#define KELP_WIRE_CHECKSUM_VALUE	0x00000800
#define KELP_WIRE_CHECKSUM_ATTACHMENT	0x00001000
/* in request */
#define KELP_WIRE_SERVICE		0x00010000
#define KELP_WIRE_METHOD		0x00020000
#define KELP_WIRE_LOG_ID		0x00040000
#define KELP_WIRE_TRACE_ID		0x00080000
#define KELP_WIRE_SPAN_ID		0x00100000
#define KELP_WIRE_PARENT_SPAN_ID	0x00200000
#define KELP_WIRE_REQUEST_ID		0x00400000
#define KELP_WIRE_TIMEOUT		0x00800000
/* in response */
#define KELP_WIRE_ERROR_CODE		0x01000000
#define KELP_WIRE_ERROR_TEXT		0x02000000
/* in chunk_info and stream_settings */
#define KELP_WIRE_CHUNK_STREAM_ID	0x04000000
#define KELP_WIRE_CHUNK_ID		0x08000000
#define KELP_WIRE_STREAM_ID		0x10000000

/* What brpc writes in every frame, whether it is zero or not. */
#define KELP_WIRE_ALWAYS						\
	(KELP_WIRE_COMPRESS_TYPE | KELP_WIRE_CORRELATION_ID |		\
	 KELP_WIRE_CONTENT_TYPE | KELP_WIRE_CHECKSUM_TYPE |		\
	 KELP_WIRE_CHECKSUM_VALUE)

/**
 * struct kelp_wire_meta - an RpcMeta
 * @has: KELP_WIRE_*; what is not there is 0
 * @compress_type: enum kelp_rpc_compress, or what else was sent
 * @correlation_id: any number
 * @attachment_size: bytes; when read at most what the body has behind the meta
 * @content_type: enum kelp_rpc_content, or what else was sent
 * @checksum_type: enum kelp_rpc_checksum, or what else was sent
 * @timeout_ms: in request; may be negative, as all that is signed here
 * @error_code: in response; enum kelp_rpc_error, or what else was sent
 * @checksum_with_attachment: true or false
 * @nr_user: when read, how many user fields there were
 * @checksum_value: see kelp_wire_checksum()
 * @authentication: bytes of authentication_data
 * @service: in request: service_name
 * @method: in request: method_name
 * @request_id: in request; any bytes
 * @error_text: in response; any bytes
 * @users: a message whose fields of number 9 are the user fields, and whose
 *	others do not count: all of the RpcMeta when read, kelp_wire_put_user()
 *	otherwise. kelp_wire_user_next() tells them
 * @log_id: in request
 * @trace_id: in request
 * @span_id: in request
 * @parent_span_id: in request
 * @chunk_stream_id: in chunk_info
 * @chunk_id: in chunk_info
 * @stream_id: in stream_settings, whose other fields are not kept
 *
 * The spans are bytes of the RpcMeta that was read, or of the caller's. Belongs
 * to whoever reads or writes; no locking of its own.
 */
struct kelp_wire_meta {
	u32 has;
	s32 compress_type;
	s64 correlation_id;
	s32 attachment_size;
	s32 content_type;
	s32 checksum_type;
	s32 timeout_ms;
	s32 error_code;
	bool checksum_with_attachment;
	u32 nr_user;
	struct kelp_pb_span checksum_value;
	struct kelp_pb_span authentication;
	struct kelp_pb_span service;
	struct kelp_pb_span method;
	struct kelp_pb_span request_id;
	struct kelp_pb_span error_text;
	struct kelp_pb_span users;
	s64 log_id;
	s64 trace_id;
	s64 span_id;
	s64 parent_span_id;
	s64 chunk_stream_id;
	s64 chunk_id;
	s64 stream_id;
};

/**
 * kelp_wire_head_parse() - examine the head of a frame
 * @buf: first byte of the frame
 * @len: bytes there are now; may exceed the head
 * @limits: how large a frame may be
 * @head: set when the return value is neither 0 nor -EPROTO
 *
 * Keeps nothing: after 0, call again with the same bytes and more behind them.
 * All refusals mean that the next frame cannot be found.
 *
 * Context: Any.
 * Return: KELP_RPC_HEAD_SIZE; 0 when more bytes are needed; -EPROTO at the
 * first byte that is not KELP_RPC_MAGIC's; -EBADMSG when the meta is longer
 * than the body; -EMSGSIZE when either is beyond its limit.
 */
int kelp_wire_head_parse(const u8 *buf, size_t len,
			 const struct kelp_wire_limits *limits,
			 struct kelp_wire_head *head);

/**
 * kelp_wire_meta_parse() - read the RpcMeta of a frame
 * @data: its first byte
 * @head: the frame's head; all @head->meta bytes are there
 * @meta: filled, in parts also beside -EBADMSG and -E2BIG
 *
 * Takes requests and responses; @meta->has tells which it is (neither, or both,
 * is no error here). Messages that come twice are merged.
 *
 * Context: Any. Touches @meta and the bytes only.
 * Return: 0; -EBADMSG when this is no RpcMeta, or a required field is missing;
 * -E2BIG when it has more fields, or goes deeper, than anybody needs; -ERANGE
 * when attachment_size is negative or more than the body has: only then,
 * beside 0, @meta is complete and the frame can be answered.
 */
int kelp_wire_meta_parse(const u8 *data, const struct kelp_wire_head *head,
			 struct kelp_wire_meta *meta);

/**
 * kelp_wire_payload() - how long is the payload?
 * @head: the frame's head
 * @meta: its RpcMeta; kelp_wire_meta_parse() returned 0
 *
 * Context: Any.
 * Return: bytes between meta and attachment.
 */
static inline u32 kelp_wire_payload(const struct kelp_wire_head *head,
				    const struct kelp_wire_meta *meta)
{
	return head->body - head->meta - (u32)meta->attachment_size;
}

/**
 * kelp_wire_user_init() - begin to read the user fields
 * @it: the iterator
 * @meta: the RpcMeta they are in
 *
 * Context: Any.
 */
void kelp_wire_user_init(struct kelp_pb *it, const struct kelp_wire_meta *meta);

/**
 * kelp_wire_user_next() - read the next user field
 * @it: the iterator
 * @key: set to its key when there is one; any bytes
 * @value: set to its value; any bytes
 *
 * In the order in which they were sent. Of several with one key the last counts.
 *
 * Context: Any.
 * Return: 1, or 0 behind the last; -EBADMSG or -E2BIG when the bytes are no
 * such message, which cannot be if kelp_wire_meta_parse() took them.
 */
int kelp_wire_user_next(struct kelp_pb *it, struct kelp_pb_span *key,
			struct kelp_pb_span *value);

/**
 * kelp_wire_put_user() - write a user field
 * @w: a writer whose message becomes kelp_wire_meta.users
 * @key: its key
 * @value: its value
 *
 * Context: Any.
 */
void kelp_wire_put_user(struct kelp_pb_w *w, const struct kelp_pb_span *key,
			const struct kelp_pb_span *value);

/**
 * kelp_wire_checksum() - which checksum does a frame want?
 * @meta: its RpcMeta
 * @want: set to the masked CRC-32C that was sent when there is one
 *
 * Context: Any.
 * Return: 1 when there is one; 0 when there is none; -EINVAL when
 * checksum_value has another length than its type asks for; -EOPNOTSUPP when
 * checksum_type is not known.
 */
int kelp_wire_checksum(const struct kelp_wire_meta *meta, u32 *want);

/**
 * kelp_wire_checksum_set() - say which checksum a frame has
 * @meta: the RpcMeta to be written
 * @room: where the bytes of checksum_value go; they have to stay until @meta
 *	was written
 * @crc: CRC-32C of the payload, and of the attachment behind it if
 *	@meta->checksum_with_attachment is set; not masked
 *
 * Context: Any.
 */
void kelp_wire_checksum_set(struct kelp_wire_meta *meta,
			    u8 room[KELP_RPC_CHECKSUM_SIZE], u32 crc);

/**
 * kelp_wire_response_init() - begin a response as brpc's server writes it
 * @meta: filled
 * @correlation_id: of the request
 * @error_code: enum kelp_rpc_error
 *
 * Further fields, such as attachment_size or error_text, are set with their
 * bits in @meta->has.
 *
 * Context: Any.
 */
void kelp_wire_response_init(struct kelp_wire_meta *meta, s64 correlation_id,
			     s32 error_code);

/**
 * kelp_wire_request_init() - begin a request as brpc's client writes it
 * @meta: filled
 * @service: name of the service; its bytes have to stay until @meta was written
 * @method: name of the method; likewise
 * @correlation_id: any number
 *
 * Context: Any.
 */
void kelp_wire_request_init(struct kelp_wire_meta *meta,
			    const struct kelp_pb_span *service,
			    const struct kelp_pb_span *method,
			    s64 correlation_id);

/**
 * kelp_wire_write() - write head and RpcMeta of a frame
 * @buf: where to
 * @room: bytes that may be written there
 * @meta: what to write: the fields in @meta->has, in the order of their numbers
 * @rest: bytes that will follow: payload and attachment
 *
 * Context: Any.
 * Return: bytes written; -EMSGSIZE when there is not enough room, or the body
 * would be longer than a head can say; then @buf's content is undefined.
 */
ssize_t kelp_wire_write(u8 *buf, size_t room, const struct kelp_wire_meta *meta,
			size_t rest);

/**
 * kelp_wire_size() - how long are head and RpcMeta of a frame?
 * @meta: what would be written
 *
 * Context: Any.
 * Return: bytes that kelp_wire_write() needs.
 */
size_t kelp_wire_size(const struct kelp_wire_meta *meta);

#endif /* KELP_RPC_WIRE_H */
