// SPDX-License-Identifier: GPL-2.0-only
/* SERVICE/METHOD taken apart. */
#include "method.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"

/* Servers know no longer ones. */
#define NAME_MOST 1024

const char *method_parse(const char *text, struct method *method)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : 0;

	if (!len || !slash[1] || strchr(slash + 1, '/'))
		return "a method is written SERVICE/METHOD, as in kelp.Echo/Echo";
	if (len > NAME_MOST || strlen(slash + 1) > NAME_MOST)
		return "no name is that long";
	method->service = need(strndup(text, len));
	method->name = need(strdup(slash + 1));
	return NULL;
}

void method_free(struct method *method)
{
	free(method->service);
	free(method->name);
}
