/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service kelp.KV.
 */
#ifndef KELP_SVC_KV_RPC_H
#define KELP_SVC_KV_RPC_H

struct kelp_service;

extern const struct kelp_service kelp_kv_service;

#endif
