// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering the services that come with kelp, and what shows them over HTTP.
 */
#include "svc/svc.h"

#include <linux/kernel.h>

#include "kelp/http.h"
#include "kelp/service.h"
#include "svc/calc.h"
#include "svc/connect.h"
#include "svc/echo.h"
#include "svc/kv_http.h"
#include "svc/kv_rpc.h"
#include "svc/status.h"

static const struct kelp_service *const svc_services[] = {
	&kelp_echo_service,
	&kelp_calc_service,
	&kelp_kv_service,
	&kelp_status_service,
};

static const struct kelp_http_handler *const svc_handlers[] = {
	&kelp_kv_http,
	&kelp_connect,
};

static void svc_unregister(unsigned int handlers, unsigned int services)
{
	while (handlers)
		kelp_http_handler_unregister(svc_handlers[--handlers]);
	while (services)
		kelp_service_unregister(svc_services[--services]);
}

/**
 * kelp_svc_init() - register the services
 *
 * Context: module load, behind kelp_http_init() and kelp_rpc_init().
 * Return: 0 or -errno.
 */
int kelp_svc_init(void)
{
	unsigned int handlers = 0, services;
	int err = 0;

	for (services = 0; services < ARRAY_SIZE(svc_services); services++) {
		err = kelp_service_register(svc_services[services]);
		if (err)
			goto err_unregister;
	}
	for (; handlers < ARRAY_SIZE(svc_handlers); handlers++) {
		err = kelp_http_handler_register(svc_handlers[handlers]);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	svc_unregister(handlers, services);
	return err;
}

/**
 * kelp_svc_exit() - undo kelp_svc_init()
 *
 * Context: module unload; no namespace has routes or states any more.
 */
void kelp_svc_exit(void)
{
	svc_unregister(ARRAY_SIZE(svc_handlers), ARRAY_SIZE(svc_services));
}
