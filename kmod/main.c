// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: parameters, and the ladder that starts and stops the parts.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "ctl/netlink.h"
#include "http/http.h"
#include "kelp/version.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "net/out.h"
#include "net/proto.h"
#include "net/worker.h"
#include "rpc/rpc.h"
#include "stats/census.h"
#include "svc/svc.h"

/* On unload, connections have this long to finish what is under way. */
#define KELP_UNLOAD_DRAIN_MS 1000

static bool kelp_census_print;
module_param_named(census, kelp_census_print, bool, 0644);
MODULE_PARM_DESC(census, "at unload, log how many objects were created and destroyed");

bool kelp_allow_userns;
module_param_named(userns, kelp_allow_userns, bool, 0644);
MODULE_PARM_DESC(userns, "take commands in namespaces of user namespaces other than the initial one");

module_param_named(busy_poll_us, kelp_worker_poll_us, uint, 0644);
MODULE_PARM_DESC(busy_poll_us, "microseconds for which a worker looks for more before it sleeps, up to 1000 (0)");

static int __init kelp_init(void)
{
	int err;

	err = kelp_dispatch_init();
	if (err)
		return err;
	err = kelp_out_init();
	if (err)
		goto err_dispatch;
	err = kelp_conn_init();
	if (err)
		goto err_out;
	err = kelp_worker_init();
	if (err)
		goto err_conn;
	err = kelp_http_init();
	if (err)
		goto err_worker;
	err = kelp_rpc_init();
	if (err)
		goto err_http;
	err = kelp_svc_init();
	if (err)
		goto err_rpc;
	err = kelp_net_init();
	if (err)
		goto err_svc;
	err = kelp_ctl_init();
	if (err)
		goto err_net;
	return 0;

err_net:
	kelp_net_exit();
err_svc:
	kelp_svc_exit();
err_rpc:
	kelp_rpc_exit();
err_http:
	kelp_http_exit();
err_worker:
	kelp_worker_exit();
err_conn:
	rcu_barrier();
	kelp_conn_exit();
err_out:
	kelp_out_exit();
err_dispatch:
	kelp_dispatch_exit();
	return err;
}

/*
 * No command comes any more; what is under way has a bounded time to finish;
 * the rest is closed with the namespaces' servers; services, which are nobody's
 * any more, go while the dispatcher lives; then, in this order, end
 * the places where work runs, wait for RCU, and free the caches.
 */
static void __exit kelp_exit(void)
{
	kelp_ctl_exit();
	kelp_net_drain_all(KELP_UNLOAD_DRAIN_MS);
	kelp_net_exit();
	kelp_worker_exit();
	kelp_svc_exit();
	kelp_dispatch_exit();
	kelp_rpc_exit();
	kelp_http_exit();
	kelp_conn_exit();
	kelp_out_exit();
	kelp_census_report(kelp_census_print);
}

module_init(kelp_init);
module_exit(kelp_exit);
MODULE_DESCRIPTION("HTTP and RPC server");
MODULE_AUTHOR("The kelp authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(KELP_VERSION);
