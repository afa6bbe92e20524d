// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: which commands there are, what each may be
 * given, who may send it. Process context. What a command does is in the file
 * of its object; the interface is described in include/uapi/linux/kelp.h.
 *
 * There is no MODULE_ALIAS for the family: looking a family up is open to
 * everybody and must not load a server.
 */
#include "ctl/netlink.h"

#include <linux/module.h>
#include <linux/user_namespace.h>

#include "compat/genl.h"
#include "ctl/ctl.h"
#include "ctl/event.h"
#include "net/listener.h"
#include "net/net.h"

#define STRING(max) { .type = NLA_NUL_STRING, .len = (max) }

/*
 * One table per kind of request, all of full length, so that a command may look
 * for any attribute. Those that its table does not name are refused: nothing
 * is exempted from strict validation.
 */
static const struct nla_policy kelp_no_policy[KELP_ATTR_MAX + 1] = {};

static const struct nla_policy kelp_list_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_NEXT] = { .type = NLA_U32 },
};

static const struct nla_policy kelp_listener_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[KELP_A_PORT] = { .type = NLA_U16 },
	[KELP_A_SCOPE] = { .type = NLA_U32 },
};

static const struct nla_policy kelp_listener_add_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[KELP_A_PORT] = { .type = NLA_U16 },
	[KELP_A_SCOPE] = { .type = NLA_U32 },
	[KELP_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, KELP_LISTENER_FLAG_ALL),
	[KELP_A_RULES] = {
		.type = NLA_BINARY,
		.len = KELP_RULES_MAX * sizeof(struct kelp_rule),
	},
	[KELP_A_SERVICES] = STRING(KELP_SERVICES_MAX),
	[KELP_A_SECRET] = NLA_POLICY_RANGE(NLA_BINARY, 1, KELP_SECRET_MAX),
	[KELP_A_DEFER_ACCEPT] = NLA_POLICY_RANGE(NLA_U32, 1,
						 KELP_DEFER_ACCEPT_MAX),
	[KELP_A_FASTOPEN] = NLA_POLICY_RANGE(NLA_U32, 1, KELP_FASTOPEN_MAX),
};

static const struct nla_policy kelp_object_put_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_PATH] = STRING(KELP_PATH_MAX),
	[KELP_A_FD] = { .type = NLA_U32 },
	[KELP_A_TYPE] = STRING(KELP_TYPE_MAX),
};

static const struct nla_policy kelp_object_del_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_PATH] = STRING(KELP_PATH_MAX),
};

static const struct nla_policy kelp_options_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_CACHE_CONTROL] = STRING(KELP_OPTION_MAX),
	[KELP_A_HEADER] = STRING(KELP_OPTION_MAX),
	[KELP_A_INDEX] = STRING(KELP_OPTION_MAX),
	[KELP_A_ERROR_PAGE] = STRING(KELP_OPTION_MAX),
	[KELP_A_MIME] = STRING(KELP_OPTION_MAX),
};

static const struct nla_policy kelp_site_add_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_FD] = { .type = NLA_U32 },
	[KELP_A_PREFIX] = STRING(KELP_PATH_MAX),
	[KELP_A_HOST] = STRING(KELP_HOST_MAX),
	[KELP_A_DIR] = STRING(KELP_DIR_MAX),
	[KELP_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, KELP_SITE_FLAG_ALL),
	[KELP_A_OPTIONS] = NLA_POLICY_NESTED(kelp_options_policy),
	[KELP_A_REPLACE] = { .type = NLA_FLAG },
};

static const struct nla_policy kelp_args_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_ARG] = STRING(KELP_ARG_MAX),
};

static const struct nla_policy kelp_route_add_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_PREFIX] = STRING(KELP_PATH_MAX),
	[KELP_A_HOST] = STRING(KELP_HOST_MAX),
	[KELP_A_HANDLER] = STRING(KELP_NAME_MAX),
	[KELP_A_ARGS] = NLA_POLICY_NESTED(kelp_args_policy),
};

static const struct nla_policy kelp_prefix_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_PREFIX] = STRING(KELP_PATH_MAX),
	[KELP_A_HOST] = STRING(KELP_HOST_MAX),
};

static const struct nla_policy kelp_limits_set_policy[KELP_ATTR_MAX + 1] = {
	[KELP_A_NAME] = STRING(KELP_NAME_MAX),
	[KELP_A_VALUE] = { .type = NLA_U64 },
};

