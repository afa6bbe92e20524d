/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses in messages: three attributes in a row, see <linux/kelp.h>.
 */
#ifndef KELPCTL_ENDPOINT_H
#define KELPCTL_ENDPOINT_H

#include "addr.h"
#include "nl.h"

void endpoint_put(struct nlmsghdr *nlh, const struct addr *addr);
/* @first: KELP_A_ADDR or KELP_A_PEER_ADDR. */
void endpoint_get(const struct nlattr *const *attrs, enum kelp_attr first,
		  struct addr *addr);
/* The same as a JSON string, "127.0.0.1:8080". */
json_t *endpoint_json(const struct nlattr *const *attrs, enum kelp_attr first);

#endif
