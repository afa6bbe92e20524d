/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * http_load's parts: what is asked for, and how its answers are judged.
 */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include "load.h"
#include "pick.h"

/**
 * struct http_page - what can be asked for
 * @path: of it
 * @request: as it is sent
 * @body: its answer's; NULL until the first answer has come, whose body everyone
 *	else's has to have, too
 */
struct http_page {
	const char *path;
	struct span request;
	const struct span *_Atomic body;
};

/**
 * struct http - what to ask for; constant, but for bodies, once it is set up
 * @pages: all
 * @count: of them
 * @pick: which one is next
 * @status: of right answers
 * @headers: more header fields of requests, each with its CR LF
 * @bodies: where the bodies are, a file for each path; or NULL
 * @body: the file with the body that all have; or NULL
 * @paths: the file with the paths; or NULL
 * @zipf: the exponent by which paths are chosen, 0 for none
 */
struct http {
	struct http_page *pages;
	uint32_t count;
	struct pick pick;
	int status;
	char *headers;
	const char *bodies;
	const char *body;
	const char *paths;
	double zipf;
};

extern const struct load_protocol http_protocol;

void http_pages_init(struct http *http, struct load *load,
		     const char *path);

#endif
