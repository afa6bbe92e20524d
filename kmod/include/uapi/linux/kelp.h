/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The control interface of kelp
 * =============================
 *
 * A generic netlink family, KELP_GENL_NAME. A request configures or describes
 * the server of the network namespace that the netlink socket was opened in;
 * there is one server per namespace and it exists as long as the module is
 * loaded. The version in the generic netlink header is not looked at:
 * commands and attributes are only ever added, never changed.
 *
 * Who may ask. Every command needs CAP_NET_ADMIN, both of the process that
 * opened the socket and of the one that sends; without it: EPERM. Network
 * namespaces that belong to a user namespace other than the initial one are
 * refused with EPERM too, unless the module was loaded with userns=1.
 *
 * What is refused. Attributes that a command does not list, flags that it does
 * not know, strings without a terminating NUL, NLM_F_DUMP, and bytes behind
 * the last attribute, all with EINVAL or EOPNOTSUPP. A refused request changes
 * nothing. The extended acknowledgment (NETLINK_EXT_ACK) has a sentence that
 * says why.
 *
 * When it takes effect. A change is in effect when it is acknowledged; ask for
 * NLM_F_ACK. Requests are carried out in the context of the process that sends
 * them, before send() returns: a file descriptor in a request is one of the
 * sender's, and may be closed once the request is sent.
 *
 * Errors of every command: EPERM; EINVAL (attribute missing or malformed);
 * ERANGE (attribute too long); ENODEV (the namespace is being deleted); ENOMEM.
 * Others are listed.
 *
 *
 * Listings
 * --------
 *
 * The commands that end in _GET, but for KELP_CMD_STATUS_GET, answer with
 * one message that holds as many entries as fit:
 *
 *    KELP_A_GENERATION: NLA_U32, generation of the configuration
 *    KELP_A_NEXT: NLA_U32, where the next request goes on, 0 at the end
 *    KELP_A_ENTRY: NLA_NESTED, attributes of one entry
 *    KELP_A_ENTRY: NLA_NESTED
 *    ...
 *
 * A request without KELP_A_NEXT, or with 0 in it, begins at the first entry.
 * If the generation changes between two messages of a listing, entries may be
 * missing or twice: begin again. (Connections and statistics do not touch the
 * generation.) A message is at most KELP_MESSAGE_MAX bytes long. EAGAIN: the
 * configuration changed again and again while the message was written.
 *
 * This is not NLM_F_DUMP because the kernel pins the module from the first
 * message of a dump to the last: a reader that stops in the middle would keep
 * the module from being removed. Here the kernel remembers nothing.
 *
 *
 * Listeners
 * ---------
 *
 * KELP_CMD_LISTENER_ADD: accept connections on an address. Ends draining.
 *
 *    KELP_A_ADDR: NLA_BINARY, struct in_addr or struct in6_addr; its length
 *		   is the address family
 *    KELP_A_PORT: NLA_U16, network byte order, not 0
 *    KELP_A_SCOPE: NLA_U32, interface index, link-local IPv6 only; optional
 *    KELP_A_FLAGS: NLA_U32, KELP_LISTENER_FLAG_*; optional
 *    KELP_A_RULES: NLA_BINARY, up to KELP_RULES_MAX of struct kelp_rule, in the
 *		   order in which they are looked at; optional
 *
 *    KELP_A_SERVICES: NLA_NUL_STRING, up to KELP_SERVICES_MAX bytes: the RPC
 *		   services that may be called there: "all", "none", or full
 *		   names with commas between them; if absent "all" on a
 *		   loopback address, "none" on others
 *    KELP_A_SECRET: NLA_BINARY, 1 to KELP_SECRET_MAX bytes: what callers have
 *		   to send as authentication_data (over HTTP as Bearer
 *		   token); optional
 *    KELP_A_DEFER_ACCEPT: NLA_U32, 1 to KELP_DEFER_ACCEPT_MAX: for how many
 *		   seconds (TCP rounds them up) a connection is kept from being
 *		   accepted while nothing has come on it; until then it is TCP
 *		   that keeps it, and limits of connections do not see it;
 *		   optional
 *    KELP_A_FASTOPEN: NLA_U32, 1 to KELP_FASTOPEN_MAX: how many connections
 *		   may have brought data with their SYN and not be confirmed
 *		   yet, for each socket, and no more than net.core.somaxconn
 *		   (RFC 7413); net.ipv4.tcp_fastopen has to allow servers. Such
 *		   data may come twice; optional
 *
 *    Of the rules to allow or deny the first whose prefix has the client's
 *    address decides; if none has it, the opposite of the last holds. Trusted
 *    are proxies whose word is taken about whom they speak for: in
 *    X-Forwarded-For, and, with KELP_LISTENER_FLAG_PROXY, in the header of the
 *    PROXY protocol (version 1 or 2), with which every connection has to begin
 *    then. Nobody but trusted proxies may connect there, if there is any rule
 *    to trust; rules to allow or deny are about the client in the header.
 *
 *    EACCES: the port is below net.ipv4.ip_unprivileged_port_start and
 *    CAP_NET_BIND_SERVICE is missing; EADDRINUSE; EADDRNOTAVAIL; EEXIST: kelp
 *    itself listens there.
 *
 * KELP_CMD_LISTENER_SET: replace flags and rules of a listener, all of them.
 * Attributes as in ADD, without the last two and KELP_LISTENER_FLAG_PER_CPU,
 * which the sockets keep. These and open connections stay.
 *
 *    EINVAL: there is one of those three; ENOENT: no such listener.
 *
 * KELP_CMD_LISTENER_DEL: stop it; open connections stay. Address, port and
 * scope as in ADD.
 *
 *    ENOENT: no such listener.
 *
 * KELP_CMD_LISTENER_GET: a listing.
 *
 *    KELP_A_ID: NLA_U32
 *    KELP_A_ADDR, KELP_A_PORT, KELP_A_SCOPE: as in ADD
 *    KELP_A_FLAGS, KELP_A_RULES: as in ADD; no rules, no attribute; the flags
 *		   may have KELP_LISTENER_FLAG_SECRET, the secret is not told
 *    KELP_A_SERVICES, KELP_A_DEFER_ACCEPT, KELP_A_FASTOPEN: as in ADD
 *    KELP_A_ACCEPTED: NLA_U64, connections accepted
 *    KELP_A_ERROR: NLA_U32, errno of the last accept that failed; absent if
 *		   none did. EINVAL: something else closed the socket
 *
 *
 * Objects: what is served at exactly one path
 * -------------------------------------------
 *
 * KELP_CMD_OBJECT_PUT: serve a copy of a file's present content, instead of
 * the object that was there before, if any.
 *
 *    KELP_A_PATH: NLA_NUL_STRING, up to KELP_PATH_MAX bytes, begins with '/'
 *    KELP_A_FD: NLA_U32, a regular file that is open for reading
 *    KELP_A_TYPE: NLA_NUL_STRING, up to KELP_TYPE_MAX bytes, value of
 *		   Content-Type; if absent chosen by the path's suffix
 *
 *    EBADF: not an open file, or not open for reading; EFBIG: too large; and
 *    what reading it failed with.
 *
 * KELP_CMD_OBJECT_DEL
 *
 *    KELP_A_PATH
 *
 *    ENOENT: no such object.
 *
 * KELP_CMD_OBJECT_GET: a listing.
 *
 *    KELP_A_ID: NLA_U32
 *    KELP_A_PATH, KELP_A_TYPE: as in PUT
 *    KELP_A_SIZE: NLA_U64, bytes of the body
 *
 *
 * Sites: a directory that is served below a prefix
 * ------------------------------------------------
 *
 * KELP_CMD_SITE_ADD: files are opened with the credentials of the process that
 * sends this.
 *
 *    KELP_A_PREFIX: NLA_NUL_STRING, up to KELP_PATH_MAX bytes, begins with '/'
 *    KELP_A_HOST: NLA_NUL_STRING, up to KELP_HOST_MAX bytes, without a port;
 *		   "*.NAME": all hosts below NAME; absent or empty: any host
 *    KELP_A_FD: NLA_U32, a directory; O_PATH is enough
 *    KELP_A_DIR: NLA_NUL_STRING, up to KELP_DIR_MAX bytes, the directory's
 *		   name: only for show
 *    KELP_A_FLAGS: NLA_U32, KELP_SITE_FLAG_*; optional
 *    KELP_A_OPTIONS: NLA_NESTED, up to KELP_OPTIONS_MAX bytes; optional. In
 *		   it, in any order:
 *	 KELP_A_CACHE_CONTROL: NLA_NUL_STRING, value of Cache-Control; once
 *	 KELP_A_HEADER: NLA_NUL_STRING, "Name: value", any number of times; not
 *		   one of the fields that kelp writes itself
 *	 KELP_A_INDEX: NLA_NUL_STRING, name of a file that stands for its
 *		   directory, any number of times: the first that is there
 *		   does; if absent "index.html"
 *	 KELP_A_ERROR_PAGE: NLA_NUL_STRING, "STATUS=/path", once for each of
 *		   403, 404, 500 and 503: a page of the site that is the body of
 *		   answers with this status
 *	 KELP_A_MIME: NLA_NUL_STRING, "EXT=TYPE", any number of times: media
 *		   type of files with this extension
 *    KELP_A_REPLACE: NLA_FLAG, take the place of the site that has this prefix
 *		   and host, if there is one: no request sees neither or both
 *
 *    EEXIST: a site or route has this prefix and host, with KELP_A_REPLACE a
 *    route; ENOTDIR; EBADF.
 *
 * KELP_CMD_SITE_DEL
 *
 *    KELP_A_PREFIX, KELP_A_HOST
 *
 *    ENOENT: no such site.
 *
 * KELP_CMD_SITE_GET: a listing.
 *
 *    KELP_A_ID: NLA_U32
 *    KELP_A_PREFIX, KELP_A_HOST, KELP_A_DIR, KELP_A_FLAGS: as in ADD
 *    KELP_A_OPTIONS: as in ADD, absent if empty
 *    KELP_A_CACHED_OBJECTS: NLA_U64, files in the cache
 *    KELP_A_CACHED_BYTES: NLA_U64, their size
 *
 *
 * Routes: a handler of the module that answers below a prefix
 * -----------------------------------------------------------
 *
 * KELP_CMD_ROUTE_ADD
 *
 *    KELP_A_PREFIX, KELP_A_HOST: as for sites
 *    KELP_A_HANDLER: NLA_NUL_STRING, up to KELP_NAME_MAX bytes
 *    KELP_A_ARGS: NLA_NESTED, optional: up to KELP_ARGS_MAX times
 *        KELP_A_ARG: NLA_NUL_STRING, "KEY=VALUE", up to KELP_ARG_MAX bytes;
 *		   KELP_ARGS_BYTES in all. Each handler takes "body=SIZE", the
 *		   largest body of a request; the others are its own
 *
 *    EEXIST: a site or route has this prefix and host; ENOENT: no such handler;
 *    EINVAL: an argument that the handler does not know or that is not right.
 *
 * KELP_CMD_ROUTE_DEL
 *
 *    KELP_A_PREFIX, KELP_A_HOST
 *
 *    ENOENT: no such route.
 *
 * KELP_CMD_ROUTE_GET: a listing.
 *
 *    KELP_A_ID: NLA_U32
 *    KELP_A_PREFIX, KELP_A_HOST, KELP_A_HANDLER, KELP_A_ARGS: as in ADD
 *
 *
 * KELP_CMD_CONN_GET: a listing of the open connections. It is not a snapshot:
 * each entry is read while the connection goes on.
 *
 *    KELP_A_ID: NLA_U32
 *    KELP_A_ADDR, KELP_A_PORT, KELP_A_SCOPE: our end
 *    KELP_A_PEER_ADDR, KELP_A_PEER_PORT, KELP_A_PEER_SCOPE: the other end
 *    KELP_A_CLIENT_ADDR, KELP_A_CLIENT_PORT: whom a PROXY header announced;
 *		   absent if none did. KELP_A_CLIENT_SCOPE is never there
 *    KELP_A_PROTO: NLA_NUL_STRING, absent until it is known
 *    KELP_A_STATE: NLA_U32, enum kelp_conn_state: what it waits for
 *    KELP_A_FLAGS: NLA_U32, KELP_CONN_FLAG_*
 *    KELP_A_CPU: NLA_U32, of the worker it belongs to
 *    KELP_A_AGE_MS: NLA_U64, since it was accepted
 *    KELP_A_WAIT_MS: NLA_U64, since it began to wait or the last progress
 *    KELP_A_REQUESTS: NLA_U64, messages answered
 *    KELP_A_RX_BYTES, KELP_A_TX_BYTES: NLA_U64, received and given to TCP
 *    KELP_A_QUEUED_BYTES: NLA_U64, of answers that TCP did not take yet
 *    KELP_A_MEMORY: NLA_U64, bytes allocated for its buffers
 *
 *
 * KELP_CMD_STATS_GET: a listing of counters and gauges.
 *
 *    KELP_A_NAME: NLA_NUL_STRING
 *    KELP_A_VALUE: NLA_U64
 *    KELP_A_HELP: NLA_NUL_STRING, one line
 *    KELP_A_FLAGS: NLA_U32, KELP_STAT_FLAG_*
 *
 *
 * Limits and time-outs
 * --------------------
 *
 * KELP_CMD_LIMITS_GET: a listing.
 *
 *    KELP_A_NAME: NLA_NUL_STRING
 *    KELP_A_UNIT: NLA_NUL_STRING, "ms", "bytes" or "" for a count
 *    KELP_A_VALUE: NLA_U64, in that unit, as the next ones
 *    KELP_A_DEFAULT, KELP_A_MIN, KELP_A_MAX: NLA_U64
 *    KELP_A_HELP: NLA_NUL_STRING, one line
 *
 * KELP_CMD_LIMITS_SET
 *
 *    KELP_A_NAME: NLA_NUL_STRING, up to KELP_NAME_MAX bytes
 *    KELP_A_VALUE: NLA_U64
 *
 *    ENOENT: no such limit; ERANGE: not within KELP_A_MIN and KELP_A_MAX.
 *
 *
 * KELP_CMD_STATUS_GET: takes no attribute, answers with one message.
 *
 *    KELP_A_VERSION: NLA_NUL_STRING, of the module
 *    KELP_A_GENERATION: NLA_U32
 *    KELP_A_DRAINING: NLA_U8, 1 while draining
 *    KELP_A_CONNECTIONS: NLA_U32, open
 *    KELP_A_LISTENERS: NLA_U32
 *    KELP_A_MEMORY: NLA_U64, bytes in the connections' buffers and queues
 *
 * KELP_CMD_DRAIN: takes no attribute. All listeners are closed, idle
 * connections too, the others after their answer. The command does not wait:
 * see KELP_A_CONNECTIONS in KELP_CMD_STATUS_GET. The next
 * KELP_CMD_LISTENER_ADD ends it.
 *
 *
 * Events
 * ------
 *
 * To the multicast group KELP_MCGRP_EVENTS, which takes CAP_NET_ADMIN to join,
 * go messages with KELP_CMD_EVENT, in the namespace that they are about:
 *
 *    KELP_A_EVENT: NLA_U32, enum kelp_event; skip those that are not known
 *    KELP_A_GENERATION: NLA_U32
 *    KELP_A_ADDR, KELP_A_PORT, KELP_A_SCOPE: of the listener, if it is about
 *		   one
 *    KELP_A_ERROR: NLA_U32, errno; KELP_EVENT_LISTENER_FAILED only
 *
 * Several changes in quick succession may be told by one KELP_EVENT_CONFIG;
 * every event may come twice. A receiver that is too slow loses events and
 * gets ENOBUFS from recv(): then list again.
 */
