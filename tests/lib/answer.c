// SPDX-License-Identifier: GPL-2.0-only
/* A reply's bytes, right or damaged: see answer.h. */
#include "answer.h"

#include <string.h>

#include "dice.h"
#include "script.h"

/* Head, meta but for its text, and what frames the fields: less than that. */
#define FIXED 256

/* The first byte of no message: field 0, of a type that does not exist. */
#define NO_MESSAGE 0x07

#define FIELD_VARINT(number) ((number) << 3)
#define FIELD_BYTES(number) ((number) << 3 | 2)

void answer_pattern(uint8_t *to, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (uint8_t)('a' + i % 26);
}

size_t answer_room(const struct answer *answer, const struct script *script)
{
	size_t room = FIXED + answer->text.len + answer->message.len +
		      answer->attachment.len;

	if (script->worded)
		room += (size_t)script->words;
	if (script->enlarged)
		room += (size_t)script->large;
	if (script->damage == DAMAGE_GARBAGE)
		room += (size_t)script->amount;
	return room;
}

/* Anything but the beginning of a frame. */
static size_t write_garbage(uint64_t seed, size_t len, uint8_t *to)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (uint8_t)dice_roll(&seed);
	if (len && to[0] == 'P')
		to[0] = 'p';
	return len;
}

static uint8_t *put_number(uint8_t *at, uint32_t field, uint64_t value)
{
	at = pb_put_varint(at, FIELD_VARINT(field));
	return pb_put_varint(at, value);
}

static size_t varint_len(uint64_t value)
{
	uint8_t bytes[10];

	return (size_t)(pb_put_varint(bytes, value) - bytes);
}

/* RpcResponseMeta; its text may be longer than any buffer here. */
static uint8_t *put_response(uint8_t *at, const struct answer *answer,
			     const struct script *script)
{
	uint64_t code = (uint64_t)(int64_t)answer->code;
	size_t len = script->worded ? (size_t)script->words : answer->text.len;
	size_t size = 1 + varint_len(code);

	if (len)
		size += 1 + varint_len(len) + len;
	*at++ = FIELD_BYTES(2);
	at = pb_put_varint(at, size);
	at = put_number(at, 1, code);
	if (!len)
		return at;
	*at++ = FIELD_BYTES(2);
	at = pb_put_varint(at, len);
	if (!script->worded)
		return put_span(at, answer->text);
	answer_pattern(at, len);
	return at + len;
}

/* What a call has there, in which no reply is. */
static uint8_t *put_request(uint8_t *at)
{
	static const uint8_t request[] = { 0x0a, 6, 0x0a, 1, 'S', 0x12, 1, 'M' };

	return put_span(at, (struct span){ request, sizeof(request) });
}

static uint8_t *put_id(uint8_t *at, const struct answer *answer,
		       const struct script *script)
{
	uint64_t id = (uint64_t)answer->id;

	if (script->damage == DAMAGE_NO_ID)
		return at;
	if (script->damage == DAMAGE_WRONG_ID)
		id = script->amount == SCRIPT_NONE ?
			~id : id + (uint64_t)script->amount;
	return put_number(at, 4, id);
}

/* Up to the checksum, whose four bytes are at *sum when there are any. */
static uint8_t *put_meta(uint8_t *at, const struct answer *answer,
			 const struct script *script, size_t attachment,
			 uint8_t **sum)
{
	bool summed = answer->checksum_type || script->damage == DAMAGE_SUM;

	if (script->damage == DAMAGE_REQUEST)
		at = put_request(at);
	else
		at = put_response(at, answer, script);
	if (script->damage == DAMAGE_COMPRESS)
		at = put_number(at, 3, (uint64_t)script->amount);
	at = put_id(at, answer, script);
	if (attachment)
		at = put_number(at, 5, attachment);
	*sum = NULL;
	if (!summed)
		return at;
	at = put_number(at, 11, 1);
	*at++ = FIELD_BYTES(12);
	*at++ = 4;
	*sum = at;
	at += 4;
	if (answer->checksum_attachment)
		at = put_number(at, 13, 1);
	return at;
}

/* A method without a message says what is asked for in a field it has not. */
static uint8_t *put_payload(uint8_t *at, const struct answer *answer,
			    const struct script *script)
{
	uint32_t field = answer->number_field == 1 ? 15 : 1;

	if (script->damage == DAMAGE_PAYLOAD) {
		*at++ = NO_MESSAGE;
		return at;
	}
	if (script->enlarged) {
		at = pb_put_varint(at, FIELD_BYTES(field));
		at = pb_put_varint(at, (uint64_t)script->large);
		answer_pattern(at, (size_t)script->large);
		at += script->large;
	} else if (answer->message.len) {
		at = pb_put_bytes(at, 1, answer->message);
	}
	if (answer->number_field && answer->number)
		at = put_number(at, answer->number_field, answer->number);
	return at;
}

static void put_sum(const struct answer *answer, const struct script *script,
		    struct span payload, struct span attachment, uint8_t *sum)
{
	struct prpc_frame frame = {
		.meta.checksum_attachment = answer->checksum_attachment,
		.payload = payload,
		.attachment = attachment,
	};

	prpc_sum(&frame, sum);
	if (script->damage == DAMAGE_SUM)
		sum[0] ^= 0xff;
}

/* Lengths that lie, and first bytes that are wrong. */
static void damage_head(const struct script *script, uint8_t *to, size_t body,
			size_t meta)
{
	if (script->damage == DAMAGE_CLAIM)
		body = (size_t)script->amount;
	if (script->damage == DAMAGE_LONG_META)
		meta = body + 1;
	prpc_put_head(to, body, meta);
	if (script->damage == DAMAGE_MAGIC)
		to[0] = 'Q';
	if (script->damage == DAMAGE_META)
		to[PRPC_HEAD] = NO_MESSAGE;
}

size_t answer_write(const struct answer *answer, const struct script *script,
		    uint8_t *to)
{
	size_t attachment = answer->attachment.len;
	uint8_t *at, *sum, *payload, *behind;

	if (script->damage == DAMAGE_GARBAGE)
		return write_garbage((uint64_t)answer->id,
				     (size_t)script->amount, to);
	if (script->damage == DAMAGE_EMPTY) {
		prpc_put_head(to, 0, 0);
		return PRPC_HEAD;
	}
	if (script->damage == DAMAGE_ATTACHMENT)
		attachment = (1u << 31) - 1;
	payload = put_meta(to + PRPC_HEAD, answer, script, attachment, &sum);
	behind = put_payload(payload, answer, script);
	at = put_span(behind, answer->attachment);
	if (sum)
		put_sum(answer, script,
			(struct span){ payload, (size_t)(behind - payload) },
			(struct span){ behind, answer->attachment.len }, sum);
	damage_head(script, to, (size_t)(at - to) - PRPC_HEAD,
		    (size_t)(payload - to) - PRPC_HEAD);
	return (size_t)(at - to);
}
