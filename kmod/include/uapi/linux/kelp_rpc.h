/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The RPC protocol that kelp speaks, on the wire
 * ==============================================
 *
 * It is baidu_std, the native protocol of Apache brpc; this text is enough to
 * write a client. Both directions of a TCP connection carry frames, one behind
 * the other:
 *
 *    struct kelp_rpc_head	12 bytes, fixed
 *    RpcMeta			meta_size bytes, a Protocol Buffers message
 *    payload			the method's request or response, a message too
 *    attachment		attachment_size bytes that nobody interprets
 *
 * body_size counts everything behind the head. The payload has the bytes that
 * meta and attachment leave of it; there may be none.
 *
 * A client puts a number of its choice into correlation_id; the response has
 * the same. Any number of calls may be under way on a connection, and
 * responses come in any order.
 *
 *
 * RpcMeta
 * -------
 *
 * In the language of Protocol Buffers, version 2:
 *
 *    message RpcMeta {
 *      optional RpcRequestMeta request = 1;	// in a request
 *      optional RpcResponseMeta response = 2;	// in a response
 *      optional int32 compress_type = 3;	// enum kelp_rpc_compress
 *      optional int64 correlation_id = 4;
 *      optional int32 attachment_size = 5;
 *      optional ChunkInfo chunk_info = 6;
 *      optional bytes authentication_data = 7;
 *      optional StreamSettings stream_settings = 8;
 *      map<string, string> user_fields = 9;
 *      optional ContentType content_type = 10;	// enum kelp_rpc_content
 *      optional int32 checksum_type = 11;	// enum kelp_rpc_checksum
 *      optional bytes checksum_value = 12;
 *      optional bool checksum_with_attachment = 13;
 *    }
 *
 *    message RpcRequestMeta {
 *      required string service_name = 1;
 *      required string method_name = 2;
 *      optional int64 log_id = 3;
 *      optional int64 trace_id = 4;
 *      optional int64 span_id = 5;
 *      optional int64 parent_span_id = 6;
 *      optional string request_id = 7;
 *      optional int32 timeout_ms = 8;
 *    }
 *
 *    message RpcResponseMeta {
 *      optional int32 error_code = 1;
 *      optional string error_text = 2;
 *    }
 *
 *    message ChunkInfo {
 *      required int64 stream_id = 1;
 *      required int64 chunk_id = 2;
 *    }
 *
 *    message StreamSettings {
 *      required int64 stream_id = 1;
 *      optional bool need_feedback = 2;
 *      optional bool writable = 3;
 *    }
 *
 * Fields that are not listed are skipped. Strings are taken as bytes: whether
 * they are UTF-8 is not looked at. The payload is a message as the method's
 * .proto file has it, whatever content_type says as long as it is 0.
 *
 * A service name without a dot is looked up as a name without its package,
 * otherwise as the full name.
 *
 * timeout_ms is the time that the client still has when it sends, not a date.
 *
 * A response whose error_code is not 0 has no payload; error_text says more.
 * The codes are those of enum kelp_rpc_error. A frame that cannot be told from
 * the next one (a wrong magic, a meta longer than the body or that is no
 * RpcMeta) is not answered: the connection is closed.
 *
 *
 * Compression and checksum
 * ------------------------
 *
 * compress_type is about the payload, never about the attachment.
 *
 * With KELP_RPC_CHECKSUM_CRC32C, checksum_value has KELP_RPC_CHECKSUM_SIZE
 * bytes: the CRC-32C of the payload as it is sent (compressed), and of the
 * attachment behind it if checksum_with_attachment is true, masked by
 * kelp_rpc_crc_mask(), in network byte order.
 */
#ifndef _UAPI_LINUX_KELP_RPC_H
#define _UAPI_LINUX_KELP_RPC_H

#include <linux/types.h>

#define KELP_RPC_MAGIC		"PRPC"
#define KELP_RPC_MAGIC_SIZE	4

/* What every frame begins with. */
struct kelp_rpc_head {
	__u8 magic[KELP_RPC_MAGIC_SIZE];	/* KELP_RPC_MAGIC, without NUL */
	__be32 body_size;	/* bytes behind the head */
	__be32 meta_size;	/* bytes of RpcMeta, the first of the body */
};

#define KELP_RPC_HEAD_SIZE	12

/* Field numbers of RpcMeta. */
enum kelp_rpc_meta {
	KELP_RPC_META_REQUEST = 1,
	KELP_RPC_META_RESPONSE = 2,
	KELP_RPC_META_COMPRESS_TYPE = 3,
	KELP_RPC_META_CORRELATION_ID = 4,
	KELP_RPC_META_ATTACHMENT_SIZE = 5,
	KELP_RPC_META_CHUNK_INFO = 6,
	KELP_RPC_META_AUTHENTICATION_DATA = 7,
	KELP_RPC_META_STREAM_SETTINGS = 8,
	KELP_RPC_META_USER_FIELDS = 9,
	KELP_RPC_META_CONTENT_TYPE = 10,
	KELP_RPC_META_CHECKSUM_TYPE = 11,
	KELP_RPC_META_CHECKSUM_VALUE = 12,
	KELP_RPC_META_CHECKSUM_WITH_ATTACHMENT = 13,
};

