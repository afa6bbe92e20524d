// SPDX-License-Identifier: GPL-2.0-only
/* kmod/http/parse.c once more: an object cannot belong to two modules. */
#include "../../kmod/http/parse.c"
