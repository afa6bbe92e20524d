/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service kelp.Status.
 */
#ifndef KELP_SVC_STATUS_H
#define KELP_SVC_STATUS_H

struct kelp_service;

extern const struct kelp_service kelp_status_service;

#endif
