// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink: the family, requests, answers, and the reasons of refusals.
 */
#include "nl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>

#include "ctl.h"

/* How often a listing begins again before it gives up. */
#define LIST_TRIES 100

static struct mnl_socket *sock;
static uint16_t family;
static uint32_t sequence;
static char request[KELP_MESSAGE_MAX];
static char received[KELP_MESSAGE_MAX * 2];

static const char not_loaded[] =
	"the kelp module is not loaded; load it with 'sudo insmod kelp.ko'";

/* What was learnt about a request. */
struct exchange {
	bool done;
	int error;
	const char *reason;	/* the kernel's sentence, in @received */
	mnl_cb_t message;	/* for each answer, or NULL */
	void *data;
};

static int on_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	struct exchange *exchange = data;
	size_t skip = sizeof(*err);
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		die("the kernel sent a malformed answer");
	exchange->done = true;
	exchange->error = -err->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return MNL_CB_STOP;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(struct nlmsghdr);
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			exchange->reason = mnl_attr_get_str(attr);
	}
	return MNL_CB_STOP;
}

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	struct exchange *exchange = data;

	return exchange->message ? exchange->message(nlh, exchange->data) :
				   MNL_CB_OK;
}

/* Send @nlh and take answers until it is acknowledged or refused. */
static void run(struct nlmsghdr *nlh, struct exchange *exchange)
{
	static mnl_cb_t control[NLMSG_ERROR + 1] = {
		[NLMSG_ERROR] = on_error,
	};
	ssize_t len;

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++sequence;
	if (mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) < 0)
		die("cannot send to the kernel: %s", strerror(errno));
	while (!exchange->done) {
		len = mnl_socket_recvfrom(sock, received, sizeof(received));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			die("no answer from the kernel: %s", strerror(errno));
		if (mnl_cb_run2(received, len, sequence,
				mnl_socket_get_portid(sock), on_message,
				exchange, control, NLMSG_ERROR + 1) < 0)
			die("the kernel sent a malformed answer");
	}
}

/* mnl_attr_parse() callback: the last attribute of each known type. */
struct table {
	const struct nlattr **attrs;
	unsigned int max;
};

static int on_attr(const struct nlattr *attr, void *data)
{
	struct table *table = data;

	if (mnl_attr_get_type(attr) <= table->max)
		table->attrs[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[CTRL_ATTR_MAX + 1] = {};
	struct table table = { attrs, CTRL_ATTR_MAX };

	(void)data;
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), on_attr, &table);
	if (attrs[CTRL_ATTR_FAMILY_ID])
		family = mnl_attr_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	return MNL_CB_OK;
}

static struct nlmsghdr *begin(uint16_t type, uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

static void open_family(void)
{
	struct exchange exchange = { .message = on_family };
	struct nlmsghdr *nlh;
	int on = 1;

	sock = mnl_socket_open(NETLINK_GENERIC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die("cannot open a netlink socket: %s", strerror(errno));
	/* Without these refusals come without their reason. */
	mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(sock, NETLINK_CAP_ACK, &on, sizeof(on));

	nlh = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KELP_GENL_NAME);
	run(nlh, &exchange);
	if (exchange.error == ENOENT || (!exchange.error && !family))
		die("%s", not_loaded);
	if (exchange.error)
		die("cannot find the kelp module: %s",
		    strerror(exchange.error));
}

struct nlmsghdr *nl_new(enum kelp_cmd cmd)
{
	if (!sock)
		open_family();
	return begin(family, cmd, KELP_GENL_VERSION);
}

void nl_put_string(struct nlmsghdr *nlh, enum kelp_attr attr, const char *what,
		   const char *value, size_t max)
{
	if (strlen(value) > max)
		die("%s is longer than %zu bytes", what, max);
	mnl_attr_put_strz(nlh, attr, value);
}

struct answer {
	nl_answer_t answer;
	void *data;
};

static int on_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[KELP_ATTR_MAX + 1] = {};
	struct table table = { attrs, KELP_ATTR_MAX };
	struct answer *answer = data;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), on_attr, &table);
	if (answer->answer)
		answer->answer(attrs, answer->data);
	return MNL_CB_OK;
}

