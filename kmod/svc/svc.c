// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering the services that come with kelp.
 */
#include "svc/svc.h"

#include "http/handlers/handler.h"
#include "svc/kv_http.h"

/**
 * kelp_svc_init() - register the services
 *
 * Context: module load, behind kelp_http_init().
 * Return: 0 or -errno.
 */
int kelp_svc_init(void)
{
	return kelp_http_handler_register(&kelp_kv_http);
}

/**
 * kelp_svc_exit() - undo kelp_svc_init()
 *
 * Context: module unload; no namespace has routes any more.
 */
void kelp_svc_exit(void)
{
	kelp_http_handler_unregister(&kelp_kv_http);
}
