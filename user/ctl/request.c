// SPDX-License-Identifier: GPL-2.0-only
/* Requests from text, digits and files. */
#include "request.h"

#include <string.h>

#include "hex.h"
#include "pb_text.h"
#include "protoc.h"

static const struct pb_method *look_up(const struct request *request)
{
	const struct pb_service *service;

	service = pb_types_service(request->types, request->method.service);
	return service ? pb_service_method(service, request->method.name) : NULL;
}

/* The text or the digits of the message: operand 2, or the standard input. */
static void read_message(const struct ctl *ctl, struct pb_buf *text)
{
	const char *given = ctl->argc > 2 ? ctl->argv[2] : "";

	if (!strcmp(given, "-"))
		read_input(given, text);
	else
		pb_buf_add(text, given, strlen(given));
}

static void parse_raw(const struct ctl *ctl, struct request *request)
{
	struct pb_fault fault;

	read_message(ctl, &request->message);
	if (!hex_parse(&request->message, &fault))
		die_usage(ctl, "the request, at offset %zu: %s", fault.offset,
			  fault.why);
}

/* Nobody needs to know a type to leave all its fields out. */
static bool is_blank(const struct pb_buf *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		if (!memchr(" \t\r\n", text->data[i], 4))
			return false;
	return true;
}

static void parse_text(const struct ctl *ctl, struct request *request)
{
	const struct pb_message *type = NULL;
	struct pb_buf text = {};
	struct pb_fault fault;

	read_message(ctl, &text);
	if (request->known)
		type = request->known->input;
	if (!is_blank(&text) && !type)
		die("what %s takes is not known: name its file with --proto, or give --raw bytes",
		    ctl->argv[1]);
	if (type && !pb_text_parse(type, (const char *)text.data, text.len,
				   &request->message, &fault))
		die_usage(ctl, "the request is no %s: offset %zu: %s",
			  type->name, fault.offset, fault.why);
	pb_buf_free(&text);
}

void request_read(const struct ctl *ctl, struct request *request)
{
	const char *wrong;

	memset(request, 0, sizeof(*request));
	wrong = method_parse(ctl->argv[1], &request->method);
	if (wrong)
		die_usage(ctl, "'%s': %s", ctl->argv[1], wrong);
	request->types = protoc_types(ctl);
	request->known = look_up(request);
	if (ctl->raw)
		parse_raw(ctl, request);
	else
		parse_text(ctl, request);
	if (ctl->attachment)
		read_input(ctl->attachment, &request->attachment);
	request->call = (struct kelp_request){
		.service = request->method.service,
		.method = request->method.name,
		.message = { request->message.data, request->message.len },
		.attachment = { request->attachment.data,
				request->attachment.len },
	};
}

void request_free(struct request *request)
{
	pb_buf_free(&request->message);
	pb_buf_free(&request->attachment);
	method_free(&request->method);
	pb_types_free(request->types);
}

const struct pb_message *request_reply_type(const struct request *request)
{
	return request->known ? request->known->output : NULL;
}
