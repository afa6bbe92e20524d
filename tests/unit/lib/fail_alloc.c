// SPDX-License-Identifier: GPL-2.0-only
/* Allocations that fail when a test says so: see fail_alloc.h. */
#include "fail_alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What the linker's --wrap makes of the two names of each. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

/* Allocations to go before the one that fails. */
#define NEVER INT64_MAX
static _Atomic int64_t to_go = NEVER;
static atomic_bool failed;

void fail_alloc_at(size_t nth)
{
	failed = false;
	to_go = (int64_t)nth;
}

bool fail_alloc_off(void)
{
	to_go = NEVER;
	return failed;
}

static bool fails(void)
{
	if (to_go == NEVER || to_go-- != 0)
		return false;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
	return fails() ? NULL : __real_strndup(text, len);
}
