/* SPDX-License-Identifier: MIT */
/*
 * The course of a call that was started: which attempts are made, and when it
 * has ended. All of it the I/O thread's.
 */
#ifndef LIBKELP_COURSE_H
#define LIBKELP_COURSE_H

#include <stdbool.h>
#include <stdint.h>

struct attempt;
struct frame_reply;
struct io;
struct kelp_call;

/* A call has come. */
void course_begin(struct io *io, struct kelp_call *call);

/* It is not wanted any more; the reference of the word is given back. */
void course_cancel(struct kelp_call *call);

/* The channel ends. */
void course_stop(struct kelp_call *call);

/* There is a reply, whose bytes are at @data. */
void course_replied(struct attempt *attempt, const struct frame_reply *frame,
		    const uint8_t *data);

/**
 * course_failed() - an attempt came to nothing
 * @attempt: the attempt, which its connection knows no longer
 * @code: as kelp_reply.code would be
 * @sent: bytes of it left this host
 * @unreached: there was no connection, by the server's fault
 * @text: what to say
 */
void course_failed(struct attempt *attempt, int code, bool sent, bool unreached,
		   const char *text);

#endif
