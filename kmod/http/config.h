/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuring HTTP: what the control plane may ask of this layer. Every
 * function runs in process context, may sleep, takes kelp_net.lock itself,
 * changes everything or nothing, and explains a refusal in @extack.
 *
 * A walk calls @fn for each entry whose id is at least *@cursor, in the order
 * of ids; *@cursor then is the id to go on with. When @fn returns non-zero the
 * walk stops, leaves *@cursor at that entry, and returns that value. The info
 * is valid during the call only.
 */
#ifndef KELP_HTTP_CONFIG_H
#define KELP_HTTP_CONFIG_H

#include <linux/bits.h>
#include <linux/types.h>

struct file;
struct kelp_net;
struct kelp_option;
struct netlink_ext_ack;

#define KELP_SITE_DOTFILES BIT(0)	/* serve names that begin with a dot */
#define KELP_SITE_NO_VARIANTS BIT(1)	/* never foo.gz in place of foo */
#define KELP_SITE_LISTING BIT(2)	/* list directories without an index */
#define KELP_SITE_FLAGS							\
	(KELP_SITE_DOTFILES | KELP_SITE_NO_VARIANTS | KELP_SITE_LISTING)

/**
 * struct kelp_object_info - an object that was put
 * @id: its place in a walk; stays while the object is there
 * @path: the path at which it is answered
 * @type: its Content-Type
 * @size: bytes of its body
 */
struct kelp_object_info {
	u32 id;
	const char *path;
	const char *type;
	u64 size;
};

/**
 * struct kelp_site_spec - a site to be made
 * @prefix: the prefix, which stands for the directory
 * @host: for requests to this host only; "" or NULL for any
 * @dir: the directory, opened in whatever way (O_PATH will do)
 * @name: how the caller names it, for listings
 * @flags: KELP_SITE_*
 * @replace: take the place of the site that has this prefix and host, if any
 * @options: its options
 * @nr_options: how many there are
 *
 * The caller's; all that is kept is copied.
 */
struct kelp_site_spec {
	const char *prefix;
	const char *host;
	struct file *dir;
	const char *name;
	u32 flags;
	bool replace;
	const struct kelp_option *options;
	unsigned int nr_options;
};

/**
 * struct kelp_site_info - a site
 * @id: its place in a walk; stays while the site is there
 * @prefix: without a trailing slash, unless it is "/"
 * @host: "" for any
 * @dir: as the adder named it
 * @flags: KELP_SITE_*
 * @options: its options, in the order in which they were given
 * @nr_options: how many there are
 * @cached_objects: files of this site in the cache
 * @cached_bytes: bytes of their bodies
 */
struct kelp_site_info {
	u32 id;
	const char *prefix;
	const char *host;
	const char *dir;
	u32 flags;
	const struct kelp_option *options;
	unsigned int nr_options;
	u64 cached_objects;
	u64 cached_bytes;
};

/**
 * struct kelp_route_info - a handler's route
 * @id: its place in a walk; stays while the route is there
 * @prefix: without a trailing slash, unless it is "/"
 * @host: "" for any
 * @handler: the handler's name
 * @args: its arguments as they were given, each NUL terminated
 * @args_len: bytes of @args
 */
struct kelp_route_info {
	u32 id;
	const char *prefix;
	const char *host;
	const char *handler;
	const char *args;
	size_t args_len;
};

int kelp_http_object_put(struct kelp_net *kn, const char *path,
			 const char *type, struct file *file,
			 struct netlink_ext_ack *extack);
int kelp_http_object_del(struct kelp_net *kn, const char *path,
			 struct netlink_ext_ack *extack);
int kelp_http_object_walk(struct kelp_net *kn, u32 *cursor,
			  int (*fn)(const struct kelp_object_info *, void *),
			  void *arg);

int kelp_http_site_add(struct kelp_net *kn, const struct kelp_site_spec *spec,
		       struct netlink_ext_ack *extack);
int kelp_http_site_del(struct kelp_net *kn, const char *prefix,
		       const char *host, struct netlink_ext_ack *extack);
int kelp_http_site_walk(struct kelp_net *kn, u32 *cursor,
			int (*fn)(const struct kelp_site_info *, void *),
			void *arg);

int kelp_http_route_add(struct kelp_net *kn, const char *prefix,
			const char *host, const char *handler,
			const char *const *args, unsigned int nr_args,
			struct netlink_ext_ack *extack);
int kelp_http_route_del(struct kelp_net *kn, const char *prefix,
			const char *host, struct netlink_ext_ack *extack);
int kelp_http_route_walk(struct kelp_net *kn, u32 *cursor,
			 int (*fn)(const struct kelp_route_info *, void *),
			 void *arg);

#endif