#define OP(command, function, table) {			\
	.cmd = KELP_CMD_##command,			\
	.flags = GENL_UNS_ADMIN_PERM,			\
	.policy = kelp_##table##_policy,		\
	.maxattr = KELP_ATTR_MAX,			\
	.doit = kelp_ctl_##function,			\
}

static const struct genl_ops kelp_ops[] = {
	OP(STATUS_GET, status_get, no),
	OP(DRAIN, drain, no),
	OP(LISTENER_ADD, listener_add, listener_add),
	OP(LISTENER_SET, listener_set, listener_add),
	OP(LISTENER_DEL, listener_del, listener),
	OP(LISTENER_GET, listener_get, list),
	OP(OBJECT_PUT, object_put, object_put),
	OP(OBJECT_DEL, object_del, object_del),
	OP(OBJECT_GET, object_get, list),
	OP(SITE_ADD, site_add, site_add),
	OP(SITE_DEL, site_del, prefix),
	OP(SITE_GET, site_get, list),
	OP(ROUTE_ADD, route_add, route_add),
	OP(ROUTE_DEL, route_del, prefix),
	OP(ROUTE_GET, route_get, list),
	OP(CONN_GET, conn_get, list),
	OP(STATS_GET, stats_get, list),
	OP(LIMITS_GET, limits_get, list),
	OP(LIMITS_SET, limits_set, limits_set),
};

static const struct genl_multicast_group kelp_mcgrps[] = {
	[KELP_MCGRP_EVENTS_ID] = {
		.name = KELP_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

/* The generation before the command, so that post_doit sees a change. */
static void kelp_ctl_remember(struct genl_info *info, u32 generation)
{
	info->user_ptr[1] = (void *)(unsigned long)generation;
}

static u32 kelp_ctl_remembered(struct genl_info *info)
{
	return (unsigned long)info->user_ptr[1];
}

static int kelp_ctl_pre_doit(const struct kelp_genl_ops *ops,
			     struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct kelp_net *kn;

	/*
	 * CAP_NET_ADMIN in net->user_ns was checked by generic netlink. Anybody
	 * has that in a user namespace of their own.
	 */
	if (net->user_ns != &init_user_ns && !kelp_allow_userns) {
		GENL_SET_ERR_MSG(info,
				 "not in this user namespace: kelp was loaded without userns=1");
		return -EPERM;
	}

	kn = kelp_net_of(net);
	if (!kn) {
		GENL_SET_ERR_MSG(info, "this network namespace is being deleted");
		return -ENODEV;
	}
	info->user_ptr[0] = kn;
	kelp_ctl_remember(info, READ_ONCE(kn->generation));
	return 0;
}

static void kelp_ctl_post_doit(const struct kelp_genl_ops *ops,
			       struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);

	if (READ_ONCE(kn->generation) != kelp_ctl_remembered(info))
		kelp_event_send(kn, KELP_EVENT_CONFIG);
	kelp_net_put(kn);
}

struct genl_family kelp_genl_family __ro_after_init = {
	.name = KELP_GENL_NAME,
	.version = KELP_GENL_VERSION,
	.maxattr = KELP_ATTR_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.pre_doit = kelp_ctl_pre_doit,
	.post_doit = kelp_ctl_post_doit,
	.ops = kelp_ops,
	.n_ops = ARRAY_SIZE(kelp_ops),
	.mcgrps = kelp_mcgrps,
	.n_mcgrps = ARRAY_SIZE(kelp_mcgrps),
	.module = THIS_MODULE,
};

static void kelp_ctl_listener_failed(struct kelp_listener *listener, int error)
{
	kelp_event_listener(listener->kn, KELP_EVENT_LISTENER_FAILED,
			    &listener->addr, error);
}

static const struct kelp_listener_watch kelp_ctl_watch = {
	.failed = kelp_ctl_listener_failed,
};

/**
 * kelp_ctl_init() - open the control plane
 *
 * The last step of loading: commands come in at once.
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int __init kelp_ctl_init(void)
{
	int err = genl_register_family(&kelp_genl_family);

	if (!err)
		kelp_listener_watch(&kelp_ctl_watch);
	return err;
}

/**
 * kelp_ctl_exit() - close the control plane
 *
 * The first step of unloading. Commands in progress are waited for; none
 * follows. Nobody may call kelp_event_*() any more.
 *
 * Context: process, may sleep.
 */
void kelp_ctl_exit(void)
{
	kelp_listener_watch(NULL);
	genl_unregister_family(&kelp_genl_family);
}
