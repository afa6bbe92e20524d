// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for the PROXY header: the input is what a connection begins with.
 * Seen byte by byte, the verdict comes with the header's last byte, or with the
 * first one that shows that it is none, and stays.
 */
#include "fuzz.h"

#include "net/proxyline.h"

bool shim_expect_warning;

static void check_same(const struct kelp_addr *a, const struct kelp_addr *b)
{
	CHECK(a->family == b->family);
	if (!a->family)
		return;
	CHECK(a->port == b->port);
	CHECK(!memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kelp_addr whole = { 0 }, addr = { 0 };
	int verdict, ret = 0;
	uint8_t *block;
	size_t n;

	if (size > 600)
		return 0;
	verdict = kelp_proxyline_parse(fuzz_guarded(data, size), size, &whole);
	CHECK(verdict >= -1 && verdict <= (int)size);
	CHECK(verdict <= KELP_PROXYLINE_MAX);
	CHECK(verdict <= 0 || !whole.family || whole.family == 4 ||
	      whole.family == 6);
	for (n = 0; n <= size && !ret; n++) {
		block = fuzz_copy(data, n);
		ret = kelp_proxyline_parse(block, n, &addr);
		free(block);
		CHECK(ret <= 0 || ret == (int)n);
	}
	CHECK(ret == verdict);
	if (verdict > 0)
		check_same(&whole, &addr);
	return 0;
}
