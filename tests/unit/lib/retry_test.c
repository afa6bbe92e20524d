// SPDX-License-Identifier: GPL-2.0-only
/* Which failures allow another attempt, and which speak against the server. */
#include "harness.h"

#include <errno.h>
#include <limits.h>

#include <linux/kelp_rpc.h>

#include "retry.h"

/* What a code means for an attempt; see the head of <kelp/client.h>. */
enum rule {
	NEVER,		/* it was carried out, or would fail again */
	REFUSED,	/* it was not carried out, whatever was sent */
	LOST,		/* nobody knows, if anything was sent */
	CROWDED,	/* theirs, if it was sent: as LOST. Ours, else: NEVER */
};

static const struct {
	int code;
	enum rule rule;
	bool blamed;
} cases[] = {
	{ KELP_RPC_OK, NEVER, false },
	{ KELP_RPC_ENOSERVICE, NEVER, false },
	{ KELP_RPC_ENOMETHOD, NEVER, false },
	{ KELP_RPC_EREQUEST, NEVER, false },
	{ KELP_RPC_ERPCAUTH, NEVER, false },
	{ KELP_RPC_EBACKUPREQUEST, NEVER, false },
	{ KELP_RPC_ERPCTIMEDOUT, NEVER, true },
	{ KELP_RPC_EFAILEDSOCKET, LOST, true },
	{ KELP_RPC_EOVERCROWDED, CROWDED, false },
	{ KELP_RPC_EEOF, LOST, true },
	{ KELP_RPC_EREJECT, NEVER, false },
	{ KELP_RPC_EINTERNAL, NEVER, false },
	{ KELP_RPC_ERESPONSE, NEVER, true },
	{ KELP_RPC_ELOGOFF, REFUSED, false },
	{ KELP_RPC_ELIMIT, REFUSED, false },
	{ KELP_RPC_ECLOSE, LOST, false },
	/* a service's own */
	{ 1, NEVER, false },
	{ 1005, NEVER, false },
	{ 3000, NEVER, false },
	{ INT_MAX, NEVER, false },
	/* positive errnos are a service's own too */
	{ ECONNREFUSED, NEVER, false },
	/* of the connection */
	{ -ECONNREFUSED, LOST, true },
	{ -ECONNRESET, LOST, true },
	{ -ECONNABORTED, LOST, true },
	{ -EPIPE, LOST, true },
	{ -ENOTCONN, LOST, true },
	{ -ETIMEDOUT, LOST, true },
	{ -EHOSTUNREACH, LOST, true },
	{ -EHOSTDOWN, LOST, true },
	{ -ENETUNREACH, LOST, true },
	{ -ENETDOWN, LOST, true },
	{ -EACCES, LOST, true },
	{ -EPERM, LOST, true },
	{ -EADDRNOTAVAIL, LOST, false },
	/* of this side */
	{ -EINVAL, NEVER, false },
	{ -ENOMEM, NEVER, false },
	{ -EMSGSIZE, NEVER, false },
	{ -ENOBUFS, NEVER, false },
	{ -ECANCELED, NEVER, false },
	{ -EMFILE, NEVER, false },
	{ -ENFILE, NEVER, false },
	{ -EAGAIN, NEVER, false },
	{ -EOWNERDEAD, NEVER, false },
	{ INT_MIN, NEVER, false },
};

static bool may_retry(enum rule rule, bool sent, bool idempotent)
{
	switch (rule) {
	case REFUSED:
		return true;
	case LOST:
		return !sent || idempotent;
	case CROWDED:
		return sent && idempotent;
	default:
		return false;
	}
}

static void retry_verdict__cases(void **state)
{
	struct retry_case attempt;
	enum retry_verdict want;
	unsigned int i, how;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		for (how = 0; how < 4; how++) {
			attempt.code = cases[i].code;
			attempt.sent = how & 1;
			attempt.idempotent = how & 2;
			want = RETRY_NO;
			if (may_retry(cases[i].rule, how & 1, how & 2))
				want = RETRY_ELSEWHERE;
			if (retry_verdict(&attempt) != want)
				fail_msg("code %d, sent %d, idempotent %d",
					 attempt.code, attempt.sent,
					 attempt.idempotent);
		}
	}
}

/* Nobody adds a code without thinking of it here. */
static void retry_verdict__every_code(void **state)
{
	static const int codes[] = {
#define CODE(symbol, code) KELP_RPC_##symbol,
		KELP_RPC_ERRORS(CODE)
#undef CODE
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(codes); i++) {
		for (j = 0; j < ARRAY_LEN(cases); j++)
			if (cases[j].code == codes[i])
				break;
		if (j == ARRAY_LEN(cases))
			fail_msg("no case for %d", codes[i]);
	}
}

static void retry_blames__cases(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (retry_blames(cases[i].code) != cases[i].blamed)
			fail_msg("code %d", cases[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_verdict__cases),
		cmocka_unit_test(retry_verdict__every_code),
		cmocka_unit_test(retry_blames__cases),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
