// SPDX-License-Identifier: GPL-2.0-only
/* kmod/http/object.c once more: an object cannot belong to two modules. */
#include "../../kmod/http/object.c"