#ifndef _UAPI_LINUX_KELP_H
#define _UAPI_LINUX_KELP_H

#include <linux/types.h>

#define KELP_GENL_NAME		"kelp"
#define KELP_GENL_VERSION	1
#define KELP_MCGRP_EVENTS	"events"

/* Longest strings, in bytes, without the terminating NUL. */
#define KELP_PATH_MAX		1023
#define KELP_HOST_MAX		255
#define KELP_DIR_MAX		4095
#define KELP_TYPE_MAX		255
#define KELP_NAME_MAX		63
#define KELP_OPTION_MAX		2047

/* Most bytes of attributes in KELP_A_OPTIONS. */
#define KELP_OPTIONS_MAX	8192
#define KELP_ARG_MAX		1023

/* Arguments of a route, and bytes of all of them with their NULs. */
#define KELP_ARGS_MAX		16
#define KELP_ARGS_BYTES		4096

/* Most rules of a listener. */
#define KELP_RULES_MAX		256
#define KELP_SERVICES_MAX	1024
#define KELP_SECRET_MAX		256

/* A buffer of this size holds any message that kelp sends. */
#define KELP_MESSAGE_MAX	16384

/* Append only. */
enum kelp_cmd {
	KELP_CMD_UNSPEC,
	KELP_CMD_STATUS_GET,
	KELP_CMD_DRAIN,
	KELP_CMD_LISTENER_ADD,
	KELP_CMD_LISTENER_DEL,
	KELP_CMD_LISTENER_GET,
	KELP_CMD_OBJECT_PUT,
	KELP_CMD_OBJECT_DEL,
	KELP_CMD_OBJECT_GET,
	KELP_CMD_SITE_ADD,
	KELP_CMD_SITE_DEL,
	KELP_CMD_SITE_GET,
	KELP_CMD_ROUTE_ADD,
	KELP_CMD_ROUTE_DEL,
	KELP_CMD_ROUTE_GET,
	KELP_CMD_CONN_GET,
	KELP_CMD_STATS_GET,
	KELP_CMD_LIMITS_GET,
	KELP_CMD_LIMITS_SET,
	KELP_CMD_EVENT,
	KELP_CMD_LISTENER_SET,

