/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection that nobody serves, with a socket in whatever state a test
 * wants.
 */
#ifndef KELP_KUNIT_CONN_KIT_H
#define KELP_KUNIT_CONN_KIT_H

#include <kunit/test.h>
#include <linux/list.h>

struct kelp_conn;
struct kelp_worker;
struct sk_buff;

extern struct kelp_conn *conn;
extern struct kelp_worker *worker;
extern struct sk_buff *skb;
extern struct list_head answer;	/* stands for one that waits */

/* init and exit of the suites that need it; the engine has been started. */
int conn_setup(struct kunit *test);
void conn_cleanup(struct kunit *test);

void unread_data(void);
void waiting_answer(void);
void unacked(void);

#endif /* KELP_KUNIT_CONN_KIT_H */
