// SPDX-License-Identifier: GPL-2.0-only
/*
 * An HTTP handler: greets who is named in the query, and counts.
 *
 *	kelpctl route add /hello hello greeting=Ahoy
 *	curl 'http://localhost:8080/hello?name=Ada'
 *
 * on_request runs in softirq or in a worker and must not sleep.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <kelp/http.h>

#define NAME_MAX_BYTES 64

/* What a route has: its argument, and how many it has greeted. */
struct hello {
	atomic_long_t greeted;
	char greeting[32];
};

static void *hello_create(struct kelp_http_args *args)
{
	const char *greeting = kelp_http_arg(args, "greeting") ?: "Hello";
	struct hello *hello;

	if (strlen(greeting) >= sizeof(hello->greeting))
		return ERR_PTR(kelp_http_arg_refuse(args, "greeting= is too long"));
	hello = kzalloc(sizeof(*hello), GFP_KERNEL);
	if (!hello)
		return ERR_PTR(-ENOMEM);
	strscpy(hello->greeting, greeting, sizeof(hello->greeting));
	return hello;
}

static void hello_destroy(void *state)
{
	kfree(state);
}

/* The client's bytes come back as text, never as markup. */
static int hello_request(struct kelp_http_rq *rq)
{
	struct hello *hello = kelp_http_state(rq);
	char text[160];
	const char *name;
	size_t len;
	int n, err;

	name = kelp_http_query_arg(rq, "name", &len);
	if (!name || !len) {
		name = "whoever you are";
		len = strlen(name);
	}
	if (len > NAME_MAX_BYTES)
		return kelp_http_answer_status(rq, 400);
	n = scnprintf(text, sizeof(text), "%s, %.*s! You are number %ld.\n",
		      hello->greeting, (int)len, name,
		      atomic_long_inc_return(&hello->greeted));
	err = kelp_http_add(rq, "Content-Type", "text/plain; charset=utf-8");
	return err ?: kelp_http_answer(rq, text, n);
}

static const struct kelp_http_handler hello_handler = {
	.name = "hello",
	.methods = KELP_HTTP_GET,
	.create = hello_create,
	.destroy = hello_destroy,
	.on_request = hello_request,
};

static int __init hello_init(void)
{
	return kelp_http_handler_register(&hello_handler);
}

static void __exit hello_exit(void)
{
	kelp_http_handler_unregister(&hello_handler);
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_DESCRIPTION("A greeting, as an example of an HTTP handler for kelp");
MODULE_LICENSE("GPL");
