/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks, from the inside: kelp/task.h.
 */
#ifndef KELP_NET_TASK_H
#define KELP_NET_TASK_H

#include "kelp/task.h"

struct kelp_proto;

void kelp_task_proto_init(struct kelp_proto *proto);

#endif
