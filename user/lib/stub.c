// SPDX-License-Identifier: MIT
/*
 * Services for the stubs that protobuf-c generates: what such a stub calls, and
 * its closure. Any thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kelp/client.h>

#include "channel.h"
#include "message.h"
#include "options.h"

/**
 * struct stub - a service of a channel
 * @base: what the stubs know
 * @channel: the channel
 * @mode: enum kelp_service_mode
 * @options: of each call
 */
struct stub {
	ProtobufCService base;
	struct kelp_channel *channel;
	enum kelp_service_mode mode;
	struct kelp_call_options options;
};

/* A call whose closure will be called. */
struct stub_call {
	const ProtobufCMessageDescriptor *type;
	ProtobufCClosure closure;
	void *data;
};

/* In the program's own block, so that no part of the linker is needed. */
static _Thread_local int stub_error
	__attribute__((tls_model("initial-exec")));

int kelp_service_error(void)
{
	return stub_error;
}

static void stub_close(const struct stub_call *call, int code,
		       const struct kelp_bytes *bytes)
{
	ProtobufCMessage *message = NULL;

	if (!code) {
		message = protobuf_c_message_unpack(call->type, NULL,
						    bytes->len, bytes->data);
		if (!message)
			code = KELP_RPC_ERESPONSE;
	}
	stub_error = code;
	call->closure(message, call->data);
	stub_error = 0;
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

static void stub_done(const struct kelp_reply *reply, void *data)
{
	struct stub_call *call = data;

	stub_close(call, reply->code, &reply->message);
	free(call);
}

static void stub_block(struct stub *stub, const struct kelp_request *request,
		       const struct stub_call *call)
{
	struct kelp_reply reply;

	kelp_call_raw(stub->channel, request, &reply, &stub->options);
	stub_close(call, reply.code, &reply.message);
	kelp_reply_clear(&reply);
}

static void stub_start(struct stub *stub, const struct kelp_request *request,
		       const struct stub_call *call)
{
	struct stub_call *kept = malloc(sizeof(*kept));
	int err = -ENOMEM;

	if (kept) {
		*kept = *call;
		err = kelp_call_start(stub->channel, request, &stub->options,
				      stub_done, kept, NULL);
	}
	if (!err)
		return;
	free(kept);
	stub_close(call, err, NULL);
}

static void stub_invoke(ProtobufCService *service, unsigned int index,
			const ProtobufCMessage *input, ProtobufCClosure closure,
			void *data)
{
	struct stub *stub = (struct stub *)service;
	const ProtobufCMethodDescriptor *method =
		&service->descriptor->methods[index];
	struct stub_call call = { method->output, closure, data };
	struct kelp_request request = {
		.service = service->descriptor->name, .method = method->name,
	};

	if (message_pack(input, &request.message)) {
		stub_close(&call, -ENOMEM, NULL);
		return;
	}
	if (stub->mode == KELP_SERVICE_STARTING)
		stub_start(stub, &request, &call);
	else
		stub_block(stub, &request, &call);
	free((void *)(uintptr_t)request.message.data);
}

static void stub_destroy(ProtobufCService *service)
{
	free(service);
}

ProtobufCService *
kelp_channel_service(struct kelp_channel *channel,
		     const ProtobufCServiceDescriptor *descriptor,
		     enum kelp_service_mode mode,
		     const struct kelp_call_options *options)
{
	struct stub *stub = calloc(1, sizeof(*stub));

	if (!stub)
		return NULL;
	if (options_call(&channel->options, options, &stub->options)) {
		free(stub);
		return NULL;
	}
	stub->base.descriptor = descriptor;
	stub->base.invoke = stub_invoke;
	stub->base.destroy = stub_destroy;
	stub->channel = channel;
	stub->mode = mode;
	return &stub->base;
}
