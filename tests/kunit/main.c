// SPDX-License-Identifier: GPL-2.0-only
/* The one declaration of all suites; they run when the module is inserted. */
#include <linux/module.h>

#include "suites.h"

kunit_test_suites(&kelp_wheel_suite, &kelp_limits_suite, &kelp_proto_suite,
		  &kelp_blob_suite, &kelp_gather_suite, &kelp_inbox_suite,
		  &kelp_txq_suite,
		  &kelp_out_suite, &kelp_conn_suite, &kelp_deadline_suite,
		  &kelp_life_suite,
		  &kelp_serve_suite, &kelp_parse_suite, &kelp_chunk_suite,
		  &kelp_path_suite, &kelp_mime_suite, &kelp_date_suite, &kelp_kv_suite,
		  &kelp_kv_store_suite,
		  &kelp_name_suite, &kelp_object_suite, &kelp_route_suite,
		  &kelp_option_suite,
		  &kelp_digest_suite, &kelp_range_suite,
		  &kelp_pb_suite, &kelp_wire_suite,
		  &kelp_client_suite);

MODULE_DESCRIPTION("KUnit suites of kelp");
MODULE_LICENSE("GPL");
