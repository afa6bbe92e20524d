/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listings: what is answered for a directory that has no index.
 */
#ifndef KELP_HTTP_LISTING_H
#define KELP_HTTP_LISTING_H

struct kelp_object;
struct kelp_site;

struct kelp_object *kelp_listing_create(struct kelp_site *site,
					const char *path);

#endif
