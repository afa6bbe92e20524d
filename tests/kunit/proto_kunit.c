// SPDX-License-Identifier: GPL-2.0-only
/* Telling protocols apart, and the ladder of their state. */
#include "net/proto.h"
#include "suites.h"

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "net/net.h"

static char trace[32];	/* what was made (+) and undone (-), in order */
static bool refuse;
static struct kelp_net *kn;

static void note(char what, char which)
{
	size_t len = strlen(trace);

	trace[len] = what;
	trace[len + 1] = which;
	trace[len + 2] = '\0';
}

static enum kelp_detect begins(const char *magic, const u8 *data, size_t len)
{
	if (memcmp(magic, data, min_t(size_t, len, 4)))
		return KELP_DETECT_NO;
	return len < 4 ? KELP_DETECT_MORE : KELP_DETECT_YES;
}

static void *a_net_init(struct kelp_net *net)
{
	note('+', 'a');
	return &trace[0];
}

static void a_net_exit(struct kelp_net *net, void *priv)
{
	note('-', priv == &trace[0] ? 'a' : '?');
}

static enum kelp_detect a_detect(const u8 *data, size_t len)
{
	return begins("PRPC", data, len);
}

static void *b_net_init(struct kelp_net *net)
{
	if (refuse)
		return ERR_PTR(-EPERM);
	note('+', 'b');
	return &trace[1];
}

static void b_net_exit(struct kelp_net *net, void *priv)
{
	note('-', priv == &trace[1] ? 'b' : '?');
}

static enum kelp_detect b_detect(const u8 *data, size_t len)
{
	return begins("PRI ", data, len);
}

static size_t no_data(struct kelp_conn *conn, struct kelp_run *run,
		      const u8 *data, size_t len)
{
	return len;
}

static const struct kelp_proto_ops proto_a = {
	.name = "a",
	.net_init = a_net_init,
	.net_exit = a_net_exit,
	.detect = a_detect,
	.on_data = no_data,
};

static const struct kelp_proto_ops proto_b = {
	.name = "b",
	.net_init = b_net_init,
	.net_exit = b_net_exit,
	.detect = b_detect,
	.on_data = no_data,
};

static const struct kelp_proto_ops proto_any = {
	.name = "any",
	.fallback = true,
	.on_data = no_data,
};

/* Those that are registered, in order; NULL where one was taken back. */
static const struct kelp_proto_ops *known[KELP_PROTO_MAX];
static int nr_known;

static int knows(const struct kelp_proto_ops *ops)
{
	int slot = kelp_proto_register(ops);

	if (slot >= 0)
		known[nr_known++] = ops;
	return slot;
}

static void forget(int i)
{
	if (known[i])
		kelp_proto_unregister(known[i]);
	known[i] = NULL;
}

static int proto_setup(struct kunit *test)
{
	memset(trace, 0, sizeof(trace));
	refuse = false;
	nr_known = 0;
	kn = kunit_kzalloc(test, sizeof(*kn), GFP_KERNEL);
	return kn ? 0 : -ENOMEM;
}

static void proto_cleanup(struct kunit *test)
{
	while (nr_known)
		forget(--nr_known);
}

static void detect_is(struct kunit *test, const char *in,
		      enum kelp_detect want, const struct kelp_proto_ops *who)
{
	struct kelp_proto *proto = NULL;
	enum kelp_detect got;

	rcu_read_lock();
	got = kelp_proto_detect((const u8 *)in, strlen(in), &proto);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ_MSG(test, (int)got, (int)want, "%s", in);
	if (got != KELP_DETECT_YES)
		return;
	KUNIT_EXPECT_PTR_EQ_MSG(test, proto->ops, who, "%s", in);
	kelp_proto_put(proto);
}

static void register__slots(struct kunit *test)
{
	static struct kelp_proto_ops many[KELP_PROTO_MAX + 1];
	static char names[KELP_PROTO_MAX + 1][2];
	int i;

	for (i = 0; i <= KELP_PROTO_MAX; i++) {
		names[i][0] = 'A' + i;
		many[i] = proto_a;
		many[i].name = names[i];
	}
	for (i = 0; i < KELP_PROTO_MAX; i++)
		KUNIT_EXPECT_EQ(test, knows(&many[i]), i);
	KUNIT_EXPECT_EQ(test, knows(&many[i]), -ENOSPC);
	/* the place of one that went is free */
	forget(3);
	KUNIT_EXPECT_EQ(test, kelp_proto_register(&many[i]), 3);
	known[3] = &many[i];
}

