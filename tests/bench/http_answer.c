// SPDX-License-Identifier: GPL-2.0-only
/*
 * How http_load asks and judges. A head that was found right is remembered for
 * its page: one that has the same bytes but for the date is right, too. Bodies
 * are compared by whom the bytes pass, as they come.
 */
#include "http.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "http_head.h"

/* Bodies that are learnt from the first answer are kept: not larger than that. */
#define LEARN_MAX (1ull << 30)

/**
 * struct shape - a head that was found right
 * @data: it, or NULL
 * @len: its bytes
 * @date_at: where the date is in it; 0 without one
 */
struct shape {
	uint8_t *data;
	uint32_t len;
	uint32_t date_at;
};

/**
 * struct http_state - a thread's own
 * @date: the last one that was found valid
 * @shapes: of each page, see shape_of()
 */
struct http_state {
	uint8_t date[HTTP_DATE_LEN];
	struct shape shapes[];
};

static int http_begin(struct load_thread *thread)
{
	const struct http *http = thread->load->what;
	struct http_state *state;

	random_init(&thread->random, thread->load->seed, thread->index);
	state = calloc(1, sizeof(*state) +
		       http->count * sizeof(state->shapes[0]));
	thread->state = state;
	return state ? 0 : -1;
}

static size_t http_put(struct load_conn *conn, struct load_call *call,
		       uint8_t *at)
{
	const struct http *http = conn->thread->load->what;
	const struct http_page *page;

	call->what = pick_next(&http->pick, &conn->thread->random);
	page = &http->pages[call->what];
	memcpy(at, page->request.data, page->request.len);
	return page->request.len;
}

/* Pages that all have one body may as well have one head. */
static struct shape *shape_of(const struct load_conn *conn, uint32_t what)
{
	const struct http *http = conn->thread->load->what;
	struct http_state *state = conn->thread->state;

	return &state->shapes[http->body ? 0 : what];
}

/* Everyone has the same date for a second. */
static bool date_right(struct http_state *state, const uint8_t *date)
{
	if (!memcmp(date, state->date, HTTP_DATE_LEN))
		return true;
	if (!http_date_valid(date))
		return false;
	memcpy(state->date, date, HTTP_DATE_LEN);
	return true;
}

static bool fits(struct http_state *state, const struct shape *shape,
		 struct span data)
{
	size_t after = shape->date_at + HTTP_DATE_LEN;

	if (!shape->data || data.len < shape->len)
		return false;
	if (!shape->date_at)
		return !memcmp(data.data, shape->data, shape->len);
	return !memcmp(data.data, shape->data, shape->date_at) &&
	       !memcmp(data.data + after, shape->data + after,
		       shape->len - after) &&
	       date_right(state, data.data + shape->date_at);
}

static void keep_shape(struct shape *shape, struct span data,
		       const struct http_head *head)
{
	free(shape->data);
	shape->data = malloc(head->len);
	if (!shape->data)
		return;
	memcpy(shape->data, data.data, head->len);
	shape->len = head->len;
	shape->date_at = head->date_at;
}

/*
 * The body that a page has from now on; whoever comes second compares his own
 * with it. It is complete before others see it: the exchange and atomic_load()
 * order that. NULL without memory.
 */
static const struct span *learn(struct http_page *page, const uint8_t *bytes,
				size_t len)
{
	const struct span *none = NULL;
	struct span *body = malloc(sizeof(*body) + len);
	uint8_t *data = (uint8_t *)(body + 1);

	if (!body)
		return NULL;
	memcpy(data, bytes, len);
	*body = (struct span){ data, len };
	if (atomic_compare_exchange_strong(&page->body, &none, body))
		return body;
	free(body);
	return none;
}

/* The body of an answer whose head is right: what it is to be compared with. */
static enum load_verdict find_body(struct http_page *page, struct span data,
				   const struct http_head *head,
				   struct load_answer *answer)
{
	const struct span *body = atomic_load(&page->body);
	size_t all = head->len + head->body_len;

	if (!body && head->body_len > LEARN_MAX) {
		answer->why = "its body is too large to be learnt: give --body or --bodies";
		return LOAD_WRONG;
	}
	if (!body && data.len < all) {
		answer->need = all;
		return LOAD_PARTIAL;
	}
	if (!body)
		body = learn(page, data.data + head->len, head->body_len);
	answer->why = "";
	if (!body)
		answer->why = "it cannot be kept, memory is short";
	else if (body->len != head->body_len)
		answer->why = "Content-Length is another than expected";
	if (*answer->why)
		return LOAD_WRONG;
	answer->body = *body;
	return LOAD_RIGHT;
}

static enum load_verdict take_apart(struct load_conn *conn, struct span data,
				    struct load_answer *answer)
{
	const struct http *http = conn->thread->load->what;
	uint32_t what = answer->call->what;
	enum load_verdict verdict;
	struct http_head head;

	switch (http_head_parse(data, &head, &answer->why)) {
	case HTTP_BAD:
		return LOAD_WRONG;
	case HTTP_PART:
		return LOAD_PARTIAL;
	case HTTP_HEAD:
		break;
	}
	answer->len = head.len;
	if (head.status != http->status) {
		answer->code = head.status;
		answer->body = (struct span){ NULL, head.body_len };
		return LOAD_RIGHT;
	}
	verdict = find_body(&http->pages[what], data, &head, answer);
	if (verdict == LOAD_RIGHT)
		keep_shape(shape_of(conn, what), data, &head);
	return verdict;
}

static enum load_verdict http_take(struct load_conn *conn, struct span data,
				   struct load_answer *answer)
{
	const struct http *http = conn->thread->load->what;
	struct http_state *state = conn->thread->state;
	const struct http_page *page;
	const struct shape *shape;

	answer->call = load_conn_oldest(conn);
	if (!answer->call)
		return LOAD_STRAY;
	page = &http->pages[answer->call->what];
	shape = shape_of(conn, answer->call->what);
	if (!fits(state, shape, data))
		return take_apart(conn, data, answer);
	answer->len = shape->len;
	answer->body = *atomic_load(&page->body);
	return LOAD_RIGHT;
}

const struct load_protocol http_protocol = {
	.begin = http_begin,
	.put = http_put,
	.take = http_take,
};
