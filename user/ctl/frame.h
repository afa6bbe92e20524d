/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of baidu_std, one behind the other, as a capture of a connection has
 * them, both directions mixed or one only. kmod/rpc/PROTOCOL.md describes them.
 * This finds their parts and what the payload is; frame_print.h shows them.
 */
#ifndef KELPCTL_FRAME_H
#define KELPCTL_FRAME_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "pb_type.h"
#include "rpc/wire.h"

enum frame_checksum {
	FRAME_CHECKSUM_NONE,
	FRAME_CHECKSUM_RIGHT,
	FRAME_CHECKSUM_WRONG,
	FRAME_CHECKSUM_UNKNOWN,	/* of a type, or a length, that there is not */
};

/* A frame; what it points to lives until the next one is read. */
struct frame {
	size_t offset;			/* of its first byte, in the input */
	struct kelp_wire_head head;
	struct kelp_wire_meta meta;
	bool bad_meta;			/* then only offset, head and body are set */
	const u8 *body;			/* behind the head: head.body bytes */
	struct kelp_pb_span payload;	/* as it is sent */
	struct kelp_pb_span attachment;
	struct kelp_pb_span message;	/* the payload, decompressed */
	bool packed;			/* it could not be decompressed */
	enum frame_checksum checksum;
	u32 crc;			/* that it should be, if it is wrong */
	char *service;			/* of the call; NULL if it is not known */
	char *method;
	const struct pb_message *type;	/* of the payload, NULL likewise */
	struct pb_fault fault;		/* why is empty if there is none */
};

/* Private to frame.c: requests that wait for their response. */
struct frame_calls;

/* Belongs to whoever reads; @types and the input have to stay. */
struct frames {
	const struct pb_types *types;
	const u8 *data;
	size_t len;
	size_t at;		/* where the next frame begins */
	struct frame_calls *calls;
	u8 *unpacked;		/* of the present frame */
};

void frames_init(struct frames *frames, const struct pb_types *types,
		 const u8 *data, size_t len);
void frames_free(struct frames *frames, struct frame *frame);

/*
 * Read the next frame into @frame, which was zero or read before. 1; 0 at the
 * end; -1 when no frame is there, with frame->fault set: then nothing more is.
 * A fault beside 1 is about this frame only.
 */
int frames_next(struct frames *frames, struct frame *frame);

#endif
