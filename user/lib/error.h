/* SPDX-License-Identifier: MIT */
/*
 * What codes mean, in words: kelp_strerror(), which is public and therefore
 * declared there.
 */
#ifndef LIBKELP_ERROR_H
#define LIBKELP_ERROR_H

#include <kelp/client.h>

#endif
