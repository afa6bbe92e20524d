// SPDX-License-Identifier: GPL-2.0-only
/* kv_load's requests in memcached's text protocol, whose answers are in order. */
#include "kv.h"

#include <stdio.h>
#include <string.h>

#define END "\r\nEND\r\n"
/* Lines that tell of errors are not longer. */
#define LINE_MAX 1024

#define TEXT(at, text) ((uint8_t *)mempcpy(at, text, sizeof(text) - 1))

/* Bytes of an answer with a value: those before it, and all. */
static size_t head_len(const struct kv *kv)
{
	return 6 + KV_KEY_LEN + kv->size_text.len;
}

static size_t put(struct load_conn *conn, struct load_call *call, uint8_t *at)
{
	const struct kv *kv = conn->thread->load->what;
	uint8_t *begin = at;
	uint32_t key;

	if (!kv_next(conn, call))
		return 0;
	key = call->what & ~KV_SET;
	at = call->what & KV_SET ? TEXT(at, "set ") : TEXT(at, "get ");
	kv_put_key(at, key);
	at += KV_KEY_LEN;
	if (call->what & KV_SET) {
		at = TEXT(at, " 0");
		at = mempcpy(at, kv->size_text.data, kv->size_text.len);
		kv_put_value(kv, at, key, call->since);
		at += kv->value_len;
	}
	return TEXT(at, "\r\n") - begin;
}

/* Another line than expected: which one is said when it is there. */
static enum load_verdict unexpected(struct kv_state *state, struct span data,
				    struct load_answer *answer)
{
	const uint8_t *end = memchr(data.data, '\n', data.len);
	int len = end ? end - data.data : (int)data.len;

	if (!end && data.len < LINE_MAX)
		return LOAD_PARTIAL;
	if (end && end > data.data && end[-1] == '\r')
		len--;
	answer->why = state->said;
	if (len == 3 && !memcmp(data.data, "END", 3))
		answer->why = "there is no value: with --fill all keys have one";
	else if (len > 6 && !memcmp(data.data, "VALUE ", 6))
		answer->why = "the value of another key, or of another length";
	else
		snprintf(state->said, sizeof(state->said),
			 "the server said: %.*s", len, (const char *)data.data);
	return LOAD_WRONG;
}

static bool begins(struct span data, const void *head, size_t len)
{
	return !memcmp(data.data, head, data.len < len ? data.len : len);
}

static enum load_verdict take_set(struct load_conn *conn, struct span data,
				  struct load_answer *answer)
{
	static const char stored[] = "STORED\r\n";

	answer->len = answer->need = sizeof(stored) - 1;
	if (!begins(data, stored, answer->len))
		return unexpected(conn->thread->state, data, answer);
	if (data.len < answer->len)
		return LOAD_PARTIAL;
	kv_stored(conn->thread->load->what, answer->call);
	return LOAD_RIGHT;
}

static enum load_verdict take(struct load_conn *conn, struct span data,
			      struct load_answer *answer)
{
	struct kv *kv = conn->thread->load->what;
	size_t before = head_len(kv);
	uint8_t head[64], *at;

	answer->call = load_conn_oldest(conn);
	if (!answer->call)
		return LOAD_STRAY;
	if (answer->call->what & KV_SET)
		return take_set(conn, data, answer);
	at = TEXT(head, "VALUE ");
	kv_put_key(at, answer->call->what);
	memcpy(at + KV_KEY_LEN, kv->size_text.data, kv->size_text.len);
	if (!begins(data, head, before))
		return unexpected(conn->thread->state, data, answer);
	answer->len = answer->need = before + kv->value_len + sizeof(END) - 1;
	if (data.len < answer->len)
		return LOAD_PARTIAL;
	data.data += before;
	if (memcmp(data.data + kv->value_len, END, sizeof(END) - 1)) {
		answer->why = "no END behind a value";
		return LOAD_WRONG;
	}
	data.len = kv->value_len;
	answer->why = kv_judge(kv, answer->call, data);
	return answer->why ? LOAD_WRONG : LOAD_RIGHT;
}

void kv_memcached_init(struct load *load)
{
	struct kv *kv = load->what;
	char *text;
	int len = asprintf(&text, " 0 %zu\r\n", kv->value_len);

	if (len < 0)
		load_die("memory");
	kv->size_text = (struct span){ (uint8_t *)text, len };
	load->request_max = 4 + KV_KEY_LEN + 2 + len + kv->value_len + 2;
}

const struct load_protocol kv_memcached = {
	.begin = kv_begin,
	.put = put,
	.take = take,
};
