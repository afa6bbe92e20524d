/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reply's bytes, right or damaged. Pure; the frame itself is taken apart by
 * tests/bench/prpc.h.
 */
#ifndef TEST_ANSWER_H
#define TEST_ANSWER_H

#include "../bench/prpc.h"

struct script;

/**
 * struct answer - a reply
 * @id: correlation_id of the call
 * @code: error_code
 * @text: error_text; only with a code
 * @message: goes into field 1, when it has bytes
 * @number: goes into field @number_field, when that is not 0
 * @number_field: see there
 * @attachment: behind the message
 * @checksum_type: as the call had it
 * @checksum_attachment: likewise
 */
struct answer {
	int64_t id;
	int32_t code;
	struct span text;
	struct span message;
	uint64_t number;
	uint32_t number_field;
	struct span attachment;
	int32_t checksum_type;
	bool checksum_attachment;
};

/**
 * answer_room() - bytes that answer_write() writes at most
 * @answer: the reply
 * @script: what is wrong with it
 */
size_t answer_room(const struct answer *answer, const struct script *script);

/**
 * answer_write() - write a reply
 * @answer: the reply
 * @script: what is wrong with it: @code to @amount there
 * @to: answer_room() bytes
 *
 * Return: bytes that were written.
 */
size_t answer_write(const struct answer *answer, const struct script *script,
		    uint8_t *to);

/**
 * answer_pattern() - the bytes of a message that was asked for by its size
 * @to: where they go
 * @len: how many
 */
void answer_pattern(uint8_t *to, size_t len);

#endif
