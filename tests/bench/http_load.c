// SPDX-License-Identifier: GPL-2.0-only
/*
 * http_load - ask an HTTP server as often as it answers, and say how often that
 * was. What wrk does, but every answer is compared with what it has to be, byte
 * for byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http.h"

static const char usage[] =
"usage: http_load [OPTION]... HOST:PORT\n"
"\n"
"  -t N             threads (1)\n"
"  -c N             connections (1)\n"
"  -d SECONDS       how long (2)\n"
"  -j               print JSON\n"
"  --pipeline N     requests in flight per connection (1)\n"
"  --close          a connection per request: done when the server has ended it\n"
"  --path PATH      what to ask for (/)\n"
"  --paths FILE     that, one of these paths each time; one a line\n"
"  --zipf S         path n is chosen in proportion to n^-S, not all alike\n"
"  --seed N         other choices (0)\n"
"  --header 'NAME: VALUE'\n"
"                   send it, too; may be given again\n"
"  --status CODE    of right answers (200)\n"
"  --body FILE      the body that answers have; the first answer's unless given\n"
"  --bodies DIR     that of PATH is the file DIR/PATH\n"
"\n"
"HOST is an IPv4 address. Latency is from sending a request, with --close from\n"
"connecting, to its answer's last byte, with --close to the connection's end.\n"
"The status is 0 when every request was answered, and rightly, else 1; 2 for\n"
"wrong usage.\n";

enum {
	CLOSE = 256,
	PATH,
	PATHS,
	ZIPF,
	HEADER,
	STATUS,
	BODY,
	BODIES,
};

static const struct option own_options[] = {
	{ "close", no_argument, NULL, CLOSE },
	{ "path", required_argument, NULL, PATH },
	{ "paths", required_argument, NULL, PATHS },
	{ "zipf", required_argument, NULL, ZIPF },
	{ "header", required_argument, NULL, HEADER },
	{ "status", required_argument, NULL, STATUS },
	{ "body", required_argument, NULL, BODY },
	{ "bodies", required_argument, NULL, BODIES },
	{ NULL, 0, NULL, 0 },
};

/* The last one that was given. */
static const char *path = "/";

static void add_header(struct http *http, const char *field)
{
	char *all;

	if (!strchr(field, ':') || strpbrk(field, "\r\n"))
		load_wrong("%s is no header field: 'NAME: VALUE'", field);
	if (!strncasecmp(field, "Host:", 5))
		load_wrong("Host is HOST:PORT, and not to be set");
	if (asprintf(&all, "%s%s\r\n", http->headers ? http->headers : "",
		     field) < 0)
		load_die("memory");
	free(http->headers);
	http->headers = all;
}

static void read_option(struct load *load, int option, const char *argument)
{
	struct http *http = load->what;

	switch (option) {
	case CLOSE:
		load->close = true;
		break;
	case PATH:
		path = argument;
		break;
	case PATHS:
		http->paths = argument;
		break;
	case ZIPF:
		http->zipf = load_decimal(argument);
		break;
	case HEADER:
		add_header(http, argument);
		break;
	case STATUS:
		http->status = load_number(argument, 999);
		break;
	case BODY:
		http->body = argument;
		break;
	case BODIES:
		http->bodies = argument;
		break;
	}
}

int main(int argc, char **argv)
{
	static const struct load_program program = {
		.usage = usage, .options = own_options, .read = read_option,
	};
	struct http http = { .status = 200 };
	struct load load = { .protocol = &http_protocol, .what = &http };

	load_options(&load, &program, argc, argv);
	if (load.close && load.pipeline > 1)
		load_wrong("with --close there is nothing to be pipelined");
	if (http.status < 200)
		load_wrong("--status is 200 to 999");
	if (http.body && http.bodies)
		load_wrong("--body or --bodies, not both");
	if (http.bodies && http.status == 206)
		load_wrong("the body of a range is not the file's: --body");
	http_pages_init(&http, &load, path);
	return load_run(&load);
}
