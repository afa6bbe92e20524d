// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl: the command line. Finds object and verb in the tables, sorts out
 * options, which may stand anywhere, and prints help. Knows no netlink.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kelp/version.h>

#include "ctl.h"

static const struct object *const objects[] = {
	&ctl_listener, &ctl_object, &ctl_site, &ctl_route, &ctl_conn,
	&ctl_stats, &ctl_status, &ctl_limits, &ctl_drain,
	&ctl_decode, NULL,
};

static const struct option {
	const char *name;
	const char *argument;	/* NULL if it takes none */
	unsigned int bit;
	const char *help;
} options[] = {
	{ "type", "TYPE", OPT_TYPE, "value of Content-Type" },
	{ "host", "HOST", OPT_HOST, "only for requests to this host" },
	{ "dotfiles", NULL, OPT_DOTFILES,
	  "also serve names that begin with a dot" },
	{ "replace", NULL, OPT_REPLACE,
	  "take the place of the site that is there" },
	{ "no-variants", NULL, OPT_NO_VARIANTS,
	  "do not look for FILE.br, FILE.zst and FILE.gz" },
	{ "listing", NULL, OPT_LISTING, "list directories without an index" },
	{ "cache-control", "VALUE", OPT_CACHE_CONTROL,
	  "value of Cache-Control" },
	{ "header", "'NAME: VALUE'", OPT_HEADER,
	  "a further header; may be repeated" },
	{ "index", "NAME[,NAME]...", OPT_INDEX,
	  "what stands for a directory, default index.html" },
	{ "error", "STATUS=/PATH", OPT_ERROR,
	  "a page for 403, 404, 500 or 503; may be repeated" },
	{ "mime", "EXT=TYPE", OPT_MIME,
	  "Content-Type of an extension; may be repeated" },
	{ "timeout", "SECONDS", OPT_TIMEOUT, "wait this long, default 30" },
	{ "no-wait", NULL, OPT_NO_WAIT, "do not wait" },
	{ "allow", "PREFIX", OPT_ALLOW, "these clients may connect" },
	{ "deny", "PREFIX", OPT_DENY, "these may not" },
	{ "trust", "PREFIX", OPT_TRUST,
	  "these are proxies that speak for others" },
	{ "services", "all|none|LIST", OPT_SERVICES,
	  "RPC services that may be called there" },
	{ "secret-file", "FILE", OPT_SECRET_FILE,
	  "callers of services have to know what is in it" },
	{ "proxy-protocol", NULL, OPT_PROXY_PROTOCOL,
	  "connections begin with a PROXY header" },
	{ "hex", NULL, OPT_HEX, "the input is hexadecimal digits" },
	{ "proto", "FILE", OPT_PROTO,
	  "a .proto file, or what protoc -o made of it; may be repeated" },
	{ "proto-path", "DIR", OPT_PROTO_PATH,
	  "where .proto files import from; may be repeated" },
	{ NULL, NULL, 0, NULL },
};

static void print_verb(const struct object *object, const struct verb *verb)
{
	const struct option *o;

	printf("kelpctl %s", object->name);
	if (*verb->name)
		printf(" %s", verb->name);
	if (*verb->operands)
		printf(" %s", verb->operands);
	for (o = options; o->name; o++) {
		if (!(verb->options & o->bit))
			continue;
		printf(" [--%s%s%s]", o->name, o->argument ? " " : "",
		       o->argument ? o->argument : "");
	}
	putchar('\n');
}

static void print_general(void)
{
	printf("\nEverywhere:\n"
	       "  -j, --json      print JSON\n"
	       "  -h, --help      this help; behind a command, the command's\n"
	       "  -V, --version   print the version\n"
	       "\nObjects and verbs may be shortened while they stay unambiguous.\n"
	       "Exit status: 0 done, 1 refused, 2 wrong usage.\n");
}

