// SPDX-License-Identifier: MIT
/*
 * What follows from the way in which an attempt failed. The rule is that of
 * <kelp/client.h>: a call is made again when it is known not to have been
 * carried out, or when its caller said that twice does no harm. Pure, any
 * thread.
 *
 * Codes that a server answered may be anybody's: a method that calls further
 * servers passes on what these said. So EEOF in a reply says nothing of our own
 * connection, but it was sent then, and treated with that caution.
 */
#include "retry.h"

#include <errno.h>

#include <linux/kelp_rpc.h>

/* It was the connection that failed, so the call came to no end. */
static bool lost_connection(int code)
{
	switch (code) {
	case KELP_RPC_EFAILEDSOCKET:
	case KELP_RPC_EEOF:
	case KELP_RPC_ECLOSE:
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ECONNABORTED:
	case -EPIPE:
	case -ENOTCONN:
	case -ETIMEDOUT:	/* of connecting, or TCP gave up; not the call's */
	case -EHOSTUNREACH:
	case -EHOSTDOWN:
	case -ENETUNREACH:
	case -ENETDOWN:
	case -EADDRNOTAVAIL:	/* no port is free towards this address */
	case -EACCES:		/* this host's own filter, which is about ... */
	case -EPERM:		/* ... one address too */
		return true;
	}
	return false;
}

enum retry_verdict retry_verdict(const struct retry_case *attempt)
{
	switch (attempt->code) {
	case KELP_RPC_ELOGOFF:
	case KELP_RPC_ELIMIT:
		/* Refused: the method has not run. */
		return RETRY_ELSEWHERE;
	case KELP_RPC_EOVERCROWDED:
		/*
		 * From brpc a refusal too, but not one that the contract lists.
		 * If it was not sent, it is this side that has too many calls,
		 * and must not make more of them.
		 */
		return attempt->sent && attempt->idempotent ? RETRY_ELSEWHERE :
							      RETRY_NO;
	}
	/*
	 * An answer, the end of its time, or a fault of this side's: it would
	 * be the same anywhere else.
	 */
	if (!lost_connection(attempt->code))
		return RETRY_NO;
	return attempt->sent && !attempt->idempotent ? RETRY_NO :
						       RETRY_ELSEWHERE;
}

bool retry_blames(int code)
{
	switch (code) {
	case KELP_RPC_ERPCTIMEDOUT:
	case KELP_RPC_ERESPONSE:
		return true;
	case KELP_RPC_ECLOSE:
	case -EADDRNOTAVAIL:
		return false;
	}
	return lost_connection(code);
}