static void check(const struct exchange *exchange)
{
	if (!exchange->error)
		return;
	if (exchange->reason)
		die("%s", exchange->reason);
	switch (exchange->error) {
	case EPERM:
		die("this needs CAP_NET_ADMIN: run it as root");
	case ENOENT:
		die("%s", not_loaded);
	case EOPNOTSUPP:
		die("the loaded kelp module is older than this kelpctl: it cannot do this");
	default:
		die("the kernel refused: %s", strerror(exchange->error));
	}
}

void nl_call(struct nlmsghdr *nlh, nl_answer_t answer, void *data)
{
	struct answer target = { answer, data };
	struct exchange exchange = { .message = on_answer, .data = &target };

	run(nlh, &exchange);
	check(&exchange);
}

/* One message of a listing. */
struct page {
	nl_entry_t entry;
	json_t *array;
	uint32_t generation;
	uint32_t next;
};

static int on_page(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[KELP_ATTR_MAX + 1] = {};
	struct table table = { attrs, KELP_ATTR_MAX };
	struct page *page = data;
	const struct nlattr *attr;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), on_attr, &table);
	page->generation = nl_u32(attrs, KELP_A_GENERATION);
	page->next = nl_u32(attrs, KELP_A_NEXT);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		const struct nlattr *fields[KELP_ATTR_MAX + 1] = {};
		struct table inner = { fields, KELP_ATTR_MAX };

		if (mnl_attr_get_type(attr) != KELP_A_ENTRY)
			continue;
		mnl_attr_parse_nested(attr, on_attr, &inner);
		json_array_append_new(page->array, need(page->entry(fields)));
	}
	return MNL_CB_OK;
}

/* One attempt; false if the configuration changed in the middle. */
static bool list_once(enum kelp_cmd cmd, struct page *page, bool consistent)
{
	uint32_t generation = 0;
	bool first = true;

	page->next = 0;
	do {
		struct exchange exchange = { .message = on_page, .data = page };
		struct nlmsghdr *nlh = nl_new(cmd);

		if (page->next)
			mnl_attr_put_u32(nlh, KELP_A_NEXT, page->next);
		run(nlh, &exchange);
		if (exchange.error == EAGAIN)
			return false;
		check(&exchange);
		if (first)
			generation = page->generation;
		else if (consistent && page->generation != generation)
			return false;
		first = false;
	} while (page->next);
	return true;
}

json_t *nl_list(enum kelp_cmd cmd, bool consistent, nl_entry_t entry)
{
	struct page page = { .entry = entry, .array = need(json_array()) };
	int tries;

	for (tries = 0; tries < LIST_TRIES; tries++) {
		if (list_once(cmd, &page, consistent))
			return page.array;
		json_array_clear(page.array);
	}
	die("the configuration keeps changing; try again");
}

uint32_t nl_u32(const struct nlattr *const *attrs, enum kelp_attr attr)
{
	if (!attrs[attr] || mnl_attr_validate(attrs[attr], MNL_TYPE_U32) < 0)
		return 0;
	return mnl_attr_get_u32(attrs[attr]);
}

uint64_t nl_u64(const struct nlattr *const *attrs, enum kelp_attr attr)
{
	if (!attrs[attr] || mnl_attr_validate(attrs[attr], MNL_TYPE_U64) < 0)
		return 0;
	return mnl_attr_get_u64(attrs[attr]);
}

const char *nl_string(const struct nlattr *const *attrs, enum kelp_attr attr)
{
	if (!attrs[attr] ||
	    mnl_attr_validate(attrs[attr], MNL_TYPE_NUL_STRING) < 0)
		return "";
	return mnl_attr_get_str(attrs[attr]);
}
