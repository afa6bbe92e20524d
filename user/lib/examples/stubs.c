// SPDX-License-Identifier: MIT
/* The stubs that protobuf-c generates, on a channel: first blocking, then not. */
#include <err.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#include <kelp/client.h>

#include "kelp_calc.pb-c.h"

static void show(const Kelp__AddResponse *response, void *data)
{
	atomic_int *left = data;

	if (response)
		printf("the sum is %lld\n", (long long)response->sum);
	else
		printf("no sum: %s\n", kelp_strerror(kelp_service_error()));
	atomic_fetch_sub(left, 1);
}

int main(int argc, char **argv)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	struct kelp_channel *channel;
	ProtobufCService *service;
	atomic_int left = 2;
	int rc;

	if (argc != 2)
		errx(2, "usage: stubs HOST:PORT");
	rc = kelp_channel_create(&channel, argv[1], NULL);
	if (rc)
		errx(1, "%s: %s", argv[1], kelp_strerror(rc));
	request.a = 1;
	request.b = 2;

	service = kelp_channel_service(channel, &kelp__calc__descriptor,
				       KELP_SERVICE_BLOCKING, NULL);
	if (!service)
		errx(1, "no memory");
	kelp__calc__add(service, &request, show, &left);
	protobuf_c_service_destroy(service);

	service = kelp_channel_service(channel, &kelp__calc__descriptor,
				       KELP_SERVICE_STARTING, NULL);
	if (!service)
		errx(1, "no memory");
	kelp__calc__add(service, &request, show, &left);
	protobuf_c_service_destroy(service);

	/* what was started is told before the channel is gone */
	while (atomic_load(&left))
		poll(NULL, 0, 1);
	kelp_channel_destroy(channel);
	return 0;
}