	__KELP_CMD_LAST,
};

#define KELP_CMD_MAX (__KELP_CMD_LAST - 1)

/* Append only. What each means is told with the commands above. */
enum kelp_attr {
	KELP_A_UNSPEC,
	KELP_A_PAD,
	KELP_A_NEXT,
	KELP_A_ENTRY,
	KELP_A_GENERATION,
	KELP_A_ID,
	KELP_A_ADDR,
	KELP_A_PORT,
	KELP_A_SCOPE,
	KELP_A_ACCEPTED,
	KELP_A_ERROR,
	KELP_A_PATH,
	KELP_A_FD,
	KELP_A_TYPE,
	KELP_A_SIZE,
	KELP_A_PREFIX,
	KELP_A_HOST,
	KELP_A_DIR,
	KELP_A_FLAGS,
	KELP_A_CACHED_OBJECTS,
	KELP_A_CACHED_BYTES,
	KELP_A_HANDLER,
	KELP_A_PEER_ADDR,
	KELP_A_PEER_PORT,
	KELP_A_PEER_SCOPE,
	KELP_A_PROTO,
	KELP_A_STATE,
	KELP_A_CPU,
	KELP_A_AGE_MS,
	KELP_A_WAIT_MS,
	KELP_A_REQUESTS,
	KELP_A_RX_BYTES,
	KELP_A_TX_BYTES,
	KELP_A_QUEUED_BYTES,
	KELP_A_NAME,
	KELP_A_VALUE,
	KELP_A_HELP,
	KELP_A_UNIT,
	KELP_A_DEFAULT,
	KELP_A_MIN,
	KELP_A_MAX,
	KELP_A_VERSION,
	KELP_A_DRAINING,
	KELP_A_CONNECTIONS,
	KELP_A_LISTENERS,
	KELP_A_MEMORY,
	KELP_A_EVENT,
	KELP_A_OPTIONS,
	KELP_A_CACHE_CONTROL,
	KELP_A_HEADER,
	KELP_A_INDEX,
	KELP_A_ERROR_PAGE,
	KELP_A_MIME,
	KELP_A_REPLACE,
	KELP_A_ARGS,
	KELP_A_ARG,
	KELP_A_RULES,
	KELP_A_CLIENT_ADDR,
	KELP_A_CLIENT_PORT,
	KELP_A_CLIENT_SCOPE,
	KELP_A_SERVICES,
	KELP_A_SECRET,
	KELP_A_DEFER_ACCEPT,
	KELP_A_FASTOPEN,

