// SPDX-License-Identifier: MIT
/* A remote call like a local one. */
#include <err.h>
#include <stdio.h>

#include <kelp/client.h>

#include "kelp_calc.pb-c.h"

int main(int argc, char **argv)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	Kelp__AddResponse *response;
	struct kelp_channel *channel;
	int rc;

	if (argc != 2)
		errx(2, "usage: sync HOST:PORT");
	rc = kelp_channel_create(&channel, argv[1], NULL);
	if (rc)
		errx(1, "%s: %s", argv[1], kelp_strerror(rc));
	kelp_channel_learn(channel, &kelp__calc__descriptor);

	request.a = 40;
	request.b = 2;
	rc = kelp_call(channel, "kelp.Calc", "Add", &request.base, &response,
		       NULL);
	if (rc)
		errx(1, "kelp.Calc/Add: %s", kelp_strerror(rc));
	printf("40 + 2 = %lld\n", (long long)response->sum);

	kelp__add_response__free_unpacked(response, NULL);
	kelp_channel_destroy(channel);
	return 0;
}
