/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handlers that HTTP itself brings along.
 */
#ifndef KELP_HTTP_BUILTIN_H
#define KELP_HTTP_BUILTIN_H

#include "kelp/http.h"

extern const struct kelp_http_handler kelp_http_echo;
extern const struct kelp_http_handler kelp_http_status_pages;
extern const struct kelp_http_handler kelp_http_redirect;

int kelp_http_builtin_init(void);
void kelp_http_builtin_exit(void);

#endif
