/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of a file that is sent as a message: read in the dispatcher, a chunk
 * at a time, sent by the connection's worker.
 */
#ifndef KELP_NET_FILE_H
#define KELP_NET_FILE_H

#include <linux/types.h>

struct file;
struct kelp_conn;
struct kelp_file;
struct kelp_run;

struct kelp_file *kelp_file_create(struct file *file, loff_t off, u64 len,
				   gfp_t gfp);
void kelp_file_put(struct kelp_file *part);

/* Socket lock, BH off, owning worker; kelp_conn.file is what is being sent. */
void kelp_file_start(struct kelp_conn *conn);
bool kelp_file_serve(struct kelp_run *run);

#endif
