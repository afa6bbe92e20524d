/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of a site: from the command line into a request, and from a listing
 * into JSON and text.
 */
#ifndef KELPCTL_SITE_OPTION_H
#define KELPCTL_SITE_OPTION_H

#include "ctl.h"
#include "nl.h"

/* The options that say how a site's files are answered. */
#define OPT_SITE							\
	(OPT_DOTFILES | OPT_NO_VARIANTS | OPT_LISTING |			\
	 OPT_CACHE_CONTROL | OPT_HEADER | OPT_INDEX | OPT_ERROR | OPT_MIME)

void site_put_options(const struct ctl *ctl, struct nlmsghdr *nlh);

/* Fields of @object from a KELP_A_OPTIONS, which may be NULL. */
void site_add_options(json_t *object, const struct nlattr *nest);
/* What is not the default, as `site add` takes it; malloc()ed. */
char *site_options_text(const json_t *row);

#endif
