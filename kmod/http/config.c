// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes and sites as the control plane adds, removes and lists them. Process
 * context; each call takes kelp_net.lock once. (Objects: store.c.)
 */
#include "http/config.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/netlink.h>

#include "http/handlers/mount.h"
#include "http/files/option.h"
#include "http/route.h"
#include "http/files/site.h"
#include "http/table.h"
#include "kelp/http.h"

/**
 * kelp_http_route_add() - let a handler answer below a prefix
 * @kn: the server
 * @prefix: the prefix
 * @host: for requests to this host only; "" or NULL for any
 * @handler: the handler's name
 * @args: its arguments, each "KEY=VALUE"
 * @nr_args: how many
 * @extack: explains a refusal
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, or -EINVAL, -ENOENT (no such handler), -EEXIST, -ENOMEM,
 * -ESHUTDOWN.
 */
int kelp_http_route_add(struct kelp_net *kn, const char *prefix,
			const char *host, const char *handler,
			const char *const *args, unsigned int nr_args,
			struct netlink_ext_ack *extack)
{
	struct kelp_route_spec spec = { .prefix = prefix, .host = host };
	struct kelp_http *http;
	int err;

	spec.mount = http_mount_create(kn, handler, args, nr_args, extack);
	if (IS_ERR(spec.mount))
		return PTR_ERR(spec.mount);
	http = kelp_http_lock(kn, extack);
	err = PTR_ERR_OR_ZERO(http);
	if (err)
		goto err_put;
	if (http_mount_gone(spec.mount)) {
		NL_SET_ERR_MSG(extack, "the handler is going away");
		err = -ENOENT;
	} else {
		err = kelp_route_add(http, &spec, extack);
		if (!err)
			http_mount_added(spec.mount);
	}
	kelp_http_unlock(kn);
	if (err)
		goto err_put;
	return 0;

err_put:
	http_mount_put(spec.mount);
	return err;
}

/**
 * kelp_http_site_add() - serve a directory's files below a prefix
 * @kn: the server
 * @spec: what to serve, and how
 * @extack: explains a refusal
 *
 * Files are looked up and read with the caller's credentials from now on. A
 * site that is replaced finishes what is under way; every request that is
 * looked at afterwards sees the new one, none sees neither.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, or -EINVAL, -ENOTDIR, -EPERM, -EOPNOTSUPP, -EEXIST, -ENOMEM,
 * -ESHUTDOWN.
 */
int kelp_http_site_add(struct kelp_net *kn, const struct kelp_site_spec *spec,
		       struct netlink_ext_ack *extack)
{
	struct kelp_route_spec route = {
		.prefix = spec->prefix,
		.host = spec->host,
		.replace = spec->replace,
	};
	struct kelp_http *http = kelp_http_lock(kn, extack);
	int err;

	if (IS_ERR(http))
		return PTR_ERR(http);
	route.site = kelp_site_create(http, spec, extack);
	if (IS_ERR(route.site)) {
		err = PTR_ERR(route.site);
		goto out_unlock;
	}
	err = kelp_route_add(http, &route, extack);
	if (err)
		kelp_site_put(route.site);
out_unlock:
	kelp_http_unlock(kn);
	return err;
}

static int route_del(struct kelp_net *kn, const char *prefix, const char *host,
		     bool site, struct netlink_ext_ack *extack)
{
	struct kelp_http *http = kelp_http_lock(kn, extack);
	int err;

	if (IS_ERR(http))
		return PTR_ERR(http);
	err = kelp_route_del(http, prefix, host, site, extack);
	kelp_http_unlock(kn);
	return err;
}

/**
 * kelp_http_route_del() - remove a handler's route
 * @kn: the server
 * @prefix: its prefix
 * @host: its host; "" or NULL for any
 * @extack: explains a refusal
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, or -EINVAL, -ENOENT, -ENOMEM, -ESHUTDOWN.
 */
