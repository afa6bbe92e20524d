// SPDX-License-Identifier: GPL-2.0-only
/* Bytes on their way: see outlet.h. */
#include "outlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What an empty one keeps at most. */
#define KEEP (1u << 20)

uint8_t *outlet_room(struct outlet *outlet, size_t len)
{
	size_t left = outlet_left(outlet), room;
	uint8_t *data;

	if (len <= outlet->room - outlet->end)
		return outlet->data + outlet->end;
	/* worth it only when little is moved for much room */
	if (outlet->begin > left && len <= outlet->room - left) {
		memmove(outlet->data, outlet_first(outlet), left);
		outlet->begin = 0;
		outlet->end = left;
		return outlet->data + left;
	}
	room = outlet->end + len;
	if (room < 2 * outlet->room)
		room = 2 * outlet->room;
	data = realloc(outlet->data, room);
	if (!data)
		return NULL;
	outlet->data = data;
	outlet->room = room;
	return data + outlet->end;
}

int outlet_add(struct outlet *outlet, const void *data, size_t len)
{
	uint8_t *to;

	if (!len)
		return 0;
	to = outlet_room(outlet, len);
	if (!to)
		return -ENOMEM;
	memcpy(to, data, len);
	outlet->end += len;
	return 0;
}

void outlet_drop(struct outlet *outlet, size_t len)
{
	outlet->begin += len;
	if (outlet_left(outlet))
		return;
	outlet->begin = 0;
	outlet->end = 0;
	if (outlet->room > KEEP)
		outlet_free(outlet);
}

ssize_t outlet_send(struct outlet *outlet, int fd, size_t most)
{
	size_t len = outlet_left(outlet);
	ssize_t sent;

	if (most && len > most)
		len = most;
	do {
		sent = send(fd, outlet_first(outlet), len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
	outlet_drop(outlet, (size_t)sent);
	return sent;
}

void outlet_free(struct outlet *outlet)
{
	free(outlet->data);
	*outlet = (struct outlet){ 0 };
}
