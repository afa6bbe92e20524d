// SPDX-License-Identifier: MIT
/*
 * Blocking calls with messages instead of bytes. The caller's thread.
 */
#include <errno.h>
#include <stdlib.h>

#include <kelp/client.h>

#include "channel.h"
#include "message.h"

int message_pack(const ProtobufCMessage *message, struct kelp_bytes *bytes)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	/* one more, because none at all may be no memory */
	uint8_t *data = malloc(len + 1);

	if (!data)
		return -ENOMEM;
	protobuf_c_message_pack(message, data);
	*bytes = (struct kelp_bytes){ data, len };
	return 0;
}

/* Takes the reply's message apart, if it is wanted. */
static int typed_unpack(const ProtobufCMessageDescriptor *type,
			const struct kelp_reply *reply, void *response)
{
	ProtobufCMessage *message;

	if (!response)
		return 0;
	message = protobuf_c_message_unpack(type, NULL, reply->message.len,
					    reply->message.data);
	*(ProtobufCMessage **)response = message;
	return message ? 0 : KELP_RPC_ERESPONSE;
}

int kelp_call(struct kelp_channel *channel, const char *service,
	      const char *method, const ProtobufCMessage *message,
	      void *response, const struct kelp_call_options *options)
{
	struct kelp_request request = { .service = service, .method = method };
	const ProtobufCMessageDescriptor *type = NULL;
	struct kelp_reply reply;
	int rc;

	if (response) {
		*(ProtobufCMessage **)response = NULL;
		/* whoever held the lock when the process forked still does */
		if (channel_is_orphan(channel))
			return -EOWNERDEAD;
		if (options && options->size >= sizeof(*options))
			type = options->reply_type;
		if (!type && service && method)
			type = channel_reply_type(channel, service, method);
		if (!type)
			return -EINVAL;
	}
	rc = message_pack(message, &request.message);
	if (rc)
		return rc;
	rc = kelp_call_raw(channel, &request, &reply, options);
	free((void *)(uintptr_t)request.message.data);
	if (!rc)
		rc = typed_unpack(type, &reply, response);
	kelp_reply_clear(&reply);
	return rc;
}
