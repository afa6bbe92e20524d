/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service kelp.Echo.
 */
#ifndef KELP_SVC_ECHO_H
#define KELP_SVC_ECHO_H

struct kelp_service;

extern const struct kelp_service kelp_echo_service;

#endif