static void help_all(void)
{
	const struct object *const *object;
	const struct verb *verb;

	printf("Controls the kelp server of this network namespace.\n\nusage:\n");
	for (object = objects; *object; object++) {
		for (verb = (*object)->verbs; verb->name; verb++) {
			printf("  ");
			print_verb(*object, verb);
		}
	}
	print_general();
}

static void help_object(const struct object *object)
{
	const struct verb *verb;

	printf("%s\n\nusage:\n", object->help);
	for (verb = object->verbs; verb->name; verb++) {
		printf("  ");
		print_verb(object, verb);
		printf("      %s\n", verb->help);
	}
	print_general();
}

static void help_verb(const struct object *object, const struct verb *verb)
{
	const struct option *o;

	printf("usage: ");
	print_verb(object, verb);
	printf("\n%s\n", verb->help);
	if (verb->detail)
		printf("\n%s", verb->detail);
	if (verb->options)
		putchar('\n');
	for (o = options; o->name; o++) {
		char *name;

		if (!(verb->options & o->bit))
			continue;
		name = format("--%s %s", o->name,
			      o->argument ? o->argument : "");
		printf("  %-20s%s\n", name, o->help);
		free(name);
	}
	print_general();
}

/* Does @word name @name? 2: exactly, 1: shortened, 0: no. */
static int names(const char *word, const char *name)
{
	if (!strcmp(word, name))
		return 2;
	return *word && !strncmp(word, name, strlen(word));
}

static const struct object *find_object(const struct ctl *ctl, const char *word)
{
	const struct object *found = NULL;
	const struct object *const *object;
	int match;

	for (object = objects; *object; object++) {
		match = names(word, (*object)->name);
		if (match == 2)
			return *object;
		if (match && found)
			die_usage(ctl, "'%s' could be %s or %s", word,
				  found->name, (*object)->name);
		if (match)
			found = *object;
	}
	if (!found)
		die_usage(ctl, "there is no object '%s'", word);
	return found;
}

/* @word is NULL when there is no further one. */
static const struct verb *find_verb(const struct ctl *ctl,
				    const struct object *object,
				    const char *word)
{
	const struct verb *found = NULL, *verb;
	int match;

	for (verb = object->verbs; verb->name; verb++) {
		/* nothing but the last: the word is an operand */
		if (!*verb->name)
			return found ? found : verb;
		match = word ? names(word, verb->name) : 0;
		if (match == 2)
			return verb;
		if (match && found)
			die_usage(ctl, "'%s' could be %s or %s", word,
				  found->name, verb->name);
		if (match)
			found = verb;
	}
	if (!word)
		die_usage(ctl, "a verb is missing");
	if (!found)
		die_usage(ctl, "there is no verb '%s'", word);
	return found;
}

/* What the first pass over the command line finds. */
struct line {
	bool help;
	bool version;
	unsigned int given;	/* enum ctl_option */
	int count;
	char **words;		/* that are not options */
};

static void repeat(struct ctl *ctl, enum ctl_option option, const char *value)
{
	size_t size = (ctl->given_count + 1) * sizeof(*ctl->given);

	ctl->given = need(realloc(ctl->given, size));
	ctl->given[ctl->given_count].option = option;
	ctl->given[ctl->given_count].value = value;
	ctl->given_count++;
}

static void store(struct ctl *ctl, unsigned int bit, const char *value)
{
	switch (bit) {
	case OPT_PROXY_PROTOCOL:
		ctl->proxy_protocol = true;
		break;
	case OPT_SERVICES:
		ctl->services = value;
		break;
	case OPT_SECRET_FILE:
		ctl->secret_file = value;
		break;
	case OPT_HEX:
		ctl->hex = true;
		break;
	case OPT_TYPE:
		ctl->type = value;
		break;
	case OPT_HOST:
		ctl->host = value;
		break;
	case OPT_TIMEOUT:
		ctl->timeout = value;
		break;
	case OPT_DOTFILES:
		ctl->dotfiles = true;
		break;
	case OPT_NO_WAIT:
		ctl->no_wait = true;
		break;
	case OPT_REPLACE:
		ctl->replace = true;
		break;
	case OPT_NO_VARIANTS:
		ctl->no_variants = true;
		break;
	case OPT_LISTING:
		ctl->listing = true;
		break;
	case OPT_CACHE_CONTROL:
	case OPT_HEADER:
	case OPT_INDEX:
	case OPT_ERROR:
	case OPT_MIME:
	case OPT_ALLOW:
	case OPT_DENY:
	case OPT_TRUST:
	case OPT_PROTO:
	case OPT_PROTO_PATH:
		repeat(ctl, bit, value);
		break;
	}
}

