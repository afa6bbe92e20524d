/* SPDX-License-Identifier: MIT */
/*
 * Naming: from a target, as kelp_channel_create() takes it, to the addresses of
 * servers. May block for as long as the name server lets it. Any one thread at
 * a time.
 *
 * A file is best replaced by renaming another one onto it. One that is written
 * in place may be read when half of it is there; a look at it soon afterwards
 * puts this right.
 */
#ifndef LIBKELP_NAMING_H
#define LIBKELP_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Room that address_print() needs for any address, the NUL included. */
#define ADDRESS_TEXT 64

struct naming;

/**
 * struct address - where a server is
 * @addr: IPv4 or IPv6, with the port; zero behind @len, and where it has gaps,
 *	so that bytes can be compared
 * @len: of @addr
 * @weight: 1 to 1000
 */
struct address {
	struct sockaddr_storage addr;
	socklen_t len;
	unsigned int weight;
};

/**
 * naming_create() - understand a target
 * @naming: set to what is needed to look it up
 * @target: see kelp_channel_create(); copied
 *
 * Nothing is looked up and no file is opened.
 *
 * Return: 0, -EINVAL when @target has none of the forms, -ENOMEM.
 */
int naming_create(struct naming **naming, const char *target);

/**
 * naming_destroy() - forget a target
 * @naming: from naming_create(), not to be used afterwards; or NULL
 */
void naming_destroy(struct naming *naming);

/**
 * naming_resolve() - where are the servers now?
 * @naming: the target
 * @list: set to them, in an order that depends on nothing but what they are;
 *	none is there twice, weights of equal ones are added up, to 1000 at
 *	most. For free(); NULL when there are none, which only a file can say
 * @count: set to how many there are
 *
 * A name is one server, by its first IPv4 address, or IPv6 when it has no other;
 * but dns:// means all its addresses.
 *
 * Return: 0, and otherwise nothing is set: -ENOENT when there is no such file;
 * -EBADMSG when it is no regular file, longer than 1 MiB, or has a line that
 * cannot be understood; -EHOSTUNREACH when a name does not exist; -EAGAIN when
 * the name server does not answer, or somebody is just writing the file;
 * -ENOMEM, -EMFILE, -ENFILE; or another -errno of open(), fstat(), read().
 */
int naming_resolve(struct naming *naming, struct address **list, size_t *count);

/**
 * naming_changes() - can there be other servers the next time?
 * @naming: the target
 *
 * Return: true for file:// and dns://.
 */
bool naming_changes(const struct naming *naming);

/**
 * naming_unchanged() - need they be looked up again?
 * @naming: the target
 *
 * Does not block, and costs one system call for a file. Names that stand in a
 * file are looked up when it changes.
 *
 * Return: true when naming_resolve() would do what it did the last time, as far
 * as that can be known, or a name in the file could not be found less than five
 * seconds ago; always false for dns://.
 */
bool naming_unchanged(struct naming *naming);

/**
 * naming_refresh_ms() - how often to look them up again
 * @naming: the target
 *
 * Return: milliseconds; 0 for what does not change.
 */
int naming_refresh_ms(const struct naming *naming);

/**
 * address_print() - an address as text
 * @address: the address
 * @text: set to 1.2.3.4:80, [::1]:80 or [fe80::1%2]:80; cut off when it is longer
 * @room: bytes there, ADDRESS_TEXT for any
 */
void address_print(const struct address *address, char *text, size_t room);

#endif
