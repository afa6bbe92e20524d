/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of what becomes of calls, as kelp_reply.code of libkelp has it. Pure.
 */
#ifndef KELPCTL_CODE_H
#define KELPCTL_CODE_H

/*
 * "EREQUEST" for an error of the protocol, "ENOMEM" for -ENOMEM, "OK" for 0;
 * NULL when it has no name. Constant.
 */
const char *code_name(int code);

#endif
