/* SPDX-License-Identifier: MIT */
/* Options: defaults, and whether what is given makes sense. Pure. */
#ifndef LIBKELP_OPTIONS_H
#define LIBKELP_OPTIONS_H

#include <kelp/client.h>

struct naming;

/* How many attempts there may be behind the first. */
static inline unsigned int options_retries(const struct kelp_call_options *o)
{
	return o->max_retries < 0 ? 0 : (unsigned int)o->max_retries;
}

/* All of a channel's filled in; 0 or -EINVAL. */
int options_channel(const struct kelp_channel_options *given,
		    const struct naming *naming,
		    struct kelp_channel_options *options);

/* All of a call's; 0 or -EINVAL. */
int options_call(const struct kelp_channel_options *channel,
		 const struct kelp_call_options *given,
		 struct kelp_call_options *options);

#endif
