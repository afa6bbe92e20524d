// SPDX-License-Identifier: GPL-2.0-only
/* kmod/http/name.c once more: an object cannot belong to two modules. */
#include "../../kmod/http/name.c"