static void register__refused(struct kunit *test)
{
	struct kelp_proto_ops odd = proto_a;

	odd.on_data = NULL;
	KUNIT_EXPECT_EQ(test, kelp_proto_register(&odd), -EINVAL);
	odd = proto_a;
	odd.name = NULL;
	KUNIT_EXPECT_EQ(test, kelp_proto_register(&odd), -EINVAL);
	odd = proto_a;
	odd.busy_len = KELP_PROTO_BUSY + 1;
	KUNIT_EXPECT_EQ(test, kelp_proto_register(&odd), -EINVAL);
	KUNIT_EXPECT_EQ(test, knows(&proto_any), 0);
	KUNIT_EXPECT_EQ(test, knows(&proto_any), -EEXIST);
	odd = proto_any;
	odd.name = "another";
	KUNIT_EXPECT_EQ(test, kelp_proto_register(&odd), -EEXIST);
}

static void find__only_what_is_there(struct kunit *test)
{
	struct kelp_proto *proto;

	KUNIT_EXPECT_NULL(test, kelp_proto_find(&proto_b));
	knows(&proto_a);
	knows(&proto_b);
	proto = kelp_proto_find(&proto_b);
	KUNIT_ASSERT_NOT_NULL(test, proto);
	KUNIT_EXPECT_EQ(test, proto->slot, 1U);
	kelp_proto_put(proto);
	proto = kelp_proto_find_name("a");
	KUNIT_ASSERT_NOT_NULL(test, proto);
	KUNIT_EXPECT_PTR_EQ(test, proto->ops, &proto_a);
	kelp_proto_put(proto);
	KUNIT_EXPECT_NULL(test, kelp_proto_find_name("c"));
	forget(0);
	KUNIT_EXPECT_NULL(test, kelp_proto_find_name("a"));
	detect_is(test, "PRPC", KELP_DETECT_NO, NULL);
}

static void net_init__state(struct kunit *test)
{
	knows(&proto_a);
	knows(&proto_any);
	knows(&proto_b);
	kelp_nets_hold();
	KUNIT_EXPECT_EQ(test, kelp_proto_net_init(kn), 0);
	KUNIT_EXPECT_PTR_EQ(test, kn->proto_priv[0], (void *)&trace[0]);
	KUNIT_EXPECT_NULL(test, kn->proto_priv[1]);
	KUNIT_EXPECT_PTR_EQ(test, kn->proto_priv[2], (void *)&trace[1]);
	kelp_proto_net_exit(kn);
	kelp_nets_release();
	KUNIT_EXPECT_STREQ(test, (const char *)trace, "+a+b-b-a");
}

static void net_init__undone(struct kunit *test)
{
	refuse = true;
	knows(&proto_a);
	knows(&proto_b);
	kelp_nets_hold();
	KUNIT_EXPECT_EQ(test, kelp_proto_net_init(kn), -EPERM);
	kelp_nets_release();
	KUNIT_EXPECT_STREQ(test, (const char *)trace, "+a-a");
}

static void detect__yes(struct kunit *test)
{
	knows(&proto_a);
	knows(&proto_b);
	detect_is(test, "PRPC", KELP_DETECT_YES, &proto_a);
	detect_is(test, "PRI * HTTP/2.0", KELP_DETECT_YES, &proto_b);
}

static void detect__no(struct kunit *test)
{
	detect_is(test, "GET ", KELP_DETECT_NO, NULL);
	knows(&proto_a);
	detect_is(test, "G", KELP_DETECT_NO, NULL);
	detect_is(test, "PRPX", KELP_DETECT_NO, NULL);
	detect_is(test, "PX", KELP_DETECT_NO, NULL);
}

static void detect__more(struct kunit *test)
{
	knows(&proto_any);
	knows(&proto_a);
	knows(&proto_b);
	detect_is(test, "P", KELP_DETECT_MORE, NULL);
	detect_is(test, "PR", KELP_DETECT_MORE, NULL);
	detect_is(test, "PRI", KELP_DETECT_MORE, NULL);
	detect_is(test, "PRP", KELP_DETECT_MORE, NULL);
}

static void detect__fallback(struct kunit *test)
{
	knows(&proto_any);
	knows(&proto_a);
	detect_is(test, "G", KELP_DETECT_YES, &proto_any);
	detect_is(test, "PU", KELP_DETECT_YES, &proto_any);
	detect_is(test, "PROP", KELP_DETECT_YES, &proto_any);
	detect_is(test, "PRPC", KELP_DETECT_YES, &proto_a);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(register__slots),
	KUNIT_CASE(register__refused),
	KUNIT_CASE(find__only_what_is_there),
	KUNIT_CASE(net_init__state),
	KUNIT_CASE(net_init__undone),
	KUNIT_CASE(detect__yes),
	KUNIT_CASE(detect__no),
	KUNIT_CASE(detect__more),
	KUNIT_CASE(detect__fallback),
	{}
};

struct kunit_suite kelp_proto_suite = {
	.name = "kelp_proto",
	.init = proto_setup,
	.exit = proto_cleanup,
	.test_cases = cases,
};