int kelp_http_route_del(struct kelp_net *kn, const char *prefix,
			const char *host, struct netlink_ext_ack *extack)
{
	return route_del(kn, prefix, host, false, extack);
}

/**
 * kelp_http_site_del() - remove a site
 * @kn: the server
 * @prefix: its prefix
 * @host: its host; "" or NULL for any
 * @extack: explains a refusal
 *
 * Answers that are under way are finished; the directory is released when the
 * last one is, so unmounting its file system may find it busy for a moment.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, or -EINVAL, -ENOENT, -ENOMEM, -ESHUTDOWN.
 */
int kelp_http_site_del(struct kelp_net *kn, const char *prefix,
		       const char *host, struct netlink_ext_ack *extack)
{
	return route_del(kn, prefix, host, true, extack);
}

/* As routes show their prefix: the root's is kept as nothing. */
static const char *shown_prefix(const struct kelp_route *route)
{
	return route->prefix_len ? route->prefix : "/";
}

/**
 * kelp_http_route_walk() - look at the handlers' routes
 * @kn: the server
 * @cursor: where to begin, then where to go on; 0 at first
 * @fn: called for each under kelp_net.lock; non-zero stops the walk
 * @arg: passed to @fn
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0 at the end, -ESHUTDOWN, or what @fn returned.
 */
int kelp_http_route_walk(struct kelp_net *kn, u32 *cursor,
			 int (*fn)(const struct kelp_route_info *, void *),
			 void *arg)
{
	struct kelp_http *http = kelp_http_lock(kn, NULL);
	struct kelp_route_info info;
	struct kelp_route *route;
	unsigned long id;
	int ret = 0;

	if (IS_ERR(http))
		return PTR_ERR(http);
	xa_for_each_start(&http->routes.ids, id, route, *cursor) {
		*cursor = id;
		if (!route->site) {
			info.id = id;
			info.prefix = shown_prefix(route);
			info.host = route->host;
			info.handler = route->mount->handler->name;
			info.args = route->mount->args;
			info.args_len = route->mount->args_len;
			ret = fn(&info, arg);
			if (ret)
				break;
		}
		*cursor = id + 1;
	}
	kelp_http_unlock(kn);
	return ret;
}

static void site_info(struct kelp_site_info *info,
		      const struct kelp_route *route)
{
	struct kelp_site *site = route->site;
	struct kelp_cache *cache = &site->http->cache;

	info->id = route->id;
	info->prefix = shown_prefix(route);
	info->host = route->host;
	info->dir = site->name;
	info->flags = site->flags;
	info->options = site->options->items;
	info->nr_options = site->options->nr;
	mutex_lock(&cache->lock);
	info->cached_objects = site->cached_objects;
	info->cached_bytes = site->cached_bytes;
	mutex_unlock(&cache->lock);
}

/**
 * kelp_http_site_walk() - look at the sites
 * @kn: the server
 * @cursor: where to begin, then where to go on; 0 at first
 * @fn: called for each under kelp_net.lock; non-zero stops the walk
 * @arg: passed to @fn
 *
 * Context: process, sleeps; takes kelp_net.lock, and kelp_cache.lock inside.
 * Return: 0 at the end, -ESHUTDOWN, or what @fn returned.
 */
int kelp_http_site_walk(struct kelp_net *kn, u32 *cursor,
			int (*fn)(const struct kelp_site_info *, void *),
			void *arg)
{
	struct kelp_http *http = kelp_http_lock(kn, NULL);
	struct kelp_site_info info;
	struct kelp_route *route;
	unsigned long id;
	int ret = 0;

	if (IS_ERR(http))
		return PTR_ERR(http);
	xa_for_each_start(&http->routes.ids, id, route, *cursor) {
		*cursor = id;
		if (route->site) {
			site_info(&info, route);
			ret = fn(&info, arg);
			if (ret)
				break;
		}
		*cursor = id + 1;
	}
	kelp_http_unlock(kn);
	return ret;
}
