/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request as the command line describes it: operand 1 is the method, operand
 * 2 the message, options say what else there is. Knows no network.
 */
#ifndef KELPCTL_REQUEST_H
#define KELPCTL_REQUEST_H

#include <kelp/client.h>

#include "ctl.h"
#include "method.h"
#include "pb_type.h"

/* The options that it reads. */
#define REQUEST_OPTIONS (OPT_RAW | OPT_PROTO | OPT_PROTO_PATH | OPT_ATTACHMENT)

/* All of it belongs to whoever has read it. */
struct request {
	struct pb_types *types;
	struct method method;
	const struct pb_method *known;	/* NULL when no .proto file has it */
	struct pb_buf message;
	struct pb_buf attachment;
	struct kelp_request call;	/* points to the others */
};

/* Dies with a sentence when something is wrong with it. */
void request_read(const struct ctl *ctl, struct request *request);
void request_free(struct request *request);

/* The type of the reply's message, NULL when it is not known. */
const struct pb_message *request_reply_type(const struct request *request);

#endif
