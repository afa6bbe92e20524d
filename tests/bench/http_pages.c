// SPDX-License-Identifier: GPL-2.0-only
/* What http_load asks for: paths, requests, and the bodies that are expected. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGES_MAX 10000000

/* A file as a whole, with a byte more than it has, which is 0. */
static struct span read_file(const char *name)
{
	FILE *file = fopen(name, "re");
	char *data = NULL;
	size_t len = 0, room = 0, got = 1;

	for (; file && got && !ferror(file); len += got) {
		if (room - len < 2) {
			room = room ? 2 * room : 4096;
			data = realloc(data, room);
			if (!data)
				load_die("memory");
		}
		got = fread(data + len, 1, room - len - 1, file);
	}
	if (!file || ferror(file)) {
		fprintf(stderr, "%s: %s cannot be read: %s\n",
			program_invocation_short_name, name, strerror(errno));
		exit(2);
	}
	fclose(file);
	data[len] = 0;
	return (struct span){ (uint8_t *)data, len };
}

static void expect(struct http_page *page, const char *name)
{
	struct span *body = load_allocate(sizeof(*body));

	*body = read_file(name);
	atomic_init(&page->body, body);
}

static void check_path(const char *path)
{
	const char *at = path;

	while (*at > ' ' && *at < 0x7f)
		at++;
	if (*path != '/' || *at)
		load_wrong("%s is no path: it begins with / and has no spaces",
			   path);
}

static void add(struct http *http, const char *path)
{
	uint32_t count = http->count;

	check_path(path);
	/* a power of two is full */
	if (!(count & (count - 1))) {
		http->pages = realloc(http->pages,
				      (count ? 2 * count : 1) *
				      sizeof(*http->pages));
		if (!http->pages || count > PAGES_MAX)
			load_die("memory for paths");
	}
	http->pages[http->count++] = (struct http_page){ .path = path };
}

/* A path a line. */
static void read_paths(struct http *http)
{
	char *rest = (char *)read_file(http->paths).data, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			add(http, line);
	if (!http->count)
		load_wrong("%s has no paths", http->paths);
}

static struct span put_request(const struct http *http, const struct load *load,
			       const char *path)
{
	char host[INET_ADDRSTRLEN], *text;
	int len;

	inet_ntop(AF_INET, &load->address.sin_addr, host, sizeof(host));
	len = asprintf(&text, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s\r\n",
		       path, host, ntohs(load->address.sin_port),
		       load->close ? "Connection: close\r\n" : "",
		       http->headers ? http->headers : "");
	if (len < 0)
		load_die("memory");
	return (struct span){ (uint8_t *)text, len };
}

/* No status but 204 and 304 goes without a body. */
static void set_bodies(struct http *http)
{
	uint32_t i;
	char *name;

	for (i = 0; i < http->count; i++) {
		if (http->status == 204 || http->status == 304) {
			atomic_init(&http->pages[i].body,
				    load_allocate(sizeof(struct span)));
		} else if (http->body) {
			if (!i)
				expect(&http->pages[i], http->body);
			else
				atomic_init(&http->pages[i].body,
					    http->pages[0].body);
		} else if (http->bodies) {
			if (asprintf(&name, "%s%s", http->bodies,
				     http->pages[i].path) < 0)
				load_die("memory");
			expect(&http->pages[i], name);
			free(name);
		}
	}
}

/* All that is to be known before it begins; ends the program if it is wrong. */
void http_pages_init(struct http *http, struct load *load, const char *path)
{
	uint32_t i;

	if (http->paths)
		read_paths(http);
	else
		add(http, path);
	set_bodies(http);
	for (i = 0; i < http->count; i++) {
		http->pages[i].request = put_request(http, load,
						     http->pages[i].path);
		if (http->pages[i].request.len > load->request_max)
			load->request_max = http->pages[i].request.len;
	}
	if (pick_init(&http->pick, http->count, http->zipf))
		load_die("memory");
}
