/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PROXY protocol, versions 1 and 2: what a balancer says about a
 * connection before its first byte. Pure: bytes in, verdict out; no
 * allocation, no state, also compiled in user space.
 */
#ifndef KELP_NET_PROXYLINE_H
#define KELP_NET_PROXYLINE_H

#include "net/addr.h"

/* The longest header that is taken: version 1 needs 107 bytes, addresses of
 * version 2 need 52; the rest is room for what a balancer adds.
 */
#define KELP_PROXYLINE_MAX 4096

/**
 * kelp_proxyline_parse() - examine the beginning of a connection
 * @data: its first bytes
 * @len: how many there are, those of earlier calls included
 * @client: set with a length returned: who is announced; its family is 0 when
 *	the header announces nobody (LOCAL, UNKNOWN, families other than IP):
 *	then the connection's own address counts
 *
 * The checksum of version 2 is verified when there is one. Other additions are
 * skipped.
 *
 * Context: any.
 * Return: > 0: length of the header; 0: more bytes are needed; -1: this is no
 *	header, whatever follows.
 */
int kelp_proxyline_parse(const u8 *data, size_t len, struct kelp_addr *client);

#endif
