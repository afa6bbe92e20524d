/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kelp.KV/MultiGet, for the service's table.
 */
#ifndef KELP_SVC_KV_MULTI_H
#define KELP_SVC_KV_MULTI_H

struct kelp_call;

int kv_multi_get(struct kelp_call *call);

#endif
