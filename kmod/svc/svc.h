/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services that come with kelp, as main.c sees them.
 */
#ifndef KELP_SVC_SVC_H
#define KELP_SVC_SVC_H

int kelp_svc_init(void);
void kelp_svc_exit(void);

#endif
