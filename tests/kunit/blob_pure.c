// SPDX-License-Identifier: GPL-2.0-only
/* kmod/net/blob.c once more: an object cannot belong to two modules. */
#include "../../kmod/net/blob.c"
