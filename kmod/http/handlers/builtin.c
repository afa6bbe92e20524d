// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering the handlers that HTTP itself brings along.
 */
#include "http/handlers/builtin.h"

#include <linux/kernel.h>

static const struct kelp_http_handler *const builtins[] = {
	&kelp_http_echo,
	&kelp_http_status_pages,
	&kelp_http_redirect,
};

/**
 * kelp_http_builtin_init() - register the built-in handlers
 *
 * Context: module load.
 * Return: 0 or -errno.
 */
int kelp_http_builtin_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(builtins); i++) {
		err = kelp_http_handler_register(builtins[i]);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	while (i--)
		kelp_http_handler_unregister(builtins[i]);
	return err;
}

/**
 * kelp_http_builtin_exit() - undo kelp_http_builtin_init()
 *
 * Context: module unload; no namespace has routes any more.
 */
void kelp_http_builtin_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(builtins); i++)
		kelp_http_handler_unregister(builtins[i]);
}
