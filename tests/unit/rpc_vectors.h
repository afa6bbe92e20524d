/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames as brpc 1.17 sends and receives them, to and from its echo service:
 * example.EchoService/Echo, correlation id 1, the message {1: "hello"}. Shared
 * by the unit tests and by KUnit.
 */
#ifndef KELP_TEST_RPC_VECTORS_H
#define KELP_TEST_RPC_VECTORS_H

#include <linux/types.h>

#define VECTOR_NAMES	"\x0a\x1b\x0a\023example.EchoService\x12\004Echo"
#define VECTOR_ZEROS	"\x50\x00\x58\x00\x62\x00"
#define VECTOR_HELLO	"\x0a\x05hello"
#define VECTOR_FAILED	"[127.0.0.1:18100][E1002]Fail to find method=" \
			"example.EchoService/Nothing"

#define VECTOR(name_, head_, meta_, rest_, attachment_) {		\
	.name = (name_), .bytes = (const u8 *)(head_ meta_ rest_),	\
	.len = sizeof(head_ meta_ rest_) - 1,				\
	.meta = sizeof(meta_) - 1, .rest = sizeof(rest_) - 1,		\
	.attachment = (attachment_),					\
}

static const struct vector {
	const char *name;
	const u8 *bytes;
	size_t len;
	size_t meta;
	size_t rest;
	int attachment;
} vectors[] = {
	VECTOR("request", "PRPC\0\0\0\x2e\0\0\0\x27",
	       VECTOR_NAMES "\x18\x00\x20\x01" VECTOR_ZEROS,
	       VECTOR_HELLO, 0),
	VECTOR("minimal", "PRPC\0\0\0\x26\0\0\0\x1f",
	       VECTOR_NAMES "\x20\x01", VECTOR_HELLO, 0),
	VECTOR("request with attachment", "PRPC\0\0\0\x33\0\0\0\x29",
	       VECTOR_NAMES "\x18\x00\x20\x01\x28\x03" VECTOR_ZEROS,
	       VECTOR_HELLO "abc", 3),
	VECTOR("reply", "PRPC\0\0\0\x15\0\0\0\x0e",
	       "\x12\x02\x08\x00\x18\x00\x20\x01" VECTOR_ZEROS,
	       VECTOR_HELLO, 0),
	VECTOR("reply with attachment", "PRPC\0\0\0\x1a\0\0\0\x10",
	       "\x12\x02\x08\x00\x18\x00\x20\x01\x28\x03" VECTOR_ZEROS,
	       VECTOR_HELLO "abc", 3),
	VECTOR("error", "PRPC\0\0\0\x58\0\0\0\x58",
	       "\x12\x4c\x08\xea\x07\x12\x47" VECTOR_FAILED
	       "\x18\x00\x20\x01" VECTOR_ZEROS, "", 0),
};

enum {
	V_REQUEST,
	V_MINIMAL,
	V_REQUEST_ATTACHED,
	V_REPLY,
	V_REPLY_ATTACHED,
	V_ERROR,
	NR_VECTORS,
};

#endif /* KELP_TEST_RPC_VECTORS_H */
