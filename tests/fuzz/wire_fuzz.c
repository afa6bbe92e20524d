// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for frames of baidu_std: the input is what a connection begins
 * with. The head is judged byte by byte as it is whole; what is in the meta
 * lies inside it; written again it reads the same, into exactly as much room as
 * was foretold, and not into less.
 *
 * A frame that claims more than is there is treated as if it had claimed just
 * that, so that mutations of lengths do not end the examination.
 */
#include "fuzz.h"

#include <errno.h>

#include <linux/limits.h>

#include "rpc/wire.h"

bool shim_expect_warning;

static const struct kelp_wire_limits usual = { 4 << 20, 4096 };

static int head_parse(const uint8_t *data, size_t size,
		      struct kelp_wire_head *head)
{
	uint8_t *block;
	int ret = 0;
	size_t n;

	for (n = 0; n <= size && n <= 13 && !ret; n++) {
		block = fuzz_copy(data, n);
		ret = kelp_wire_head_parse(block, n, &usual, head);
		free(block);
		CHECK(ret <= 0 || (ret == KELP_RPC_HEAD_SIZE && n == 12));
		CHECK(ret != -EPROTO || n <= KELP_RPC_MAGIC_SIZE);
		CHECK(ret != -EBADMSG || n == KELP_RPC_HEAD_SIZE);
		CHECK(ret != -EMSGSIZE || n == KELP_RPC_HEAD_SIZE);
	}
	CHECK(kelp_wire_head_parse(data, size, &usual, head) == ret);
	if (ret > 0) {
		CHECK(head->meta <= head->body);
		CHECK(head->body <= usual.body && head->meta <= usual.meta);
	}
	return ret;
}

static void inside(const struct kelp_pb_span *s, const uint8_t *data,
		   size_t size)
{
	if (s->data)
		CHECK(s->data >= data && s->data <= data + size &&
		      s->len <= (size_t)(data + size - s->data));
	else
		CHECK(!s->len);
}

/* Each message that RpcMeta knows has to be one to its end. */
static void check_messages(const uint8_t *data, size_t size)
{
	const u32 messages = 1 << KELP_RPC_META_REQUEST |
			     1 << KELP_RPC_META_RESPONSE |
			     1 << KELP_RPC_META_CHUNK_INFO |
			     1 << KELP_RPC_META_STREAM_SETTINGS |
			     1 << KELP_RPC_META_USER_FIELDS;
	struct kelp_pb pb, inner;
	struct kelp_pb_field f;

	kelp_pb_init(&pb, data, size, &kelp_pb_limits_usual);
	while (kelp_pb_next(&pb, &f) > 0) {
		if (f.number > 31 || !(messages >> f.number & 1) ||
		    kelp_pb_enter(&pb, &f, &inner) != 1)
			continue;
		while (kelp_pb_next(&inner, &f) > 0)
			;
		CHECK(!inner.error);
	}
	CHECK(!pb.error);
}

/* What is there is inside, what is not there is zero. */
static void check_meta(const struct kelp_wire_meta *m, const uint8_t *data,
		       size_t size)
{
	const struct {
		u32 bit;
		const struct kelp_pb_span *span;
	} spans[] = {
		{ KELP_WIRE_SERVICE, &m->service },
		{ KELP_WIRE_METHOD, &m->method },
		{ KELP_WIRE_REQUEST_ID, &m->request_id },
		{ KELP_WIRE_ERROR_TEXT, &m->error_text },
		{ KELP_WIRE_AUTHENTICATION, &m->authentication },
		{ KELP_WIRE_CHECKSUM_VALUE, &m->checksum_value },
	};
	size_t i;

	for (i = 0; i < 6; i++) {
		inside(spans[i].span, data, size);
		CHECK(!!spans[i].span->data == !!(m->has & spans[i].bit));
	}
	CHECK(m->has & KELP_WIRE_TIMEOUT || !m->timeout_ms);
	CHECK(m->has & KELP_WIRE_CORRELATION_ID || !m->correlation_id);
	CHECK(m->has & KELP_WIRE_ATTACHMENT_SIZE || !m->attachment_size);
	CHECK(m->has & KELP_WIRE_CHECKSUM_TYPE || !m->checksum_type);
	CHECK(m->has & KELP_WIRE_ERROR_CODE || !m->error_code);
	CHECK(!(m->has & KELP_WIRE_USER) == !m->nr_user);
	CHECK(m->has & KELP_WIRE_REQUEST || !m->service.data);
	CHECK(m->has & KELP_WIRE_RESPONSE || !m->error_code);
	if (m->has & KELP_WIRE_REQUEST)
		CHECK(m->has & KELP_WIRE_SERVICE && m->has & KELP_WIRE_METHOD);
}

