// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl: the command line. Finds object and verb in the tables, sorts out
 * options, which may stand anywhere, and prints help. Knows no netlink.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kelp/version.h>

#include "ctl.h"

static const struct object *const objects[] = {
	&ctl_listener, &ctl_object, &ctl_site, &ctl_route, &ctl_conn,
	&ctl_stats, &ctl_status, &ctl_limits, &ctl_drain,
	&ctl_call, &ctl_services, &ctl_press, &ctl_decode, NULL,
};

#define AT(member) offsetof(struct ctl, member)

/* Where a value goes that may come several times. */
#define REPEATED AT(given)

static const struct option {
	const char *name;
	char letter;		/* the short form, 0 if there is none */
	const char *argument;	/* NULL if it takes none */
	unsigned int bit;	/* several may share one, and come together */
	size_t place;		/* a bool without argument, else a string */
	const char *help;
} options[] = {
	{ "type", 0, "TYPE", OPT_TYPE, AT(type), "value of Content-Type" },
	{ "host", 0, "HOST", OPT_HOST, AT(host),
	  "only for requests to this host" },
	{ "dotfiles", 0, NULL, OPT_DOTFILES, AT(dotfiles),
	  "also serve names that begin with a dot" },
	{ "replace", 0, NULL, OPT_REPLACE, AT(replace),
	  "take the place of the site that is there" },
	{ "no-variants", 0, NULL, OPT_NO_VARIANTS, AT(no_variants),
	  "do not look for FILE.br, FILE.zst and FILE.gz" },
	{ "listing", 0, NULL, OPT_LISTING, AT(listing),
	  "list directories without an index" },
	{ "cache-control", 0, "VALUE", OPT_CACHE_CONTROL, REPEATED,
	  "value of Cache-Control" },
	{ "header", 0, "'NAME: VALUE'", OPT_HEADER, REPEATED,
	  "a further header; may be repeated" },
	{ "index", 0, "NAME[,NAME]...", OPT_INDEX, REPEATED,
	  "what stands for a directory, default index.html" },
	{ "error", 0, "STATUS=/PATH", OPT_ERROR, REPEATED,
	  "a page for 403, 404, 500 or 503; may be repeated" },
	{ "mime", 0, "EXT=TYPE", OPT_MIME, REPEATED,
	  "Content-Type of an extension; may be repeated" },
	{ "timeout", 0, "SECONDS", OPT_TIMEOUT, AT(timeout),
	  "wait this long, default 30" },
	{ "no-wait", 0, NULL, OPT_NO_WAIT, AT(no_wait), "do not wait" },
	{ "allow", 0, "PREFIX", OPT_ALLOW, REPEATED,
	  "these clients may connect" },
	{ "deny", 0, "PREFIX", OPT_DENY, REPEATED, "these may not" },
	{ "trust", 0, "PREFIX", OPT_TRUST, REPEATED,
	  "these are proxies that speak for others" },
	{ "services", 0, "all|none|LIST", OPT_SERVICES, AT(services),
	  "RPC services that may be called there" },
	{ "secret-file", 0, "FILE", OPT_SECRET_FILE, AT(secret_file),
	  "callers of services have to know what is in it" },
	{ "proxy-protocol", 0, NULL, OPT_PROXY_PROTOCOL, AT(proxy_protocol),
	  "connections begin with a PROXY header" },
	{ "defer-accept", 0, "SECONDS", OPT_DEFER_ACCEPT, AT(defer_accept),
	  "accept connections when something has come on them" },
	{ "fastopen", 0, "N", OPT_FASTOPEN, AT(fastopen),
	  "so many may bring their request with the SYN" },
	{ "per-cpu", 0, NULL, OPT_PER_CPU, AT(per_cpu),
	  "a listening socket for each CPU" },
	{ "raw", 0, NULL, OPT_RAW, AT(raw),
	  "messages are hexadecimal digits, in and out" },
	{ "attachment", 0, "FILE", OPT_ATTACHMENT, AT(attachment),
	  "bytes that go along with the request" },
	{ "attachment-out", 0, "FILE", OPT_ATTACHMENT_OUT, AT(attachment_out),
	  "where those of the reply go" },
	{ "timeout-ms", 0, "MS", OPT_TIMEOUT_MS, AT(timeout_ms),
	  "milliseconds that a call may take, default 5000" },
	{ "stats", 0, NULL, OPT_STATS, AT(stats),
	  "with what has been counted of each method" },
	{ "threads", 't', "THREADS", OPT_LOAD, AT(threads),
	  "threads that call, default 1" },
	{ "connections", 'c', "CONNECTIONS", OPT_LOAD, AT(connections),
	  "connections at most, of all threads; default 1" },
	{ "duration", 'd', "SECONDS", OPT_LOAD, AT(duration),
	  "how long calls are made, default 10" },
	{ "rate", 0, "CALLS_PER_SECOND", OPT_LOAD, AT(rate),
	  "how many are due, of all threads together" },
	{ "pipeline", 0, "N", OPT_LOAD, AT(pipeline),
	  "calls under way at a time on a connection, default 1" },
	{ "hex", 0, NULL, OPT_HEX, AT(hex), "the input is hexadecimal digits" },
	{ "proto", 0, "FILE", OPT_PROTO, REPEATED,
	  "a .proto file, or what protoc -o made of it; may be repeated" },
	{ "proto-path", 0, "DIR", OPT_PROTO_PATH, REPEATED,
	  "where .proto files import from; may be repeated" },
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))
#define OPTIONS_END (options + OPTIONS)

