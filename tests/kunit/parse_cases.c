// SPDX-License-Identifier: GPL-2.0-only
/* The tables of request heads that the tests in user space run, too. */
#include "../unit/request_line_cases.c"
#include "../unit/target_cases.c"
#include "../unit/host_cases.c"
#include "../unit/field_cases.c"
#include "../unit/framing_cases.c"
#include "../unit/limit_cases.c"
