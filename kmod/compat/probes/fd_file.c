// SPDX-License-Identifier: GPL-2.0-only
// struct fd is opaque and read through fd_file().
#include <linux/file.h>

static struct file *probe(struct fd f)
{
	return fd_file(f);
}