static void print_verb(const struct object *object, const struct verb *verb)
{
	const struct option *o;

	printf("kelpctl %s", object->name);
	if (*verb->name)
		printf(" %s", verb->name);
	if (*verb->operands)
		printf(" %s", verb->operands);
	for (o = options; o < OPTIONS_END; o++) {
		if (!(verb->options & o->bit))
			continue;
		if (o->letter)
			printf(" [-%c", o->letter);
		else
			printf(" [--%s", o->name);
		printf("%s%s]", o->argument ? " " : "",
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

/* To be freed. */
static char *option_text(const struct option *o)
{
	char letter[] = { '-', o->letter, ',', ' ', '\0' };

	return format("%s--%s %s", o->letter ? letter : "", o->name,
		      o->argument ? o->argument : "");
}

static void help_options(unsigned int bits)
{
	const struct option *o;
	int width = 0, len;
	char *text;

	for (o = options; o < OPTIONS_END; o++) {
		if (!(bits & o->bit))
			continue;
		text = option_text(o);
		len = (int)strlen(text);
		width = len > width ? len : width;
		free(text);
	}
	for (o = options; o < OPTIONS_END; o++) {
		if (!(bits & o->bit))
			continue;
		text = option_text(o);
		printf("  %-*s  %s\n", width, text, o->help);
		free(text);
	}
}

static void help_verb(const struct object *object, const struct verb *verb)
{
	printf("usage: ");
	print_verb(object, verb);
	printf("\n%s\n", verb->help);
	if (verb->detail)
		printf("\n%s", verb->detail);
	if (verb->options)
		putchar('\n');
	help_options(verb->options);
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
	bool all_words;		/* so is what follows, whatever it begins with */
	bool given[OPTIONS];
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

static void store(struct ctl *ctl, const struct option *o, const char *value)
{
	char *place = (char *)ctl + o->place;

	if (!o->argument)
		*(bool *)place = true;
	else if (o->place == REPEATED)
		repeat(ctl, o->bit, value);
	else
		*(const char **)place = value;
}

/*
 * An option whose value is @value, or @next if that is NULL; returns the words
 * used. @name is what the command line calls it.
 */
static int take_option(struct ctl *ctl, struct line *line,
		       const struct option *o, const char *name,
		       const char *value, const char *next)
{
	int used = 1;

	if (!o->argument && value)
		die_usage(ctl, "%s takes no value", name);
	if (o->argument && !value) {
		value = next;
		used = 2;
		if (!value)
			die_usage(ctl, "%s needs a value", name);
	}
	line->given[o - options] = true;
	store(ctl, o, value);
	return used;
}

/* A long option other than --json, --help, --version; returns words used. */
static int long_option(struct ctl *ctl, struct line *line, const char *word,
		       const char *next)
{
	const char *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	const struct option *o;
	char *name;
	int used;

	for (o = options; o < OPTIONS_END; o++)
		if (strlen(o->name) == len - 2 &&
		    !strncmp(o->name, word + 2, len - 2))
			break;
	if (o == OPTIONS_END)
		die_usage(ctl, "there is no option %.*s", (int)len, word);
	name = format("--%s", o->name);
	used = take_option(ctl, line, o, name, value ? value + 1 : NULL, next);
	free(name);
	return used;
}

/* A short option other than -j, -h, -V: -t 4 or -t4; returns words used. */
static int short_option(struct ctl *ctl, struct line *line, const char *word,
			const char *next)
{
	const char name[] = { '-', word[1], '\0' };
	const struct option *o;

	for (o = options; o < OPTIONS_END; o++)
		if (o->letter == word[1])
			break;
	if (o == OPTIONS_END)
		die_usage(ctl, "there is no option %s", word);
	return take_option(ctl, line, o, name, word[2] ? word + 2 : NULL, next);
}

/* -j, -h, -V, --, and their long forms, which no verb has to know. */
static bool everywhere(struct ctl *ctl, struct line *line, const char *word)
{
	if (!strcmp(word, "-j") || !strcmp(word, "--json"))
		ctl->json = true;
	else if (!strcmp(word, "-h") || !strcmp(word, "--help"))
		line->help = true;
	else if (!strcmp(word, "-V") || !strcmp(word, "--version"))
		line->version = true;
	else if (!strcmp(word, "--"))
		line->all_words = true;
	else
		return false;
	return true;
}

static void read_line(struct ctl *ctl, struct line *line, int argc, char **argv)
{
	const char *next;
	char *word;
	int i = 1;

	line->words = need(calloc(argc + 1, sizeof(*line->words)));
	while (i < argc) {
		word = argv[i];
		next = i + 1 < argc ? argv[i + 1] : NULL;
		if (line->all_words || word[0] != '-' || !word[1]) {
			line->words[line->count++] = word;
			i++;
		} else if (everywhere(ctl, line, word)) {
			i++;
		} else if (word[1] == '-') {
			i += long_option(ctl, line, word, next);
		} else {
			i += short_option(ctl, line, word, next);
		}
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

	for (o = options; o < OPTIONS_END; o++)
		if (line->given[o - options] && !(o->bit & verb->options))
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
