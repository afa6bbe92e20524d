// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channel to the host: frames over a virtio port, and the orders that come
 * first. See init.h for the frames.
 */
#include "init.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PORT_NAME "kelp"

int port = -1;

void power_off(void)
{
	for (;;)
		pause();
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			power_off();
		p += n;
		len -= n;
	}
}

void frame_send(char type, const void *data, size_t len)
{
	static char buf[5 + CHUNK];
	uint32_t le = htole32(len);

	buf[0] = type;
	memcpy(buf + 1, &le, 4);
	if (len <= CHUNK) {
		memcpy(buf + 5, data, len);
		write_all(port, buf, 5 + len);
	} else {
		write_all(port, buf, 5);
		write_all(port, data, len);
	}
}

static void read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			power_off();
		p += n;
		len -= n;
	}
}

char *frame_read(char *type, size_t *len)
{
	char head[5], *data;
	uint32_t le;

	read_all(port, head, sizeof(head));
	memcpy(&le, head + 1, 4);
	*type = head[0];
	*len = le32toh(le);
	data = malloc(*len + 1);
	if (!data)
		power_off();
	read_all(port, data, *len);
	data[*len] = '\0';
	return data;
}

void fail(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (port >= 0)
		frame_send('F', text, strlen(text));
	else
		fprintf(stderr, "kelp-guest: %s\n", text);
	power_off();
}

static int port_find(void)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *e;
	int fd = -1;

	while (fd < 0 && dir && (e = readdir(dir))) {
		char path[512], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%63s", name) == 1 && !strcmp(name, PORT_NAME)) {
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* The driver announces the port some time after its module is in. */
void port_open(void)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };
	int tries;

	for (tries = 0; tries < 30 * 1000; tries++) {
		port = port_find();
		if (port >= 0)
			return;
		nanosleep(&tick, NULL);
	}
	fail("no channel to the host");
}

static char *next_string(char **p)
{
	char *s = *p;

	*p += strlen(s) + 1;
	return s;
}

/* A list of count strings, or up to an empty one if count is negative. */
static char **string_list(char **p, long count)
{
	char **list = NULL;
	long n = 0;

	for (;;) {
		char *s = count == n ? NULL : next_string(p);

		list = realloc(list, (n + 1) * sizeof(*list));
		if (!list)
			fail("out of memory");
		if (!s || (count < 0 && !*s)) {
			list[n] = NULL;
			return list;
		}
		list[n++] = s;
	}
}

static char *value_of(char **pairs, const char *key)
{
	size_t len = strlen(key);

	for (; *pairs; pairs++)
		if (!strncmp(*pairs, key, len) && (*pairs)[len] == '=')
			return *pairs + len + 1;
	return NULL;
}

void orders_read(struct orders *o)
{
	char type, *p, **pairs;
	size_t len;

	frame_send('B', "", 0);
	p = frame_read(&type, &len);
	if (type != 'X')
		fail("expected orders, got '%c'", type);
	pairs = string_list(&p, -1);
	o->env = string_list(&p, -1);
	o->argv = string_list(&p, atol(next_string(&p)));
	o->modules = value_of(pairs, "modules");
	o->cwd = value_of(pairs, "cwd");
	o->out = value_of(pairs, "out");
	o->ko = value_of(pairs, "ko");
	o->params = value_of(pairs, "params");
	o->depends = value_of(pairs, "depends");
	o->net = value_of(pairs, "net");
	o->tty = value_of(pairs, "tty");
	o->input = value_of(pairs, "input");
	o->kmemleak = value_of(pairs, "kmemleak");
	free(pairs);
}
