// SPDX-License-Identifier: MIT
/*
 * Lists of servers: understanding HOST:PORT, looking names up, and putting equal
 * addresses together. Looking up may block. Any one thread at a time.
 */
#include "naming_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Elements that fit in the beginning. */
#define ROOM_FIRST 4

/* Longest name that DNS has, with the final dot. */
#define NAME_MOST 254

/**
 * struct found - addresses so far
 * @at: they
 * @count: how many
 * @room: how many fit
 */
struct found {
	struct address *at;
	size_t count;
	size_t room;
};

/* Make room for one more element of an array. */
static int grow(void **at, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : ROOM_FIRST;
	void *p;

	if (count < *room)
		return 0;
	/* no overflow: what there is takes at most half of all memory */
	p = realloc(*at, more * size);
	if (!p)
		return -ENOMEM;
	*at = p;
	*room = more;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal, nothing but digits, from 1 to @most, which is small; else 0. */
static unsigned int number(const char *text, unsigned int most)
{
	unsigned int value = 0;

	do {
		if (!is_digit(*text))
			return 0;
		value = value * 10 + (unsigned int)(*text - '0');
		if (value > most)
			return 0;
	} while (*++text);
	return value;
}

static void address_set(struct address *address, const void *addr,
			socklen_t len, unsigned int port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&address->addr;

	memset(&address->addr, 0, sizeof(address->addr));
	memcpy(&address->addr, addr, len);
	address->len = len;
	if (in->sin_family == AF_INET)
		in->sin_port = htons((uint16_t)port);
	else
		in6->sin6_port = htons((uint16_t)port);
}

/*
 * Only in the four parts that everybody means: getaddrinfo() takes 1.2, and
 * reads 010.0.0.1 as 8.0.0.1.
 */
static int parse_v4(const char *host, unsigned int port,
		    struct address *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		return -EINVAL;
	address_set(address, &in, sizeof(in), port);
	return 0;
}

/* What stands in brackets; getaddrinfo() knows interfaces behind a '%'. */
static int parse_v6(const char *host, unsigned int port,
		    struct address *address)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET6,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST,
	};
	struct addrinfo *info;
	int err;

	err = getaddrinfo(host, NULL, &hints, &info);
	if (err)
		return err == EAI_MEMORY ? -ENOMEM : -EINVAL;
	address_set(address, info->ai_addr, info->ai_addrlen, port);
	freeaddrinfo(info);
	return 0;
}

/* Of a name; whatever the locale says. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       is_digit(c) || c == '-' || c == '_' || c == '.';
}

/*
 * Something to ask a name server for. What ends in a number is an address with a
 * mistake in it, such as 10.0.0.256: to ask for that would only take time.
 */
static bool is_name(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;
	size_t i, len = strlen(host);

	if (!len || len > NAME_MOST)
		return false;
	for (i = 0; i < len; i++)
		if (!is_letter(host[i]))
			return false;
	/* with a dot at its end it is meant as a name, whatever it is */
	while (is_digit(*last))
		last++;
	return *last || host[len - 1] == '.';
}

/* HOST, without brackets, is numeric or becomes server->name. */
static int parse_host(const char *host, struct naming_server *server)
{
	if (!parse_v4(host, server->port, &server->address))
		return 0;
	if (!is_name(host))
		return -EINVAL;
	server->name = strdup(host);
	return server->name ? 0 : -ENOMEM;
}

static int parse_server(char *text, const char *weight,
			struct naming_server *server)
{
	char *colon = strrchr(text, ':');
	size_t len;

	server->address.weight = weight ? number(weight, NAMING_WEIGHT) : 1;
	if (!colon || !server->address.weight)
		return -EINVAL;
	server->port = number(colon + 1, UINT16_MAX);
	if (!server->port)
		return -EINVAL;
	len = (size_t)(colon - text);
	*colon = '\0';
	if (*text != '[')
		return parse_host(text, server);
	if (text[len - 1] != ']')
		return -EINVAL;
	text[len - 1] = '\0';
	return parse_v6(text + 1, server->port, &server->address);
}

