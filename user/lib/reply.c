// SPDX-License-Identifier: MIT
/* Filling in struct kelp_reply. Whoever has the reply; knows no connections. */
#include "reply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "frame.h"

void kelp_reply_clear(struct kelp_reply *reply)
{
	free(reply->memory);
	reply->memory = NULL;
	reply->message = (struct kelp_bytes){ NULL, 0 };
	reply->attachment = (struct kelp_bytes){ NULL, 0 };
}

void reply_fail(struct kelp_reply *reply, int code, const char *format, ...)
{
	va_list args;

	kelp_reply_clear(reply);
	reply->code = code;
	va_start(args, format);
	vsnprintf(reply->text, sizeof(reply->text), format, args);
	va_end(args);
}

void reply_endpoint(struct kelp_reply *reply, const struct endpoint *endpoint)
{
	memcpy(reply->endpoint, endpoint->name, sizeof(reply->endpoint));
}

/* Its words are any bytes: what would spoil a terminal is left out. */
void reply_refused(struct kelp_reply *reply, const struct frame_reply *frame)
{
	const unsigned char *text = frame->text.data;
	size_t i, len = frame->text.len;

	kelp_reply_clear(reply);
	if (len >= sizeof(reply->text))
		len = sizeof(reply->text) - 1;
	reply->code = frame->code;
	for (i = 0; i < len; i++)
		reply->text[i] = (char)(text[i] < ' ' || text[i] == 0x7f ?
						'?' : text[i]);
	reply->text[len] = 0;
	if (!len)
		snprintf(reply->text, sizeof(reply->text), "%s",
			 kelp_strerror(frame->code));
}

bool reply_room(struct kelp_reply *reply, const struct frame_reply *frame,
		const struct kelp_call_options *options, void **message,
		void **attachment)
{
	size_t len = frame->message_len;
	bool mine = !options->attachment_room;

	kelp_reply_clear(reply);
	if (mine) {
		len += frame->attachment_len;
	} else if (frame->attachment_len > options->attachment_room_len) {
		reply_fail(reply, -EMSGSIZE,
			   "the attachment has %zu bytes, there is room for %zu",
			   frame->attachment_len, options->attachment_room_len);
		return false;
	}
	/* one more, because none at all may be no memory */
	reply->memory = malloc(len + 1);
	if (!reply->memory) {
		reply_fail(reply, -ENOMEM, "no memory for a reply of %zu bytes",
			   len);
		return false;
	}
	reply->code = 0;
	reply->text[0] = 0;
	*message = reply->memory;
	*attachment = mine ? (char *)reply->memory + frame->message_len :
			     options->attachment_room;
	reply->message = (struct kelp_bytes){ *message, frame->message_len };
	reply->attachment = (struct kelp_bytes){ *attachment,
						 frame->attachment_len };
	return true;
}
