// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelp.Calc: adds two numbers, the first remote call that people make. In
 * softirq.
 */
#include "svc/calc.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/overflow.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "kelp/service.h"

/* AddRequest: int64 a = 1, b = 2; AddResponse: int64 sum = 1. */
#define CALC_A 1
#define CALC_B 2
#define CALC_SUM 1

static int calc_add(struct kelp_call *call)
{
	struct kelp_pb_field field;
	struct kelp_pb_w w;
	struct kelp_pb pb;
	s64 a = 0, b = 0, sum;
	const void *data;
	size_t len;
	int ret;
	u8 *room;

	data = kelp_call_message(call, &len);
	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0) {
		if (field.number == CALC_A)
			kelp_pb_get_s64(&field, &a);
		else if (field.number == CALC_B)
			kelp_pb_get_s64(&field, &b);
	}
	if (ret)
		return -EBADMSG;
	if (check_add_overflow(a, b, &sum))
		return kelp_call_fail(call, KELP_RPC_EREQUEST,
				      "the sum is no int64");
	if (!sum)
		return 0;	/* zero is what is not there */
	room = kelp_call_reply(call, KELP_PB_TAG_MAX + KELP_PB_VARINT_MAX,
			       GFP_ATOMIC);
	if (!room)
		return -ENOMEM;
	kelp_pb_w_init(&w, room, KELP_PB_TAG_MAX + KELP_PB_VARINT_MAX);
	kelp_pb_put_int(&w, CALC_SUM, sum);
	kelp_call_reply_trim(call, w.len);
	return 0;
}

static const struct kelp_method calc_methods[] = {
	{ .name = "Add", .call = calc_add },
};

const struct kelp_service kelp_calc_service = {
	.name = "kelp.Calc",
	.methods = calc_methods,
	.nr_methods = ARRAY_SIZE(calc_methods),
};
