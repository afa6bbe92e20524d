/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gauges: what a server holds now. Shown behind the counters of stats/.
 */
#ifndef KELP_HTTP_GAUGE_H
#define KELP_HTTP_GAUGE_H

#include <linux/types.h>

struct kelp_net;

enum kelp_gauge {
	KELP_GAUGE_CONNECTIONS,
	KELP_GAUGE_MEMORY,
	KELP_GAUGE_CACHE_OBJECTS,
	KELP_GAUGE_CACHE_BYTES,
	KELP_GAUGE_COUNT,	/* append only, before this */
};

const char *kelp_gauge_name(enum kelp_gauge id);
const char *kelp_gauge_help(enum kelp_gauge id);
u64 kelp_gauge_read(struct kelp_net *kn, enum kelp_gauge id);

#endif
