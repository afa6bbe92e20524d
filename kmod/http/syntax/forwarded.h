/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * X-Forwarded-For: from whom a request comes that proxies have passed on.
 * Pure: looks at bytes, asks whom to believe; also compiled in user space.
 */
#ifndef KELP_HTTP_FORWARDED_H
#define KELP_HTTP_FORWARDED_H

#include "net/addr.h"
#include "parse.h"

/**
 * http_forwarded_back() - go back through one field's value
 * @value: the value; its last element is what the nearest proxy added
 * @len: its length
 * @trusted: is this address one of our proxies'?
 * @arg: for @trusted
 * @left: elements that may still be looked at; counted down
 * @client: who sent the request as far as is known; a proxy of ours on entry
 *
 * Elements are IPv4 or IPv6 addresses, with brackets and ports or without.
 *
 * Context: any.
 * Return: true when @client, perhaps changed, is again one of ours, so that
 *	the field before is to be asked; false when the answer is found, or
 *	nothing further can be believed.
 */
bool http_forwarded_back(const char *value, size_t len,
			 bool (*trusted)(const struct kelp_addr *addr,
					 void *arg),
			 void *arg, unsigned int *left,
			 struct kelp_addr *client);

/**
 * http_forwarded_client() - who sent a request
 * @req: the request, its head complete
 * @head: first byte of its head
 * @trusted: is this address one of our proxies'?
 * @arg: for @trusted
 * @client: on entry who is at the other end of the connection, and one of our
 *	proxies; set to the right-most address that is not
 *
 * Several fields are one list (RFC 9110 5.3). When all are proxies of ours, or
 * an element is no address, the last one that could be believed stays.
 *
 * Context: any.
 */
void http_forwarded_client(const struct http_req *req, const u8 *head,
			   bool (*trusted)(const struct kelp_addr *addr,
					   void *arg),
			   void *arg, struct kelp_addr *client);

#endif
