// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelp.Echo: gives back what it is sent, for tests and measurements. In softirq.
 */
#include "svc/echo.h"

#include <linux/errno.h>
#include <linux/kernel.h>

#include "hot.h"
#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "kelp/service.h"

/* EchoRequest and EchoResponse: bytes message = 1. */
#define ECHO_MESSAGE 1

__kelp_hot
static int echo_call(struct kelp_call *call)
{
	struct kelp_pb_span message = {};
	struct kelp_pb_field field;
	struct kelp_pb_w w;
	struct kelp_pb pb;
	const void *data;
	size_t len;
	int ret;
	u8 *room;

	data = kelp_call_message(call, &len);
	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0)
		if (field.number == ECHO_MESSAGE)
			kelp_pb_get_bytes(&field, &message);
	if (ret)
		return -EBADMSG;
	kelp_call_attach_request(call);
	if (!message.len)
		return 0;	/* as every message of nothing */
	len = kelp_pb_size_bytes(ECHO_MESSAGE, message.len);
	room = kelp_call_reply(call, len, GFP_ATOMIC);
	if (!room)
		return -ENOMEM;
	kelp_pb_w_init(&w, room, len);
	kelp_pb_put_bytes(&w, ECHO_MESSAGE, message.data, message.len);
	return 0;
}

static const struct kelp_method echo_methods[] = {
	{ .name = "Echo", .call = echo_call },
};

const struct kelp_service kelp_echo_service = {
	.name = "kelp.Echo",
	.methods = echo_methods,
	.nr_methods = ARRAY_SIZE(echo_methods),
};
