// SPDX-License-Identifier: GPL-2.0-only
/* Channels of libkelp, and what goes wrong with them, in words. */
#include "remote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "code.h"
#include "print.h"
#include "secret.h"
#include "value.h"

#define DEFAULT_MS 5000
#define MOST_MS (24 * 3600 * 1000)

static int timeout_ms(const struct ctl *ctl)
{
	uint64_t ms = DEFAULT_MS;
	const char *wrong;

	if (!ctl->timeout_ms)
		return DEFAULT_MS;
	wrong = value_parse(ctl->timeout_ms, "", &ms);
	if (wrong || !ms || ms > MOST_MS)
		die_usage(ctl, "--timeout-ms takes milliseconds, from 1 to %d",
			  MOST_MS);
	return (int)ms;
}

/* libkelp takes it as a string. */
static const char *read_secret(const char *name)
{
	static char secret[SECRET_ROOM];
	size_t len = secret_read(name, secret);

	if (strlen(secret) != len)
		die("%s: its first line has a NUL in it, which cannot be sent",
		    name);
	return secret;
}

void remote_options(const struct ctl *ctl, struct kelp_channel_options *options)
{
	*options = (struct kelp_channel_options)KELP_CHANNEL_OPTIONS_INIT;
	options->timeout_ms = timeout_ms(ctl);
	options->connect_timeout_ms = options->timeout_ms;
	/* what is shown is what became of one attempt */
	options->max_retries = -1;
	if (ctl->secret_file)
		options->secret = read_secret(ctl->secret_file);
}

struct kelp_channel *remote_open(const struct ctl *ctl,
				 const struct kelp_channel_options *options)
{
	struct kelp_channel *channel;
	int err;

	err = kelp_channel_create(&channel, ctl->argv[0], options);
	if (err == -EINVAL)
		die_usage(ctl, "'%s' is no HOST:PORT, nor anything else that names servers",
			  ctl->argv[0]);
	if (err == -EHOSTUNREACH)
		die("%s: no machine has that name", ctl->argv[0]);
	if (err)
		die("%s: %s", ctl->argv[0], kelp_strerror(err));
	return channel;
}

void remote_die(const struct ctl *ctl, const char *method,
		const struct kelp_reply *reply)
{
	const char *name = code_name(reply->code);
	char text[KELP_REPLY_TEXT];

	snprintf(text, sizeof(text), "%s", reply->text);
	make_printable(text);
	die("%s: %s: %s %d: %s", ctl->argv[0], method, name ? name : "code",
	    reply->code, *text ? text : kelp_strerror(reply->code));
}
