/* SPDX-License-Identifier: MIT */
/* From a part to the whole. */
#ifndef LIBKELP_CONTAINER_H
#define LIBKELP_CONTAINER_H

#include <stddef.h>

#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#endif
