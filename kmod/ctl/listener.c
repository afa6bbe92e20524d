// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about listeners. Process context.
 */
#include "ctl/ctl.h"

#include <linux/capability.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <net/addrconf.h>
#include <net/ip.h>

#include "ctl/event.h"
#include "net/gate.h"
#include "net/listener.h"
#include "net/net.h"

/* bind() takes these addresses for TCP too, but nobody can connect to them. */
static bool kelp_ctl_addr_is_group(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	if (addr->ss_family == AF_INET)
		return ipv4_is_multicast(in->sin_addr.s_addr) ||
		       ipv4_is_lbcast(in->sin_addr.s_addr);
	return ipv6_addr_is_multicast(&in6->sin6_addr);
}

/* The socket is the module's own, so bind() would let every port pass. */
static bool kelp_ctl_may_bind(struct sk_buff *skb, struct net *net,
			      const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *in = (const void *)addr;

	BUILD_BUG_ON(offsetof(struct sockaddr_in, sin_port) !=
		     offsetof(struct sockaddr_in6, sin6_port));
	return !inet_port_requires_bind_service(net, ntohs(in->sin_port)) ||
	       netlink_ns_capable(skb, net->user_ns, CAP_NET_BIND_SERVICE);
}

static bool kelp_ctl_rule_read(const struct kelp_rule *from,
			       struct kelp_gate_rule *rule)
{
	rule->action = from->action;
	rule->prefix.family = from->family;
	rule->prefix.len = from->prefix_len;
	memcpy(rule->prefix.ip, from->addr, sizeof(rule->prefix.ip));
	return from->action <= KELP_RULE_TRUST && !from->zero &&
	       kelp_prefix_valid(&rule->prefix);
}

static bool kelp_ctl_addr_is_loopback(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	if (addr->ss_family == AF_INET)
		return ipv4_is_loopback(in->sin_addr.s_addr);
	return ipv6_addr_loopback(&in6->sin6_addr);
}

/* "all", "none", or names: what a service may be called by. */
static bool kelp_ctl_services_valid(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '/' ||
		    (*p == ',' && (p == text || p[1] == ',' || !p[1])))
			return false;
	return p != text;
}

/* Flags, rules and services of a command; the caller hands them on. */
static struct kelp_gate_rules *
kelp_ctl_rules(struct genl_info *info, const struct sockaddr_storage *addr)
{
	const struct nlattr *named = info->attrs[KELP_A_SERVICES];
	const struct nlattr *secret = info->attrs[KELP_A_SECRET];
	const char *services;
	const struct nlattr *flags = info->attrs[KELP_A_FLAGS];
	struct nlattr *list = info->attrs[KELP_A_RULES];
	unsigned int len = list ? nla_len(list) : 0, i;
	struct kelp_gate_rules *rules;
	struct kelp_rule from;

	BUILD_BUG_ON((int)KELP_RULE_ALLOW != (int)KELP_GATE_ALLOW);
	BUILD_BUG_ON((int)KELP_RULE_DENY != (int)KELP_GATE_DENY);
	BUILD_BUG_ON((int)KELP_RULE_TRUST != (int)KELP_GATE_TRUST);
	BUILD_BUG_ON(sizeof(struct kelp_rule) != 20);
	if (len % sizeof(from)) {
		NL_SET_ERR_MSG_ATTR(info->extack, list,
				    "rules have a fixed size");
		return ERR_PTR(-EINVAL);
	}
	services = kelp_ctl_addr_is_loopback(addr) ? "all" : "none";
	if (named)
		services = nla_data(named);
	if (!kelp_ctl_services_valid(services)) {
		NL_SET_ERR_MSG_ATTR(info->extack, named,
				    "services are names with commas between them, all, or none");
		return ERR_PTR(-EINVAL);
	}
	rules = kelp_gate_rules_create(len / sizeof(from), strlen(services),
				       secret ? nla_len(secret) : 0);
	if (!rules)
		return ERR_PTR(-ENOMEM);
	memcpy(kelp_gate_services(rules), services, rules->services_len);
	if (secret)
		memcpy(kelp_gate_secret(rules), nla_data(secret),
		       rules->secret_len);
	if (flags && nla_get_u32(flags) & KELP_LISTENER_FLAG_PROXY)
		rules->proxy = true;
	for (i = 0; i < rules->nr; i++) {
		memcpy(&from, nla_data(list) + i * sizeof(from), sizeof(from));
		if (kelp_ctl_rule_read(&from, &rules->rule[i]))
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, list,
				    "a rule is not an action and a prefix");
		kfree(rules);
		return ERR_PTR(-EINVAL);
	}
	return rules;
}

static void kelp_ctl_listener_options(const struct genl_info *info,
				      struct kelp_listener_options *options)
{
	const struct nlattr *defer = info->attrs[KELP_A_DEFER_ACCEPT];
	const struct nlattr *fastopen = info->attrs[KELP_A_FASTOPEN];
	const struct nlattr *flags = info->attrs[KELP_A_FLAGS];

	options->per_cpu = flags &&
			   nla_get_u32(flags) & KELP_LISTENER_FLAG_PER_CPU;
	options->defer_s = defer ? nla_get_u32(defer) : 0;
	options->fastopen = fastopen ? nla_get_u32(fastopen) : 0;
}

