// SPDX-License-Identifier: MIT
/*
 * What codes mean, in words. Pure, any thread; the words are constants.
 */
#include "error.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* No default: whoever adds a code is told that its words are missing. */
static const char *rpc_words(enum kelp_rpc_error code)
{
	switch (code) {
	case KELP_RPC_OK:
		return "Success";
	case KELP_RPC_ENOSERVICE:
		return "The server has no such service";
	case KELP_RPC_ENOMETHOD:
		return "The server has no such method";
	case KELP_RPC_EREQUEST:
		return "The request is not what the method takes";
	case KELP_RPC_ERPCAUTH:
		return "The secret is missing or wrong";
	case KELP_RPC_EBACKUPREQUEST:
		return "A second request was sent because the first is slow";
	case KELP_RPC_ERPCTIMEDOUT:
		return "The time was up before there was a reply";
	case KELP_RPC_EFAILEDSOCKET:
		return "The connection to the server failed";
	case KELP_RPC_EOVERCROWDED:
		return "Too many calls wait already";
	case KELP_RPC_EEOF:
		return "The server closed the connection";
	case KELP_RPC_EREJECT:
		return "Not sent, because too many calls failed";
	case KELP_RPC_EINTERNAL:
		return "The method failed for a reason of its own";
	case KELP_RPC_ERESPONSE:
		return "The reply cannot be sent or understood";
	case KELP_RPC_ELOGOFF:
		return "The server is about to stop";
	case KELP_RPC_ELIMIT:
		return "The server has too many calls at a time";
	case KELP_RPC_ECLOSE:
		return "The connection was closed on purpose";
	}
	return "An error of the service's own";
}

static const char *errno_words(int error)
{
	const char *words;

	/* "Owner died" would not lead anybody to the reason. */
	if (error == EOWNERDEAD)
		return "The channel was made before fork()";
	words = strerrordesc_np(error);
	return words ? words : "Unknown error";
}

/*
 * What is public is described in <kelp/client.h>. The C library's words are in
 * English whatever the locale says, and no later call changes them.
 */
const char *kelp_strerror(int code)
{
	if (code >= 0)
		return rpc_words((enum kelp_rpc_error)code);
	/* The one number that has no counterpart. */
	return errno_words(code == INT_MIN ? INT_MAX : -code);
}