static void same_span(const struct kelp_pb_span *a,
		      const struct kelp_pb_span *b)
{
	CHECK(a->len == b->len && !a->data == !b->data);
	CHECK(!a->len || !memcmp(a->data, b->data, a->len));
}

static void same_meta(const struct kelp_wire_meta *a,
		      const struct kelp_wire_meta *b)
{
	struct kelp_pb_span key[2], value[2];
	struct kelp_pb it[2];
	u32 nr = 0;

	CHECK(a->has == b->has);
	CHECK(a->compress_type == b->compress_type);
	CHECK(a->correlation_id == b->correlation_id);
	CHECK(a->attachment_size == b->attachment_size);
	CHECK(a->content_type == b->content_type);
	CHECK(a->checksum_type == b->checksum_type);
	CHECK(a->timeout_ms == b->timeout_ms);
	CHECK(a->error_code == b->error_code);
	CHECK(a->checksum_with_attachment == b->checksum_with_attachment);
	CHECK(a->nr_user == b->nr_user);
	CHECK(!memcmp(&a->log_id, &b->log_id,
		      sizeof(*a) - offsetof(struct kelp_wire_meta, log_id)));
	same_span(&a->checksum_value, &b->checksum_value);
	same_span(&a->authentication, &b->authentication);
	same_span(&a->service, &b->service);
	same_span(&a->method, &b->method);
	same_span(&a->request_id, &b->request_id);
	same_span(&a->error_text, &b->error_text);
	kelp_wire_user_init(&it[0], a);
	kelp_wire_user_init(&it[1], b);
	for (; kelp_wire_user_next(&it[0], &key[0], &value[0]) > 0; nr++) {
		CHECK(kelp_wire_user_next(&it[1], &key[1], &value[1]) == 1);
		/* the writer says that what was left out is empty */
		CHECK(key[0].len == key[1].len && value[0].len == value[1].len);
		CHECK(!key[0].len ||
		      !memcmp(key[0].data, key[1].data, key[0].len));
		CHECK(!value[0].len ||
		      !memcmp(value[0].data, value[1].data, value[0].len));
	}
	CHECK(nr == a->nr_user);
	CHECK(kelp_wire_user_next(&it[1], &key[1], &value[1]) == 0);
}

static void rewrite(const struct kelp_wire_meta *m, size_t rest)
{
	size_t size = kelp_wire_size(m);
	uint8_t *block = malloc(size);
	struct kelp_wire_head head;
	struct kelp_wire_meta again;
	static const struct kelp_wire_limits endless = { U32_MAX, U32_MAX };

	CHECK(kelp_wire_write(block, size, m, rest) == (ssize_t)size);
	CHECK(kelp_wire_head_parse(block, size, &endless, &head) == 12);
	CHECK(head.meta == size - 12 && head.body == head.meta + rest);
	CHECK(!kelp_wire_meta_parse(block + 12, &head, &again));
	same_meta(m, &again);
	free(block);
	block = malloc(size - 1);
	CHECK(kelp_wire_write(block, size - 1, m, rest) == -EMSGSIZE);
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kelp_wire_head head;
	struct kelp_wire_meta m;
	const uint8_t *meta;
	u32 want;
	int ret;

	if (size > FUZZ_MAX)
		return 0;
	ret = head_parse(data, size, &head);
	if (!ret || ret == -EPROTO)
		return 0;
	head.body = size - KELP_RPC_HEAD_SIZE;
	if (head.meta > head.body)
		head.meta = head.body;
	meta = fuzz_guarded(data + KELP_RPC_HEAD_SIZE, head.meta);
	ret = kelp_wire_meta_parse(meta, &head, &m);
	CHECK(!ret || ret == -EBADMSG || ret == -E2BIG || ret == -ERANGE);
	if (ret && ret != -ERANGE)
		return 0;
	check_messages(meta, head.meta);
	check_meta(&m, meta, head.meta);
	if (kelp_wire_checksum(&m, &want) == 1)
		CHECK(m.checksum_value.len == KELP_RPC_CHECKSUM_SIZE);
	if (ret)
		return 0;
	CHECK(m.attachment_size >= 0);
	CHECK((u64)m.attachment_size + head.meta <= head.body);
	CHECK(kelp_wire_payload(&head, &m) + m.attachment_size + head.meta ==
	      head.body);
	rewrite(&m, head.body - head.meta);
	return 0;
}
