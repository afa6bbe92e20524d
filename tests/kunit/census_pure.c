// SPDX-License-Identifier: GPL-2.0-only
/* kmod/stats/census.c once more: an object cannot belong to two modules. */
#include "../../kmod/stats/census.c"
