// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about sites, a directory that is served below a prefix. Process
 * context.
 */
#include "ctl/ctl.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "http/config.h"
#include "http/files/option.h"

/* An option's attribute; 0 for none. */
static enum kelp_attr kelp_ctl_option_attr(enum kelp_option_kind kind)
{
	switch (kind) {
	case KELP_OPTION_CACHE_CONTROL:
		return KELP_A_CACHE_CONTROL;
	case KELP_OPTION_HEADER:
		return KELP_A_HEADER;
	case KELP_OPTION_INDEX:
		return KELP_A_INDEX;
	case KELP_OPTION_ERROR:
		return KELP_A_ERROR_PAGE;
	case KELP_OPTION_MIME:
		return KELP_A_MIME;
	}
	return KELP_A_UNSPEC;
}

static enum kelp_option_kind kelp_ctl_option_kind(int attr)
{
	enum kelp_option_kind kind = KELP_OPTION_CACHE_CONTROL;

	/* The policy lets no other attribute pass. */
	while (kind < KELP_OPTION_MIME && kelp_ctl_option_attr(kind) != attr)
		kind++;
	return kind;
}

/*
 * The options of a request: they point into it. Return: an array to be freed,
 * NULL for none, or an ERR_PTR.
 */
static struct kelp_option *kelp_ctl_options(struct genl_info *info,
					    unsigned int *nr)
{
	struct nlattr *nest = info->attrs[KELP_A_OPTIONS];
	struct kelp_option *options;
	unsigned int count = 0;
	struct nlattr *attr;
	int rem;

	*nr = 0;
	if (!nest)
		return NULL;
	if (nla_len(nest) > KELP_OPTIONS_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "the options of a site are too long");
		return ERR_PTR(-EINVAL);
	}
	nla_for_each_nested(attr, nest, rem)
		count++;
	options = kcalloc(count, sizeof(*options), GFP_KERNEL);
	if (!options)
		return ERR_PTR(-ENOMEM);
	nla_for_each_nested(attr, nest, rem) {
		options[*nr].kind = kelp_ctl_option_kind(nla_type(attr));
		options[*nr].text = nla_data(attr);
		*nr += 1;
	}
	return options;
}

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
	struct kelp_site_spec spec = {
		.replace = nla_get_flag(info->attrs[KELP_A_REPLACE]),
	};
	struct kelp_option *options;
	int err;

	BUILD_BUG_ON(KELP_SITE_FLAG_DOTFILES != KELP_SITE_DOTFILES);
	BUILD_BUG_ON(KELP_SITE_FLAG_NO_VARIANTS != KELP_SITE_NO_VARIANTS);
	BUILD_BUG_ON(KELP_SITE_FLAG_LISTING != KELP_SITE_LISTING);
	if (!prefix || !name || !info->attrs[KELP_A_FD]) {
		GENL_SET_ERR_MSG(info, "a prefix, an open directory and its name are needed");
		return -EINVAL;
	}
	spec.prefix = nla_data(prefix);
	spec.host = host ? nla_data(host) : "";
	spec.name = nla_data(name);
	spec.flags = flags ? nla_get_u32(flags) : 0;
	options = kelp_ctl_options(info, &spec.nr_options);
	if (IS_ERR(options))
		return PTR_ERR(options);
	spec.options = options;
	spec.dir = kelp_ctl_site_dir(info);
	if (IS_ERR(spec.dir)) {
		err = PTR_ERR(spec.dir);
		goto out_free;
	}
	err = kelp_http_site_add(kelp_ctl_net(info), &spec, info->extack);
	fput(spec.dir);
out_free:
	kfree(options);
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

static int kelp_ctl_put_options(struct sk_buff *skb,
				const struct kelp_site_info *site)
{
	struct nlattr *nest;
	unsigned int i;

	if (!site->nr_options)
		return 0;
	nest = nla_nest_start(skb, KELP_A_OPTIONS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < site->nr_options; i++)
		if (nla_put_string(skb,
				   kelp_ctl_option_attr(site->options[i].kind),
				   site->options[i].text))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
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
	      kelp_ctl_put_options(skb, site) ?:
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
