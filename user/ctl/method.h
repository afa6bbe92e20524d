/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Methods as people write them: SERVICE/METHOD, as in kelp.Echo/Echo. Pure.
 */
#ifndef KELPCTL_METHOD_H
#define KELPCTL_METHOD_H

#include <stddef.h>

struct method {
	char *service;	/* both belong to whoever parsed them */
	char *name;
};

/* NULL, or what is wrong with @text. Dies without memory. */
const char *method_parse(const char *text, struct method *method);
void method_free(struct method *method);

#endif
