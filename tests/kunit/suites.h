/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The suites of kelp_kunit.ko. A module may declare its suites only once, so
 * main.c does it for all of them.
 */
#ifndef KELP_KUNIT_SUITES_H
#define KELP_KUNIT_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite kelp_wheel_suite;
extern struct kunit_suite kelp_limits_suite;
extern struct kunit_suite kelp_proto_suite;
extern struct kunit_suite kelp_blob_suite;
extern struct kunit_suite kelp_gather_suite;
extern struct kunit_suite kelp_inbox_suite;
extern struct kunit_suite kelp_txq_suite;
extern struct kunit_suite kelp_out_suite;
extern struct kunit_suite kelp_conn_suite;
extern struct kunit_suite kelp_deadline_suite;
extern struct kunit_suite kelp_life_suite;
extern struct kunit_suite kelp_serve_suite;
extern struct kunit_suite kelp_parse_suite;
extern struct kunit_suite kelp_chunk_suite;
extern struct kunit_suite kelp_path_suite;
extern struct kunit_suite kelp_mime_suite;
extern struct kunit_suite kelp_date_suite;
extern struct kunit_suite kelp_kv_suite;
extern struct kunit_suite kelp_kv_store_suite;
extern struct kunit_suite kelp_name_suite;
extern struct kunit_suite kelp_object_suite;
extern struct kunit_suite kelp_route_suite;
extern struct kunit_suite kelp_option_suite;
extern struct kunit_suite kelp_digest_suite;
extern struct kunit_suite kelp_range_suite;
extern struct kunit_suite kelp_pb_suite;
extern struct kunit_suite kelp_wire_suite;
extern struct kunit_suite kelp_client_suite;

#endif /* KELP_KUNIT_SUITES_H */
