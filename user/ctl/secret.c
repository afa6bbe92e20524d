// SPDX-License-Identifier: GPL-2.0-only
/* Secrets out of files. */
#include "secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

size_t secret_read(const char *name, char secret[SECRET_ROOM])
{
	FILE *file = fopen(name, "re");
	size_t len;
	char *end;

	if (!file)
		die("%s: %s", name, strerror(errno));
	/* it would stay in stdio's buffer */
	setvbuf(file, NULL, _IONBF, 0);
	len = fread(secret, 1, KELP_SECRET_MAX + 1, file);
	fclose(file);
	end = memchr(secret, '\n', len);
	if (end)
		len = (size_t)(end - secret);
	if (!len || len > KELP_SECRET_MAX)
		die("%s: its first line is the secret, 1 to %d bytes", name,
		    KELP_SECRET_MAX);
	secret[len] = '\0';
	return len;
}
