/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handler "kv".
 */
#ifndef KELP_SVC_KV_HTTP_H
#define KELP_SVC_KV_HTTP_H

struct kelp_http_handler;

extern const struct kelp_http_handler kelp_kv_http;

#endif
