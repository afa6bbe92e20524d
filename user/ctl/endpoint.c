// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses in messages.
 */
#include "endpoint.h"

#include <arpa/inet.h>
#include <string.h>

#include "print.h"

void endpoint_put(struct nlmsghdr *nlh, const struct addr *addr)
{
	if (addr->family == AF_INET)
		mnl_attr_put(nlh, KELP_A_ADDR, sizeof(addr->in), &addr->in);
	else
		mnl_attr_put(nlh, KELP_A_ADDR, sizeof(addr->in6), &addr->in6);
	mnl_attr_put_u16(nlh, KELP_A_PORT, htons(addr->port));
	if (addr->scope)
		mnl_attr_put_u32(nlh, KELP_A_SCOPE, addr->scope);
}

void endpoint_get(const struct nlattr *const *attrs, enum kelp_attr first,
		  struct addr *addr)
{
	const struct nlattr *bytes = attrs[first];
	const struct nlattr *port = attrs[first + 1];

	memset(addr, 0, sizeof(*addr));
	addr->family = AF_INET;
	if (bytes && mnl_attr_get_payload_len(bytes) == sizeof(addr->in)) {
		memcpy(&addr->in, mnl_attr_get_payload(bytes),
		       sizeof(addr->in));
	} else if (bytes &&
		   mnl_attr_get_payload_len(bytes) == sizeof(addr->in6)) {
		addr->family = AF_INET6;
		memcpy(&addr->in6, mnl_attr_get_payload(bytes),
		       sizeof(addr->in6));
	}
	if (port && mnl_attr_validate(port, MNL_TYPE_U16) >= 0)
		addr->port = ntohs(mnl_attr_get_u16(port));
	addr->scope = nl_u32(attrs, first + 2);
}

json_t *endpoint_json(const struct nlattr *const *attrs, enum kelp_attr first)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	endpoint_get(attrs, first, &addr);
	addr_format(&addr, text);
	return json_text(text);
}
