// SPDX-License-Identifier: GPL-2.0-only
/* A resolver, a clock and a read() that tests of naming command. */
#include "names_kit.h"

#include "harness.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

typedef int (*getaddrinfo_fn)(const char *node, const char *service,
			      const struct addrinfo *hints,
			      struct addrinfo **info);

unsigned int names_asked;
int (*names_reading)(void);
static const struct names_answer *known;
static uint64_t stopped_ns;

void names_know(const struct names_answer *answers)
{
	known = answers;
	names_asked = 0;
}

void names_after(const char *path, int ms)
{
	struct stat st;

	stopped_ns = 0;
	if (!path)
		return;
	assert_int_equal(stat(path, &st), 0);
	stopped_ns = (uint64_t)st.st_ctim.tv_sec * NS_PER_S +
		     (uint64_t)st.st_ctim.tv_nsec +
		     (uint64_t)(ms * (int64_t)NS_PER_MS);
}

static const struct names_answer *find(const char *name)
{
	const struct names_answer *answer;

	for (answer = known; answer && answer->name; answer++)
		if (!strcmp(answer->name, name))
			return answer;
	fail_msg("the resolver was asked for '%s'", name);
	return NULL;
}

/* The real one makes each, so that freeaddrinfo() can free them. */
static int collect(const struct names_answer *answer,
		   const struct addrinfo *hints, getaddrinfo_fn real,
		   struct addrinfo **info)
{
	struct addrinfo numeric = *hints;
	size_t i;
	int err;

	numeric.ai_flags = AI_NUMERICHOST;
	for (i = 0; i < NAMES_ADDRESSES && answer->address[i]; i++) {
		err = real(answer->address[i], NULL, &numeric, info);
		assert_int_equal(err, 0);
		info = &(*info)->ai_next;
	}
	return 0;
}

int getaddrinfo(const char *node, const char *service,
		const struct addrinfo *hints, struct addrinfo **info)
{
	getaddrinfo_fn real = (getaddrinfo_fn)dlsym(RTLD_NEXT, "getaddrinfo");
	const struct names_answer *answer;

	assert_non_null(real);
	/* otherwise each address comes several times */
	assert_int_equal(hints->ai_socktype, SOCK_STREAM);
	if (hints->ai_flags & AI_NUMERICHOST)
		return real(node, service, hints, info);
	names_asked++;
	answer = find(node);
	if (!answer->err)
		return collect(answer, hints, real, info);
	errno = answer->sys;
	return answer->err;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (!stopped_ns)
		return (int)syscall(SYS_clock_gettime, clock, ts);
	*ts = clock_timespec(stopped_ns);
	return 0;
}

ssize_t read(int fd, void *buf, size_t len)
{
	int err = names_reading ? names_reading() : 0;

	if (!err)
		return syscall(SYS_read, fd, buf, len);
	errno = err;
	return -1;
}

void names_expect(struct address *list, size_t count, const char *text)
{
	char got[1024] = "", name[ADDRESS_TEXT];
	size_t i, len = 0;

	for (i = 0; i < count; i++) {
		address_print(&list[i], name, sizeof(name));
		len += (size_t)snprintf(got + len, sizeof(got) - len,
					"%s%s*%u", i ? " " : "", name,
					list[i].weight);
		assert_true(len < sizeof(got));
	}
	assert_string_equal(got, text);
	free(list);
}