	__KELP_A_LAST,
};

#define KELP_ATTR_MAX (__KELP_A_LAST - 1)

/* KELP_A_FLAGS of a site. */
#define KELP_SITE_FLAG_DOTFILES	(1U << 0)	/* names that begin with a dot
						 * are served too
						 */
#define KELP_SITE_FLAG_NO_VARIANTS (1U << 1)	/* foo.br, foo.zst and foo.gz do
						 * not stand in for foo
						 */
#define KELP_SITE_FLAG_LISTING	(1U << 2)	/* directories without an index
						 * are listed
						 */
#define KELP_SITE_FLAG_ALL	(KELP_SITE_FLAG_DOTFILES | \
				 KELP_SITE_FLAG_NO_VARIANTS | \
				 KELP_SITE_FLAG_LISTING)

/* KELP_A_FLAGS of a listener. */
#define KELP_LISTENER_FLAG_PROXY (1U << 0)	/* connections begin with a
						 * PROXY header
						 */
#define KELP_LISTENER_FLAG_SECRET (1U << 1)	/* in listings: there is a
						 * secret
						 */
#define KELP_LISTENER_FLAG_PER_CPU (1U << 2)	/* a listening socket for each
						 * CPU; others of root's may
						 * join with SO_REUSEPORT
						 */
