// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about sites, a directory that is served below a prefix. Process
 * context.
 */
#include "ctl/ctl.h"

#include <linux/file.h>
#include <linux/fs.h>

#include "http/config.h"

/* The directory that the sender opened, or an ERR_PTR; caller's reference. */
static struct file *kelp_ctl_site_dir(struct genl_info *info)
{
	struct nlattr *fd = info->attrs[KELP_A_FD];
	struct file *dir;

	dir = fget_raw(nla_get_u32(fd));
	if (!dir) {
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "this descriptor is not open");
		return ERR_PTR(-EBADF);
	}
	if (!S_ISDIR(file_inode(dir)->i_mode)) {
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "a site is a directory; to serve one file use an object");
		fput(dir);
		return ERR_PTR(-ENOTDIR);
	}
	return dir;
}

/**
 * kelp_ctl_site_add() - KELP_CMD_SITE_ADD
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_site_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *prefix = info->attrs[KELP_A_PREFIX];
	struct nlattr *host = info->attrs[KELP_A_HOST];
	struct nlattr *flags = info->attrs[KELP_A_FLAGS];
	struct nlattr *name = info->attrs[KELP_A_DIR];
	struct file *dir;
	int err;

	BUILD_BUG_ON(KELP_SITE_FLAG_DOTFILES != KELP_SITE_DOTFILES);
	BUILD_BUG_ON(KELP_SITE_FLAG_NO_VARIANTS != KELP_SITE_NO_VARIANTS);
	if (!prefix || !name || !info->attrs[KELP_A_FD]) {
		GENL_SET_ERR_MSG(info, "a prefix, an open directory and its name are needed");
		return -EINVAL;
	}
	dir = kelp_ctl_site_dir(info);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	err = kelp_http_site_add(kelp_ctl_net(info), nla_data(prefix),
				 host ? nla_data(host) : "", dir,
				 nla_data(name), flags ? nla_get_u32(flags) : 0,
				 info->extack);
	fput(dir);
	return err;
}

/**
 * kelp_ctl_site_del() - KELP_CMD_SITE_DEL
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_site_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *prefix = info->attrs[KELP_A_PREFIX];
	struct nlattr *host = info->attrs[KELP_A_HOST];

	if (!prefix) {
		GENL_SET_ERR_MSG(info, "a prefix is needed");
		return -EINVAL;
	}
	return kelp_http_site_del(kelp_ctl_net(info), nla_data(prefix),
				  host ? nla_data(host) : "", info->extack);
}

static int kelp_ctl_site_entry(const struct kelp_site_info *site, void *skb)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int err;

	err = nla_put_u32(skb, KELP_A_ID, site->id) ?:
	      nla_put_string(skb, KELP_A_PREFIX, site->prefix) ?:
	      nla_put_string(skb, KELP_A_HOST, site->host) ?:
	      nla_put_string(skb, KELP_A_DIR, site->dir) ?:
	      nla_put_u32(skb, KELP_A_FLAGS, site->flags) ?:
	      kelp_ctl_put_u64(skb, KELP_A_CACHED_OBJECTS,
			       site->cached_objects) ?:
	      kelp_ctl_put_u64(skb, KELP_A_CACHED_BYTES, site->cached_bytes);
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_site_fill(struct kelp_net *kn, struct sk_buff *skb,
			      u32 *cursor)
{
	return kelp_http_site_walk(kn, cursor, kelp_ctl_site_entry, skb);
}

/**
 * kelp_ctl_site_get() - KELP_CMD_SITE_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_site_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_site_fill);
}
