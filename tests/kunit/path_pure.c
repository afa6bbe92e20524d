// SPDX-License-Identifier: GPL-2.0-only
/* kmod/http/path.c once more: an object cannot belong to two modules. */
#include "../../kmod/http/path.c"
