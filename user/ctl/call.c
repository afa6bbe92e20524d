// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl call: one call of a method, and its reply made readable. Asks nothing
 * of the module here; whoever speaks baidu_std may be called.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "hex.h"
#include "pb_print.h"
#include "print.h"
#include "remote.h"
#include "request.h"

/*
 * Before the call: it may do something that cannot be done twice. What the file
 * holds stays until there is something else.
 */
static int open_out(const struct ctl *ctl)
{
	const char *name = ctl->attachment_out;
	int fd = -1;

	if (!name || !strcmp(name, "-"))
		return -1;
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		die("cannot open %s: %s", name, strerror(errno));
	return fd;
}

static void write_out(const struct ctl *ctl, int fd,
		      const struct kelp_bytes *bytes)
{
	const char *at = bytes->data, *end = at + bytes->len;
	ssize_t n;

	if (fd < 0) {
		/* finish() finds out how that went */
		if (bytes->len)
			fwrite(at, 1, bytes->len, stdout);
		return;
	}
	/* a pipe, or a device, has no length */
	if (ftruncate(fd, 0) && errno != EINVAL)
		die("cannot write %s: %s", ctl->attachment_out,
		    strerror(errno));
	while (at != end) {
		n = write(fd, at, (size_t)(end - at));
		if (n < 0 && errno != EINTR)
			die("cannot write %s: %s", ctl->attachment_out,
			    strerror(errno));
		at += n > 0 ? n : 0;
	}
	if (close(fd))
		die("cannot write %s: %s", ctl->attachment_out,
		    strerror(errno));
}

static void __attribute__((noreturn)) die_unread(const struct ctl *ctl,
						 const struct pb_fault *fault)
{
	fflush(stdout);
	die("%s: %s: the reply, at offset %zu: %s", ctl->argv[0], ctl->argv[1],
	    fault->offset, fault->why);
}

static void show_raw(const struct ctl *ctl, const struct kelp_reply *reply)
{
	const struct kelp_bytes *message = &reply->message;
	char *text;

	if (ctl->json) {
		print_json(need(pb_json_hex(message->data, message->len)));
		return;
	}
	text = hex_text(message->data, message->len);
	puts(text);
	free(text);
}

static void show(const struct ctl *ctl, const struct request *request,
		 const struct kelp_reply *reply)
{
	const struct pb_message *type = request_reply_type(request);
	const struct kelp_bytes *message = &reply->message;
	struct pb_fault fault;
	json_t *object;

	if (ctl->json) {
		object = pb_json(type, message->data, message->len, &fault);
		if (!object)
			die_unread(ctl, &fault);
		print_json(object);
		return;
	}
	if (!pb_print(stdout, type, message->data, message->len, 0, &fault))
		die_unread(ctl, &fault);
	if (reply->attachment.len && !ctl->attachment_out)
		printf("# and an attachment of %zu bytes: --attachment-out keeps it\n",
		       reply->attachment.len);
}

static int call(struct ctl *ctl)
{
	struct kelp_channel_options options;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct request request;
	int out;

	request_read(ctl, &request);
	remote_options(ctl, &options);
	out = open_out(ctl);
	channel = remote_open(ctl, &options);
	if (kelp_call_raw(channel, &request.call, &reply, NULL))
		remote_die(ctl, ctl->argv[1], &reply);
	if (ctl->raw)
		show_raw(ctl, &reply);
	else
		show(ctl, &request, &reply);
	if (ctl->attachment_out)
		write_out(ctl, out, &reply.attachment);
	kelp_reply_clear(&reply);
	kelp_channel_destroy(channel);
	request_free(&request);
	return 0;
}

static const struct verb verbs[] = {
	{
		.name = "",
		.operands = "ADDR SERVICE/METHOD ['FIELD: VALUE ...']",
		.help = "Call a method, and show its reply.",
		.detail = REMOTE_DETAIL
			  "The request is text as 'decode message' shows it: kelpctl call\n"
			  "127.0.0.1:8080 kelp.Calc/Add 'a: 1 b: 2'; '-' stands for the standard input.\n"
			  "The methods of kelp's own services are known, others from --proto.\n"
			  "The call is made once. When it fails the status is 1.\n",
		.options = REQUEST_OPTIONS | REMOTE_OPTIONS | OPT_ATTACHMENT_OUT,
		.least = 2,
		.most = 3,
		.run = call,
	},
	{ .name = NULL },
};

const struct object ctl_call = {
	"call", "Call a method, and show its reply.", verbs,
};
