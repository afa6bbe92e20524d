// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about objects, what is served at exactly one path. Process context.
 */
#include "ctl/ctl.h"

#include <linux/file.h>
#include <linux/fs.h>

#include "http/config.h"

/* A file that can be copied, or an ERR_PTR; the caller's reference. */
static struct file *kelp_ctl_object_file(struct genl_info *info)
{
	struct nlattr *fd = info->attrs[KELP_A_FD];
	struct file *file;

	if (!fd) {
		GENL_SET_ERR_MSG(info, "a file descriptor is needed");
		return ERR_PTR(-EINVAL);
	}
	file = fget(nla_get_u32(fd));
	if (!file || !(file->f_mode & FMODE_READ)) {
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "this descriptor is not open for reading");
		if (file)
			fput(file);
		return ERR_PTR(-EBADF);
	}
	if (!S_ISREG(file_inode(file)->i_mode)) {
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "only a regular file can become an object");
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	return file;
}

/**
 * kelp_ctl_object_put() - KELP_CMD_OBJECT_PUT
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_object_put(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *path = info->attrs[KELP_A_PATH];
	struct nlattr *type = info->attrs[KELP_A_TYPE];
	struct file *file;
	int err;

	if (!path) {
		GENL_SET_ERR_MSG(info, "a path is needed");
		return -EINVAL;
	}
	file = kelp_ctl_object_file(info);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = kelp_http_object_put(kelp_ctl_net(info), nla_data(path),
				   type ? nla_data(type) : NULL, file,
				   info->extack);
	fput(file);
	return err;
}

/**
 * kelp_ctl_object_del() - KELP_CMD_OBJECT_DEL
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_object_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *path = info->attrs[KELP_A_PATH];

	if (!path) {
		GENL_SET_ERR_MSG(info, "a path is needed");
		return -EINVAL;
	}
	return kelp_http_object_del(kelp_ctl_net(info), nla_data(path),
				    info->extack);
}

static int kelp_ctl_object_entry(const struct kelp_object_info *object,
				 void *skb)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int err;

	err = nla_put_u32(skb, KELP_A_ID, object->id) ?:
	      nla_put_string(skb, KELP_A_PATH, object->path) ?:
	      (object->type ?
	       nla_put_string(skb, KELP_A_TYPE, object->type) : 0) ?:
	      kelp_ctl_put_u64(skb, KELP_A_SIZE, object->size);
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_object_fill(struct kelp_net *kn, struct sk_buff *skb,
				u32 *cursor)
{
	return kelp_http_object_walk(kn, cursor, kelp_ctl_object_entry, skb);
}

/**
 * kelp_ctl_object_get() - KELP_CMD_OBJECT_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_object_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_object_fill);
}
