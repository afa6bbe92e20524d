// SPDX-License-Identifier: GPL-2.0-only
/* The command line of a load generator: what all of them have, and who is wrong. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Own long options of a program, at most. */
#define OWN_MAX 24

enum { PIPELINE = 128, SEED };

static const struct option common[] = {
	{ "pipeline", required_argument, NULL, PIPELINE },
	{ "seed", required_argument, NULL, SEED },
	{ "help", no_argument, NULL, 'h' },
};

#define COMMON (sizeof(common) / sizeof(common[0]))

static const char *usage = "";

/* The command line is wrong: what, and how it would be right. */
void load_wrong(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s", usage);
	exit(2);
}

/* Something failed that has to work; errno says how. */
void load_die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(1);
}

void *load_allocate(size_t len)
{
	void *data = calloc(1, len ? len : 1);

	if (!data)
		load_die("memory");
	return data;
}

unsigned long load_number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || *text == '-' || value > most)
		load_wrong("%s is no number up to %lu", text, most);
	return value;
}

double load_decimal(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (!*text || *end || !isfinite(value) || value < 0)
		load_wrong("%s is no number", text);
	return value;
}

static void read_address(struct load *load, char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		load_wrong("HOST:PORT is missing");
	*colon = 0;
	load->address.sin_family = AF_INET;
	load->address.sin_port = htons(load_number(colon + 1, 65535));
	if (inet_pton(AF_INET, text, &load->address.sin_addr) != 1)
		load_wrong("HOST is no IPv4 address");
}

static void read_option(struct load *load, const struct load_program *program,
			int option)
{
	switch (option) {
	case 't':
		load->threads = load_number(optarg, 1024);
		break;
	case 'c':
		load->connections = load_number(optarg, 1000000);
		break;
	case 'd':
		load->seconds = load_decimal(optarg);
		break;
	case 'j':
		load->json = true;
		break;
	case PIPELINE:
		load->pipeline = load_number(optarg, PIPELINE_MAX);
		break;
	case SEED:
		load->seed = load_number(optarg, UINT32_MAX);
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		if (option < 256)
			load_wrong("unknown option, or its argument is missing");
		program->read(load, option, optarg);
	}
}

/* Everyone's options, the program's own, and the server. */
void load_options(struct load *load, const struct load_program *program,
		  int argc, char **argv)
{
	struct option all[COMMON + OWN_MAX + 1] = { 0 };
	int option, i;

	usage = program->usage;
	memcpy(all, common, sizeof(common));
	for (i = 0; i < OWN_MAX && program->options[i].name; i++)
		all[COMMON + i] = program->options[i];
	load->threads = load->connections = load->pipeline = 1;
	load->seconds = 2;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "t:c:d:jh", all, NULL)) != -1)
		read_option(load, program, option);
	if (optind + 1 != argc)
		load_wrong("HOST:PORT is missing, or there is more than that");
	read_address(load, argv[optind]);
	if (!load->threads || !load->connections || !load->pipeline ||
	    !(load->seconds > 0))
		load_wrong("nothing to do");
	if (load->threads > load->connections)
		load->threads = load->connections;
}
