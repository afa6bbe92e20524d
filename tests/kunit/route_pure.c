// SPDX-License-Identifier: GPL-2.0-only
/* kmod/http/route.c once more: an object cannot belong to two modules. */
#include "../../kmod/http/route.c"
