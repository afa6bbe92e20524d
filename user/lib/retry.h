/* SPDX-License-Identifier: MIT */
/*
 * Which attempts that failed may be followed by another one, and for which of
 * them a server is to blame.
 */
#ifndef LIBKELP_RETRY_H
#define LIBKELP_RETRY_H

#include <stdbool.h>

/**
 * enum retry_verdict - may a call be made again?
 * @RETRY_NO: no: this is how it ends
 * @RETRY_ELSEWHERE: yes, on another server if there is one in use; within the
 *	call's time, its number of retries and the budget, which are not looked
 *	at here
 */
enum retry_verdict {
	RETRY_NO,
	RETRY_ELSEWHERE,
};

/**
 * struct retry_case - an attempt that has ended
 * @code: as kelp_reply.code
 * @sent: at least one byte of it left this host
 * @idempotent: as kelp_call_options.idempotent
 */
struct retry_case {
	int code;
	bool sent;
	bool idempotent;
};

/**
 * retry_verdict() - may a call be made again?
 * @attempt: how it ended
 *
 * Any thread.
 *
 * Return: RETRY_NO or RETRY_ELSEWHERE.
 */
enum retry_verdict retry_verdict(const struct retry_case *attempt);

/**
 * retry_blames() - does it speak against the server?
 * @code: as kelp_reply.code
 *
 * For the breaker. Any thread.
 *
 * Return: true when the server could not be reached, broke the connection, gave
 * no answer in time or one that is none, or answered with the code of one of
 * these, which cannot be told from it here; false for 0, for any other code of a
 * method, for a refusal, which is a server's right, for a connection that was
 * closed on purpose, and for faults of this side.
 */
bool retry_blames(int code);

#endif
