// SPDX-License-Identifier: MIT
/* Several calls at the same time, each on a channel of its own. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <kelp/client.h>

int main(int argc, char **argv)
{
	static const char message[] = "\x0a\x05hello";
	size_t count = (size_t)argc - 1, failed, i;
	struct kelp_fanout_part *parts;
	int rc;

	if (argc < 2)
		errx(2, "usage: fanout HOST:PORT...");
	parts = calloc(count, sizeof(*parts));
	if (!parts)
		errx(1, "no memory");
	for (i = 0; i < count; i++) {
		rc = kelp_channel_create(&parts[i].channel, argv[i + 1], NULL);
		if (rc)
			errx(1, "%s: %s", argv[i + 1], kelp_strerror(rc));
		parts[i].request = (struct kelp_request){
			.service = "kelp.Echo", .method = "Echo",
			.message = { message, sizeof(message) - 1 },
		};
	}
	/* 0: whatever fails, the others go on */
	failed = kelp_fanout(parts, count, 0);
	for (i = 0; i < count; i++) {
		printf("%s: %s\n", argv[i + 1],
		       parts[i].reply.code ? parts[i].reply.text : "done");
		kelp_reply_clear(&parts[i].reply);
		kelp_channel_destroy(parts[i].channel);
	}
	printf("%zu of %zu failed\n", failed, count);
	free(parts);
	return failed != 0;
}
