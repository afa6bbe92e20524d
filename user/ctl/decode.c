// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl decode: Protocol Buffers and frames of baidu_std made readable. Asks
 * nothing of the kernel.
 */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "frame_print.h"
#include "hex.h"
#include "pb_print.h"
#include "pb_type.h"
#include "print.h"
#include "protoc.h"

static const char *input_name(const struct ctl *ctl, int operand)
{
	return ctl->argc > operand ? ctl->argv[operand] : "-";
}

static const char *shown(const char *name)
{
	return strcmp(name, "-") ? name : "the standard input";
}

/* What was printed before the fault comes first. */
static void die_at(const char *name, const struct pb_fault *fault)
{
	fflush(stdout);
	die("%s: offset %zu: %s", shown(name), fault->offset, fault->why);
}

static void get_input(const struct ctl *ctl, const char *name,
		      struct pb_buf *input)
{
	struct pb_fault fault;

	read_input(name, input);
	if (ctl->hex && !hex_parse(input, &fault))
		die_at(name, &fault);
}

static void show_message(const struct ctl *ctl, const struct pb_message *type,
			 const char *name)
{
	struct pb_buf input = {};
	struct pb_fault fault;
	json_t *object;

	get_input(ctl, name, &input);
	if (ctl->json) {
		object = pb_json(type, input.data, input.len, &fault);
		if (!object)
			die_at(name, &fault);
		print_json(object);
	} else if (!pb_print(stdout, type, input.data, input.len, 0, &fault)) {
		die_at(name, &fault);
	}
	pb_buf_free(&input);
}

static int show_raw(struct ctl *ctl)
{
	show_message(ctl, NULL, input_name(ctl, 0));
	return 0;
}

static int show_typed(struct ctl *ctl)
{
	struct pb_types *types = protoc_types(ctl);
	const struct pb_message *type;

	type = pb_types_message(types, ctl->argv[0]);
	if (!type)
		die("there is no message type %s: name the file that has it with --proto",
		    ctl->argv[0]);
	show_message(ctl, type, input_name(ctl, 1));
	pb_types_free(types);
	return 0;
}

static int show_frames(struct ctl *ctl)
{
	struct pb_types *types = protoc_types(ctl);
	const char *name = input_name(ctl, 0);
	struct pb_buf input = {};
	struct pb_fault first;
	size_t faults;

	get_input(ctl, name, &input);
	if (ctl->json)
		print_json(frames_json(types, input.data, input.len, &first,
				       &faults));
	else
		faults = frames_print(stdout, types, input.data, input.len,
				      &first);
	if (faults)
		die_at(name, &first);
	pb_buf_free(&input);
	pb_types_free(types);
	return 0;
}

static const struct verb verbs[] = {
	{
		.name = "message",
		.operands = "TYPE [FILE]",
		.help = "Show a message of this type, from FILE or the standard input.",
		.detail = "The types of kelp's own services are known, and kelp.rpc.RpcMeta.\n"
			  "What the type does not have is shown by its number.\n",
		.options = OPT_PROTO | OPT_PROTO_PATH | OPT_HEX,
		.least = 1,
		.most = 2,
		.run = show_typed,
	},
	{
		.name = "frame",
		.operands = "[FILE]",
		.help = "Show frames of baidu_std, one behind the other, with their payloads.",
		.detail = "Of a response the type is that of the request before it with the same\n"
			  "correlation_id: put both directions of a connection into one input.\n",
		.options = OPT_PROTO | OPT_PROTO_PATH | OPT_HEX,
		.most = 1,
		.run = show_frames,
	},
	{
		.name = "",
		.operands = "[FILE]",
		.help = "Show a message of whatever type, by the numbers of its fields.",
		.options = OPT_HEX,
		.most = 1,
		.run = show_raw,
	},
	{ .name = NULL },
};

const struct object ctl_decode = {
	"decode", "Messages of Protocol Buffers, and frames of RPC, made readable.",
	verbs,
};
