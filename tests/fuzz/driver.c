// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a libFuzzer target without libFuzzer: every file of the corpus as it
 * is, then mutations of them until the given number of executions is reached.
 * Nothing guides it, but the same seed gives the same inputs.
 *
 *	PROGRAM [-runs=N] [-seed=N] DIR...
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUTS_MAX	1000
#define INPUT_MAX	4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint8_t data[INPUT_MAX];
	size_t len;
};

static struct input *inputs[INPUTS_MAX];
static size_t nr_inputs;
/* The input in work, for the post-mortem. */
static struct input current;

static uint64_t state;

static uint32_t any(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 16) % below);
}

/* What is likely to matter to a parser of text. */
static const char *const pieces[] = {
	"\r\n", "\r\n\r\n", "\r", "\n", " ", "\t", ":", ",", ";", "=", "%", "?",
	"/", "//", "..", "*", "@", "[", "]", "::", "#", "\"", "0", "9", "-",
	"GET ", "HEAD ", "POST ", "OPTIONS ", "CONNECT ", "BREW ",
	"http://", "https://", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "HTTP/2.0",
	"Host: a\r\n", "Host:", "Content-Length: 5\r\n", "Content-Length:",
	"Transfer-Encoding: chunked\r\n", "Transfer-Encoding:", "chunked",
	"Connection: close\r\n", "Connection:", "keep-alive", "close",
	"Expect: 100-continue\r\n", "Range:", "Cookie: a=b\r\n",
	"If-None-Match: \"a\"\r\n", "[::1]", "[1:2:3:4:5:6:7:8]",
	"1.2.3.4", ":65535", ":65536", "18446744073709551616",
};

static void load(const char *dir)
{
	char path[4096];
	struct dirent *e;
	DIR *d = opendir(dir);
	FILE *f;

	if (!d) {
		perror(dir);
		exit(2);
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' || nr_inputs == INPUTS_MAX)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		f = fopen(path, "rb");
		if (!f)
			continue;
		inputs[nr_inputs] = calloc(1, sizeof(struct input));
		inputs[nr_inputs]->len = fread(inputs[nr_inputs]->data, 1,
					       INPUT_MAX, f);
		nr_inputs++;
		fclose(f);
	}
	closedir(d);
}

static int by_content(const void *a, const void *b)
{
	const struct input *x = *(struct input *const *)a;
	const struct input *y = *(struct input *const *)b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->data, y->data, x->len);
}

/* Replace drop bytes at a place by others. */
static void splice(struct input *in, size_t at, size_t drop,
		   const uint8_t *bytes, size_t len)
{
	if (in->len - drop + len > INPUT_MAX)
		return;
	memmove(in->data + at + len, in->data + at + drop,
		in->len - at - drop);
	memcpy(in->data + at, bytes, len);
	in->len += len - drop;
}

static void mutate(struct input *in)
{
	size_t at = any((uint32_t)in->len + 1);
	size_t rest = in->len - at;
	size_t drop = rest ? any(rest < 16 ? (uint32_t)rest + 1 : 16) : 0;
	const struct input *other = inputs[any((uint32_t)nr_inputs)];
	const char *piece = pieces[any(sizeof(pieces) / sizeof(pieces[0]))];
	uint8_t byte = (uint8_t)any(256);
	size_t from;

	switch (any(7)) {
	case 0:
		splice(in, at, rest ? 1 : 0, &byte, 1);
		break;
	case 1:
		if (rest)
			in->data[at] ^= (uint8_t)(1 << any(8));
		break;
	case 2:
		splice(in, at, drop, &byte, 0);
		break;
	case 3:
		splice(in, at, 0, (const uint8_t *)piece, strlen(piece));
		break;
	case 4:
		splice(in, at, drop, (const uint8_t *)piece, strlen(piece));
		break;
	case 5:
		if (!other->len)
			break;
		from = any((uint32_t)other->len);
		splice(in, at, 0, other->data + from, other->len - from);
		break;
	case 6:
		in->len = at;
		break;
	}
}

/* Called by the sanitizers before they end the program. */
void __asan_on_error(void);
void __asan_on_error(void)
{
	FILE *f = fopen("crash-input", "wb");

	if (!f)
		return;
	fwrite(current.data, 1, current.len, f);
	fclose(f);
	fprintf(stderr, "the input is in ./crash-input\n");
}

int main(int argc, char **argv)
{
	unsigned long runs = 100000, done;
	size_t i;
	int n;

	state = 1;
	for (n = 1; n < argc; n++) {
		if (!strncmp(argv[n], "-runs=", 6))
			runs = strtoul(argv[n] + 6, NULL, 10);
		else if (!strncmp(argv[n], "-seed=", 6))
			state = strtoul(argv[n] + 6, NULL, 10);
		else
			load(argv[n]);
	}
	if (!nr_inputs || !state) {
		fprintf(stderr, "%s: no corpus, or seed 0\n", argv[0]);
		return 2;
	}
	/* the order of a directory is not the same everywhere */
	qsort(inputs, nr_inputs, sizeof(inputs[0]), by_content);
	for (done = 0; done < runs; done++) {
		current = *inputs[done % nr_inputs];
		if (done >= nr_inputs)
			for (i = 1 + any(5); i; i--)
				mutate(&current);
		LLVMFuzzerTestOneInput(current.data, current.len);
	}
	printf("%lu executions, no finding\n", done);
	return 0;
}