/* A long option other than --json, --help, --version; returns words used. */
static int long_option(struct ctl *ctl, struct line *line, char *word,
		       char *next)
{
	const char *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	const struct option *o;
	int used = 1;

	for (o = options; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, word, len))
			break;
	if (!o->name)
		die_usage(ctl, "there is no option --%.*s", (int)len, word);
	if (!o->argument && value)
		die_usage(ctl, "--%s takes no value", o->name);
	if (o->argument && value) {
		value++;
	} else if (o->argument) {
		value = next;
		used = 2;
		if (!value)
			die_usage(ctl, "--%s needs a value", o->name);
	}
	line->given |= o->bit;
	store(ctl, o->bit, value);
	return used;
}

static void read_line(struct ctl *ctl, struct line *line, int argc, char **argv)
{
	bool all_words = false;
	int i = 1;

	line->words = need(calloc(argc + 1, sizeof(*line->words)));
	while (i < argc) {
		char *word = argv[i];

		if (all_words || word[0] != '-' || !word[1]) {
			line->words[line->count++] = word;
			i++;
			continue;
		}
		if (word[1] == '-' && word[2] && strcmp(word, "--json") &&
		    strcmp(word, "--help") && strcmp(word, "--version")) {
			i += long_option(ctl, line, word + 2,
					 i + 1 < argc ? argv[i + 1] : NULL);
			continue;
		}
		if (!strcmp(word, "-j") || !strcmp(word, "--json"))
			ctl->json = true;
		else if (!strcmp(word, "-h") || !strcmp(word, "--help"))
			line->help = true;
		else if (!strcmp(word, "-V") || !strcmp(word, "--version"))
			line->version = true;
		else if (!strcmp(word, "--"))
			all_words = true;
		else
			die_usage(ctl, "there is no option %s", word);
		i++;
	}
}

/* Everything was written, or say so: the disk may be full. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		die("cannot write the output: %s", strerror(errno));
	return status;
}

static void check_verb(const struct ctl *ctl, const struct line *line,
		       const struct verb *verb)
{
	const struct option *o;

	for (o = options; o->name; o++)
		if (line->given & o->bit & ~verb->options)
			die_usage(ctl, "--%s does not belong here", o->name);
	if (ctl->argc < verb->least)
		die_usage(ctl, "expects %s", verb->operands);
	if (ctl->argc > verb->most)
		die_usage(ctl, "'%s' is too much", ctl->argv[verb->most]);
}

int main(int argc, char **argv)
{
	const struct object *object;
	const struct verb *verb;
	struct line line = {};
	struct ctl ctl = {};
	int used = 1;

	read_line(&ctl, &line, argc, argv);
	if (line.version) {
		printf("kelpctl %s\n", KELP_VERSION);
		return finish(0);
	}
	if (!line.count) {
		if (!line.help)
			die_usage(&ctl, "says nothing to do");
		help_all();
		return finish(0);
	}

	object = find_object(&ctl, line.words[0]);
	ctl.command = object->name;
	if (line.count == 1 && line.help && *object->verbs->name) {
		help_object(object);
		return finish(0);
	}
	verb = find_verb(&ctl, object, line.words[1]);
	if (*verb->name) {
		ctl.command = format("%s %s", object->name, verb->name);
		used = 2;
	}
	if (line.help) {
		help_verb(object, verb);
		return finish(0);
	}
	ctl.argc = line.count - used;
	ctl.argv = line.words + used;
	check_verb(&ctl, &line, verb);
	return finish(verb->run(&ctl));
}
