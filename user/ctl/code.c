// SPDX-License-Identifier: GPL-2.0-only
/* Names of codes. */
#include "code.h"

#include <limits.h>
#include <string.h>

#include <linux/kelp_rpc.h>

const char *code_name(int code)
{
	if (code >= 0)
		return kelp_rpc_error_name(code);
	/* -INT_MIN is no int */
	return code == INT_MIN ? NULL : strerrorname_np(-code);
}
