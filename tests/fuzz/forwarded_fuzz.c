// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for addresses as text and for X-Forwarded-For. The first byte of
 * the input says how many elements may be looked at; the rest is the value.
 */
#include "fuzz.h"

#include "forwarded.h"
#include "net/addr.h"

bool shim_expect_warning;

/* Addresses that begin with an even number are proxies of ours. */
static bool trusted(const struct kelp_addr *addr, void *arg)
{
	unsigned int *asked = arg;

	CHECK(addr->family == 4 || addr->family == 6);
	++*asked;
	return !(addr->ip[0] & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kelp_addr client = { .ip = { 10 }, .family = 4 }, addr;
	unsigned int left, most, asked = 0;
	const char *value;
	bool again;

	if (!size || size > FUZZ_MAX)
		return 0;
	most = *data++;
	left = most;
	size--;
	value = (const char *)fuzz_guarded(data, size);
	if (kelp_addr_parse(value, size, &addr)) {
		CHECK(addr.family == 4 || addr.family == 6);
		CHECK(!addr.port && size <= 45);
	}
	again = http_forwarded_back(value, size, trusted, &asked, &left,
				    &client);
	CHECK(left <= most && asked <= most);
	CHECK(client.family == 4 || client.family == 6);
	if (again)
		CHECK(!(client.ip[0] & 1));
	return 0;
}