int naming_list_add(struct naming_list *list, char *text, const char *weight)
{
	struct naming_server server = { .name = NULL };
	void *at = list->at;
	int err;

	err = grow(&at, list->count, &list->room, sizeof(server));
	if (err)
		return err;
	list->at = at;
	err = parse_server(text, weight, &server);
	if (err)
		return err;
	list->at[list->count++] = server;
	return 0;
}

void naming_list_exit(struct naming_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->at[i].name);
	free(list->at);
	*list = (struct naming_list){ 0 };
}

static int found_add(struct found *found, const struct address *address)
{
	void *at = found->at;
	int err;

	err = grow(&at, found->count, &found->room, sizeof(*address));
	if (err)
		return err;
	found->at = at;
	found->at[found->count++] = *address;
	return 0;
}

/* Why a name was not found. */
static int look_up_error(int err)
{
	switch (err) {
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return -EHOSTUNREACH;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_SYSTEM:
		if (errno == ENOMEM || errno == EMFILE || errno == ENFILE)
			return -errno;
		break;
	}
	/* the name may well exist: nobody could tell */
	return -EAGAIN;
}

/* The first of IPv4, or of any kind. */
static const struct addrinfo *info_first(const struct addrinfo *info)
{
	const struct addrinfo *i;

	for (i = info; i; i = i->ai_next)
		if (i->ai_family == AF_INET)
			return i;
	return info;
}

static int look_up(const struct naming_server *server, bool all,
		   struct found *found)
{
	/* not IPv6 on a host that has none, and the other way round */
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG,
	};
	struct address address = server->address;
	const struct addrinfo *i;
	struct addrinfo *info;
	int err;

	err = getaddrinfo(server->name, NULL, &hints, &info);
	if (err)
		return look_up_error(err);
	for (i = all ? info : info_first(info); i && !err; i = i->ai_next) {
		address_set(&address, i->ai_addr, i->ai_addrlen, server->port);
		err = found_add(found, &address);
		if (!all)
			break;
	}
	freeaddrinfo(info);
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

/* Put equal ones together. */
static void found_merge(struct found *found)
{
	struct address *last = found->at;
	size_t i;

	if (!found->count)
		return;
	qsort(found->at, found->count, sizeof(*found->at), compare);
	for (i = 1; i < found->count; i++) {
		if (compare(last, &found->at[i])) {
			*++last = found->at[i];
			continue;
		}
		last->weight += found->at[i].weight;
		if (last->weight > NAMING_WEIGHT)
			last->weight = NAMING_WEIGHT;
	}
	found->count = (size_t)(last - found->at) + 1;
}

int naming_list_resolve(const struct naming_list *list, bool all,
			struct address **addresses, size_t *count)
{
	struct found found = { .at = NULL };
	const struct naming_server *server;
	size_t i;
	int err;

	for (i = 0; i < list->count; i++) {
		server = &list->at[i];
		err = server->name ? look_up(server, all, &found) :
				     found_add(&found, &server->address);
		if (err) {
			free(found.at);
			return err;
		}
	}
	found_merge(&found);
	*addresses = found.at;
	*count = found.count;
	return 0;
}

void address_print(const struct address *address, char *text, size_t room)
{
	const struct sockaddr_in6 *in6 = (const void *)&address->addr;
	const struct sockaddr_in *in = (const void *)&address->addr;
	char host[INET6_ADDRSTRLEN] = "?";

	if (in->sin_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(text, room, "%s:%u", host, ntohs(in->sin_port));
		return;
	}
	inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
	/* a number, since an interface's name may change */
	if (in6->sin6_scope_id)
		snprintf(text, room, "[%s%%%u]:%u", host, in6->sin6_scope_id,
			 ntohs(in6->sin6_port));
	else
		snprintf(text, room, "[%s]:%u", host, ntohs(in6->sin6_port));
}
