/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_watch: the kernel tells when a cached file changes.
 */
#ifndef KELP_HTTP_WATCH_H
#define KELP_HTTP_WATCH_H

#include <linux/types.h>

struct inode;
struct kelp_cached;
struct kelp_watch;

int kelp_watch_init(void);
void kelp_watch_exit(void);

void kelp_watch_set(struct kelp_cached *cached, struct inode *inode);
void kelp_watch_drop(struct kelp_watch *watch);

#endif
