/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * .proto files of the user's, by way of protoc.
 */
#ifndef KELPCTL_PROTOC_H
#define KELPCTL_PROTOC_H

#include "ctl.h"
#include "pb_buf.h"
#include "pb_type.h"

/*
 * The types that a command knows: the built-in ones and, preferred to those,
 * what its --proto options name. A file that ends in .proto is given to protoc,
 * with the --proto-path options; any other is a descriptor set already. Dies
 * with a sentence when something is wrong with them. The caller frees it.
 */
struct pb_types *protoc_types(const struct ctl *ctl);

/* All of a file, "-" for standard input; dies when it cannot be read. */
void read_input(const char *name, struct pb_buf *to);

#endif
