/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Talking to the module: one request at a time, over one socket that is
 * opened with the first. Whatever fails ends the program with the reason.
 */
#ifndef KELPCTL_NL_H
#define KELPCTL_NL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <libmnl/libmnl.h>
#include <linux/kelp.h>

/* A new request, in a buffer that the next one overwrites. */
struct nlmsghdr *nl_new(enum kelp_cmd cmd);
void nl_put_string(struct nlmsghdr *nlh, enum kelp_attr attr, const char *what,
		   const char *value, size_t max);

/* Send it; @answer is called with the attributes of each answer. */
typedef void (*nl_answer_t)(const struct nlattr *const *attrs, void *data);
void nl_call(struct nlmsghdr *nlh, nl_answer_t answer, void *data);

/*
 * All entries of a listing, as an array of what @entry makes of each. With
 * @consistent all are of one generation of the configuration.
 */
typedef json_t *(*nl_entry_t)(const struct nlattr *const *attrs);
json_t *nl_list(enum kelp_cmd cmd, bool consistent, nl_entry_t entry);

/* Values of attributes; 0 or "" when the attribute is not there. */
uint32_t nl_u32(const struct nlattr *const *attrs, enum kelp_attr attr);
uint64_t nl_u64(const struct nlattr *const *attrs, enum kelp_attr attr);
const char *nl_string(const struct nlattr *const *attrs, enum kelp_attr attr);

#endif