#define KELP_LISTENER_FLAG_ALL	(KELP_LISTENER_FLAG_PROXY | \
				 KELP_LISTENER_FLAG_PER_CPU)

#define KELP_DEFER_ACCEPT_MAX	300	/* seconds */
#define KELP_FASTOPEN_MAX	32767

/* What a rule of a listener says about a prefix. Append only. */
enum kelp_rule_action {
	KELP_RULE_ALLOW,	/* these may come */
	KELP_RULE_DENY,		/* these may not */
	KELP_RULE_TRUST,	/* these are proxies whose word is taken */
};

/* An element of KELP_A_RULES. */
struct kelp_rule {
	__u8 action;		/* enum kelp_rule_action */
	__u8 family;		/* 4 or 6 */
	__u8 prefix_len;	/* bits */
	__u8 zero;		/* has to be 0 */
	__u8 addr[16];		/* network order; what is behind the prefix, and
				 * the last 12 bytes of IPv4, are 0
				 */
};

/* KELP_A_FLAGS of a connection. */
#define KELP_CONN_FLAG_HANDED	(1U << 0)	/* the worker serves it now */
#define KELP_CONN_FLAG_CLOSING	(1U << 1)	/* reads no more requests */

/* KELP_A_FLAGS of a statistics entry. */
#define KELP_STAT_FLAG_GAUGE	(1U << 0)	/* goes up and down; without it
						 * a counter since the start
						 */

/* KELP_A_STATE of a connection: what it waits for. Append only. */
enum kelp_conn_state {
	KELP_STATE_IDLE,	/* the next message */
	KELP_STATE_HEADER,	/* the rest of a message's head */
	KELP_STATE_BODY,	/* more of a message's body */
	KELP_STATE_ASYNC,	/* an answer that is being made */
	KELP_STATE_WRITE,	/* the peer to take an answer */
	KELP_STATE_LINGER,	/* the peer to close */
};

/* KELP_A_EVENT. Append only. */
enum kelp_event {
	KELP_EVENT_UNSPEC,
	KELP_EVENT_CONFIG,		/* the generation changed */
	KELP_EVENT_LISTENER_ADDED,
	KELP_EVENT_LISTENER_DELETED,
	KELP_EVENT_LISTENER_FAILED,	/* it accepts no more */
	KELP_EVENT_DRAINING,		/* KELP_CMD_DRAIN began */
};

#endif /* _UAPI_LINUX_KELP_H */