/**
 * kelp_ctl_listener_add() - KELP_CMD_LISTENER_ADD
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_listener_add(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);
	struct kelp_listener_options options;
	struct kelp_gate_rules *rules;
	struct sockaddr_storage addr;
	int err;

	err = kelp_ctl_get_addr(info, &addr);
	if (err)
		return err;
	if (kelp_ctl_addr_is_group(&addr)) {
		GENL_SET_ERR_MSG(info, "nobody can connect to a multicast or broadcast address");
		return -EADDRNOTAVAIL;
	}
	if (!kelp_ctl_may_bind(skb, genl_info_net(info), &addr)) {
		GENL_SET_ERR_MSG(info, "a port this low needs CAP_NET_BIND_SERVICE");
		return -EACCES;
	}

	rules = kelp_ctl_rules(info, &addr);
	if (IS_ERR(rules))
		return PTR_ERR(rules);

	kelp_ctl_listener_options(info, &options);
	err = kelp_listener_add(kn, &addr, &options, rules, info->extack);
	if (!err)
		kelp_event_listener(kn, KELP_EVENT_LISTENER_ADDED, &addr, 0);
	return err;
}

/**
 * kelp_ctl_listener_set() - KELP_CMD_LISTENER_SET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_listener_set(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_listener_options options;
	struct kelp_gate_rules *rules;
	struct sockaddr_storage addr;
	int err;

	kelp_ctl_listener_options(info, &options);
	if (options.per_cpu || options.defer_s || options.fastopen) {
		GENL_SET_ERR_MSG(info, "said of a listener when it is added: del and add it");
		return -EINVAL;
	}
	err = kelp_ctl_get_addr(info, &addr);
	if (err)
		return err;
	rules = kelp_ctl_rules(info, &addr);
	if (IS_ERR(rules))
		return PTR_ERR(rules);
	return kelp_listener_set(kelp_ctl_net(info), &addr, rules,
				 info->extack);
}

/**
 * kelp_ctl_listener_del() - KELP_CMD_LISTENER_DEL
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_listener_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);
	struct sockaddr_storage addr;
	int err;

	err = kelp_ctl_get_addr(info, &addr);
	if (err)
		return err;
	err = kelp_listener_del(kn, &addr, info->extack);
	if (!err)
		kelp_event_listener(kn, KELP_EVENT_LISTENER_DELETED, &addr, 0);
	return err;
}

static int kelp_ctl_put_services(struct sk_buff *skb,
				 const struct kelp_gate_rules *rules)
{
	size_t len = rules->services_len;
	struct nlattr *attr = nla_reserve(skb, KELP_A_SERVICES, len + 1);

	if (!attr)
		return -EMSGSIZE;
	memcpy(nla_data(attr), kelp_gate_services(rules), len);
	((char *)nla_data(attr))[len] = '\0';
	return 0;
}

/* kelp_net.lock is held: nobody replaces the rules. */
static int kelp_ctl_put_rules(struct sk_buff *skb,
			      const struct kelp_listener *listener)
{
	const struct kelp_gate_rules *rules =
		rcu_dereference_protected(listener->gate->rules,
					  lockdep_is_held(&listener->kn->lock));
	struct kelp_rule *to;
	struct nlattr *list;
	unsigned int i;

	if (nla_put_u32(skb, KELP_A_FLAGS,
			(rules->proxy ? KELP_LISTENER_FLAG_PROXY : 0) |
			(rules->secret_len ? KELP_LISTENER_FLAG_SECRET : 0) |
			(listener->options.per_cpu ?
			 KELP_LISTENER_FLAG_PER_CPU : 0)) ||
	    kelp_ctl_put_services(skb, rules))
		return -EMSGSIZE;
	if (!rules->nr)
		return 0;
	list = nla_reserve(skb, KELP_A_RULES, rules->nr * sizeof(*to));
	if (!list)
		return -EMSGSIZE;
	to = nla_data(list);
	for (i = 0; i < rules->nr; i++, to++) {
		to->action = rules->rule[i].action;
		to->family = rules->rule[i].prefix.family;
		to->prefix_len = rules->rule[i].prefix.len;
		to->zero = 0;
		memcpy(to->addr, rules->rule[i].prefix.ip, sizeof(to->addr));
	}
	return 0;
}

static int kelp_ctl_listener_entry(struct sk_buff *skb,
				   const struct kelp_listener *listener)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	const struct kelp_listener_options *options = &listener->options;
	int error = kelp_listener_error(listener);
	int err;

	err = nla_put_u32(skb, KELP_A_ID, listener->id) ?:
	      kelp_ctl_put_addr(skb, (const void *)&listener->addr,
				KELP_A_ADDR) ?:
	      kelp_ctl_put_u64(skb, KELP_A_ACCEPTED,
			       kelp_listener_accepted(listener)) ?:
	      kelp_ctl_put_rules(skb, listener) ?:
	      (options->defer_s ? nla_put_u32(skb, KELP_A_DEFER_ACCEPT,
					      options->defer_s) : 0) ?:
	      (options->fastopen ? nla_put_u32(skb, KELP_A_FASTOPEN,
					       options->fastopen) : 0) ?:
	      (error ? nla_put_u32(skb, KELP_A_ERROR, -error) : 0);
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_listener_fill(struct kelp_net *kn, struct sk_buff *skb,
				  u32 *cursor)
{
	struct kelp_listener *listener;
	unsigned long id;
	int err = 0;

	mutex_lock(&kn->lock);
	xa_for_each_start(&kn->listeners, id, listener, *cursor) {
		err = kelp_ctl_listener_entry(skb, listener);
		if (err) {
			*cursor = id;
			break;
		}
	}
	mutex_unlock(&kn->lock);
	return err;
}

/**
 * kelp_ctl_listener_get() - KELP_CMD_LISTENER_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_listener_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_listener_fill);
}