/* Field numbers of RpcRequestMeta. */
enum kelp_rpc_request {
	KELP_RPC_REQUEST_SERVICE_NAME = 1,
	KELP_RPC_REQUEST_METHOD_NAME = 2,
	KELP_RPC_REQUEST_LOG_ID = 3,
	KELP_RPC_REQUEST_TRACE_ID = 4,
	KELP_RPC_REQUEST_SPAN_ID = 5,
	KELP_RPC_REQUEST_PARENT_SPAN_ID = 6,
	KELP_RPC_REQUEST_REQUEST_ID = 7,
	KELP_RPC_REQUEST_TIMEOUT_MS = 8,
};

/* Field numbers of RpcResponseMeta. */
enum kelp_rpc_response {
	KELP_RPC_RESPONSE_ERROR_CODE = 1,
	KELP_RPC_RESPONSE_ERROR_TEXT = 2,
};

/* Field numbers of ChunkInfo. */
enum kelp_rpc_chunk {
	KELP_RPC_CHUNK_STREAM_ID = 1,
	KELP_RPC_CHUNK_CHUNK_ID = 2,
};

/* Field numbers of StreamSettings. */
enum kelp_rpc_stream {
	KELP_RPC_STREAM_STREAM_ID = 1,
	KELP_RPC_STREAM_NEED_FEEDBACK = 2,
	KELP_RPC_STREAM_WRITABLE = 3,
};

/* Field numbers of an entry of user_fields. */
enum kelp_rpc_user {
	KELP_RPC_USER_KEY = 1,
	KELP_RPC_USER_VALUE = 2,
};

/* compress_type. */
enum kelp_rpc_compress {
	KELP_RPC_COMPRESS_NONE = 0,
	KELP_RPC_COMPRESS_SNAPPY = 1,
	KELP_RPC_COMPRESS_GZIP = 2,
	KELP_RPC_COMPRESS_ZLIB = 3,
	KELP_RPC_COMPRESS_LZ4 = 4,
};

/* content_type: how the payload is written. */
enum kelp_rpc_content {
	KELP_RPC_CONTENT_PB = 0,
	KELP_RPC_CONTENT_JSON = 1,
	KELP_RPC_CONTENT_PROTO_JSON = 2,
	KELP_RPC_CONTENT_PROTO_TEXT = 3,
};

/* checksum_type. */
enum kelp_rpc_checksum {
	KELP_RPC_CHECKSUM_NONE = 0,
	KELP_RPC_CHECKSUM_CRC32C = 1,
};

#define KELP_RPC_CHECKSUM_SIZE	4

/* A CRC of bytes that hold a CRC themselves says little; this one does not. */
static inline __u32 kelp_rpc_crc_mask(__u32 crc)
{
	return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

/*
 * X(symbol, code) for each error_code but 0: KELP_RPC_symbol is the code,
 * "symbol" is its name. Some are made by a client for itself and never seen on
 * the wire.
 */
#define KELP_RPC_ERRORS(X)						\
	/* no such service; no such method (or service, says brpc) */	\
	X(ENOSERVICE, 1001)						\
	X(ENOMETHOD, 1002)						\
	/* the request is not what the method takes */			\
	X(EREQUEST, 1003)						\
	/* authentication_data is missing or wrong */			\
	X(ERPCAUTH, 1004)						\
	/* client: a second request was sent because the first is slow */ \
	X(EBACKUPREQUEST, 1007)						\
	/* the time was up before there was a response */		\
	X(ERPCTIMEDOUT, 1008)						\
	/* client: the connection broke during the call */		\
	X(EFAILEDSOCKET, 1009)						\
	/* client: too many bytes wait to be sent */			\
	X(EOVERCROWDED, 1011)						\
	/* client: the server closed the connection */			\
	X(EEOF, 1014)							\
	/* client: not sent, because too many calls failed */		\
	X(EREJECT, 1018)						\
	/* the method failed for a reason of its own */			\
	X(EINTERNAL, 2001)						\
	/* the response cannot be sent or understood */			\
	X(ERESPONSE, 2002)						\
	/* the server is about to stop: another one may serve */	\
	X(ELOGOFF, 2003)						\
	/* too many calls at a time */					\
	X(ELIMIT, 2004)							\
	/* the connection was closed on purpose */			\
	X(ECLOSE, 2005)

/* error_code. */
enum kelp_rpc_error {
	KELP_RPC_OK = 0,
#define KELP_RPC_X(symbol, code) KELP_RPC_##symbol = (code),
	KELP_RPC_ERRORS(KELP_RPC_X)
#undef KELP_RPC_X
};

/* The name of an error_code, "OK" for 0; NULL when it is none of these. */
static inline const char *kelp_rpc_error_name(__s32 code)
{
#define KELP_RPC_X(symbol, value) code == (value) ? #symbol :
	return KELP_RPC_ERRORS(KELP_RPC_X) code == KELP_RPC_OK ? "OK" : 0;
#undef KELP_RPC_X
}

#endif /* _UAPI_LINUX_KELP_RPC_H */
