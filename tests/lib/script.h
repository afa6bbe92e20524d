/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a call tells the server to do wrong, in words: server.h lists them. Pure.
 */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How a reply is damaged; struct script.amount is the number behind the word. */
enum damage {
	DAMAGE_NONE,
	DAMAGE_GARBAGE,
	DAMAGE_MAGIC,
	DAMAGE_META,
	DAMAGE_EMPTY,
	DAMAGE_LONG_META,
	DAMAGE_CLAIM,
	DAMAGE_ATTACHMENT,
	DAMAGE_SUM,
	DAMAGE_PAYLOAD,
	DAMAGE_COMPRESS,
	DAMAGE_REQUEST,
	DAMAGE_NO_ID,
	DAMAGE_WRONG_ID,
};

/* struct script.amount and .stop_ms where no number stood. */
#define SCRIPT_NONE INT64_MIN

/**
 * struct script - what becomes of a call; zeroes: it is answered
 * @late_ms: when @late: after so many milliseconds
 * @late: not at once
 * @held: when the test says so
 * @never: not at all
 * @unrun: without carrying it out
 * @twice: two times
 * @code: with this error_code
 * @words: with an error_text of so many bytes, when @worded
 * @worded: see @words
 * @large: with a message of so many bytes, when @enlarged
 * @enlarged: see @large
 * @damage: enum damage
 * @amount: what it says there
 * @ending: enum ending: how the connection ends,
 * @end_at: behind so many bytes of the reply; more than it has: behind all
 * @stop: the connection is not read any more,
 * @stop_ms: for so long; SCRIPT_NONE: until the test says so
 * @pieces: the reply goes out in pieces of so many bytes; 0: whole
 *
 * All have the same type because a table says where a word's number goes.
 */
struct script {
	int64_t late_ms;
	int64_t late;
	int64_t held;
	int64_t never;
	int64_t unrun;
	int64_t twice;
	int64_t code;
	int64_t words;
	int64_t worded;
	int64_t large;
	int64_t enlarged;
	int64_t damage;
	int64_t amount;
	int64_t ending;
	int64_t end_at;
	int64_t stop;
	int64_t stop_ms;
	int64_t pieces;
};

/**
 * script_read() - understand words
 * @script: zeroes; filled
 * @text: begins with '#', or there is nothing to understand
 * @len: its bytes
 *
 * Return: bytes up to the rest of the message, or -EINVAL: a word that is not
 * known, or its number is missing or out of range.
 */
ssize_t script_read(struct script *script, const char *text, size_t len);

#endif
