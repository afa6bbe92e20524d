// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a call: whether it is refused, what it or a rule says about
 * misbehaviour, its method, and when its reply goes out. Runs on the server's
 * stage.
 */
#include "server_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "dice.h"
#include "executions.h"

#define MS 1000000ull
/* Twice what is a body's limit everywhere; more is only memory. */
#define LARGEST (2 * PRPC_BODY_MAX)

/* Codes that prpc.h has not. */
#define ERPCAUTH 1004
#define ELOGOFF 2003
#define ELIMIT 2004

/* Bytes of Count's message that say which call it is. */
#define ID_SIZE 8

/**
 * struct call - a call, while it is looked at
 * @guest: where it came from
 * @frame: the call
 * @method: which, once it is known
 * @message: field 1 of the payload
 * @number: fields 1 and 2, when they are numbers
 * @script: what becomes of it
 * @spoken: somebody said so
 * @answer: its reply
 */
struct call {
	struct guest *guest;
	const struct prpc_frame *frame;
	const struct method *method;
	struct span message;
	int64_t number[2];
	struct script script;
	bool spoken;
	struct answer answer;
};

/**
 * struct method - what can be called
 * @name: "package.Service/Method"
 * @before_words: bytes of the message that stand before its words; those of a
 *	method without a message: -1
 * @run: carry it out and set the answer, code included; @really false: only as
 *	if
 */
struct method {
	const char *name;
	int before_words;
	void (*run)(struct call *call, bool really);
};

static void refuse(struct call *call, int32_t code, const char *text)
{
	call->answer.code = code;
	call->answer.text = (struct span){ (const uint8_t *)text, strlen(text) };
}

static void run_echo(struct call *call, bool really)
{
	(void)really;
	call->answer.message = call->message;
	call->answer.attachment = call->frame->attachment;
}

static void run_add(struct call *call, bool really)
{
	int64_t sum;

	(void)really;
	call->answer.number_field = 1;
	if (__builtin_add_overflow(call->number[0], call->number[1], &sum))
		refuse(call, PRPC_EREQUEST, "the sum is no int64");
	else
		call->answer.number = (uint64_t)sum;
}

static void run_count(struct call *call, bool really)
{
	struct executions *executions = call->guest->server->executions;
	uint64_t id;

	run_echo(call, really);
	memcpy(&id, call->message.data, ID_SIZE);
	call->answer.number_field = 2;
	call->answer.number = really ? executions_add(executions, id) :
				       executions_of(executions, id);
}

static const struct method methods[] = {
	{ "kelp.Echo/Echo", 0, run_echo },
	{ "kelp.Calc/Add", -1, run_add },
	{ "test.Count/Count", ID_SIZE, run_count },
};

/* Is it that name, or, when it has no dot, that name without its package? */
static bool is_service(struct span service, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);

	if (span_is(service, name, len))
		return true;
	return span_is(service, dot + 1, len - (size_t)(dot + 1 - name));
}

static const struct method *find(const struct prpc_meta *meta)
{
	const char *slash;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		slash = strchr(methods[i].name, '/');
		if (is_service(meta->service, methods[i].name,
			       (size_t)(slash - methods[i].name)) &&
		    span_is(meta->method, slash + 1, strlen(slash + 1)))
			return &methods[i];
	}
	return NULL;
}

/* Of equal fields the last one counts. Return: 0, -1: it is no message. */
static int read_payload(struct call *call)
{
	struct span rest = call->frame->payload;
	struct pb_field field;
	int more;

	while ((more = pb_next(&rest, &field)) > 0) {
		if (field.number == 1 && field.type == 2)
			call->message = field.bytes;
		if (field.number <= 2 && field.type == 0)
			call->number[field.number - 1] = (int64_t)field.value;
	}
	return more;
}

static bool is_trusted(struct guest *guest, struct span auth)
{
	const char *secret = guest->server->options.secret;

	if (!guest->trusted)
		guest->trusted = !secret ||
				 span_is(auth, secret, strlen(secret));
	return guest->trusted;
}

static void name_put(char *to, struct span name)
{
	size_t len = name.len < SERVER_NAME_MAX ? name.len : SERVER_NAME_MAX - 1;

	if (len)
		memcpy(to, name.data, len);
	to[len] = '\0';
}

/* Fields of RpcRequestMeta that prpc_parse() does not tell. */
static void note_trace(struct server_call *last, struct span meta)
{
	struct pb_field field, inner;
	struct span rest;

	while (pb_next(&meta, &field) > 0) {
		if (field.number != 1 || field.type != 2)
			continue;
		rest = field.bytes;
		while (pb_next(&rest, &inner) > 0) {
			if (inner.number == 4 && inner.type == 0)
				last->trace_id = (int64_t)inner.value;
			if (inner.number == 5 && inner.type == 0)
				last->span_id = (int64_t)inner.value;
		}
	}
}

static void note_last(struct server *server, const struct prpc_frame *frame,
		      struct span meta)
{
	struct server_call *last = &server->last;

	*last = (struct server_call){
		.correlation_id = frame->meta.correlation_id,
		.log_id = frame->meta.log_id,
		.timeout_ms = frame->meta.timeout_ms,
		.checksum_type = frame->meta.checksum_type,
		.secret_len = frame->meta.auth.len,
		.message_len = frame->payload.len,
		.attachment_len = frame->attachment.len,
	};
	name_put(last->service, frame->meta.service);
	name_put(last->method, frame->meta.method);
	note_trace(last, meta);
}

/* Why a call does not come to a method: its code and text, or NULL. */
static const char *refusal(struct call *call, int32_t *code)
{
	const struct prpc_frame *frame = call->frame;

	*code = ERPCAUTH;
	if (!is_trusted(call->guest, frame->meta.auth))
		return "the secret is missing or wrong";
	*code = PRPC_EREQUEST;
	if (!frame->meta.has_request)
		return "no request";
	if (frame->meta.attachment < 0 ||
	    (size_t)frame->meta.attachment != frame->attachment.len)
		return "attachment_size is larger than the body";
	if (frame->meta.compress)
		return "compressed payloads are not taken here";
	if (prpc_check_sum(frame))
		return "checksum does not match";
	*code = ELOGOFF;
	if (call->guest->server->state == SERVER_DRAINED)
		return "the server is about to stop";
	*code = PRPC_ENOMETHOD;
	call->method = find(&frame->meta);
	if (!call->method)
		return "no such method";
	*code = PRPC_EREQUEST;
	if (read_payload(call))
		return "payload is no message";
	if (call->method->before_words > 0 &&
	    call->message.len < (size_t)call->method->before_words)
		return "no number of the call";
	return NULL;
}

/* Is the rule about it, this time? */
static bool applies(struct server *server, struct rule *rule,
		    const struct method *method)
{
	if (!rule->times || (*rule->method && strcmp(rule->method, method->name)))
		return false;
	if (rule->skip) {
		rule->skip--;
		return false;
	}
	if (rule->per_million &&
	    dice_below(&server->dice, 1000000) >= rule->per_million)
		return false;
	if (rule->times != UINT64_MAX)
		rule->times--;
	return true;
}

static bool ask_rules(struct call *call)
{
	struct server *server = call->guest->server;
	size_t i;

	for (i = 0; i < server->nr_rules; i++) {
		if (!applies(server, &server->rules[i], call->method))
			continue;
		call->script = server->rules[i].script;
		call->spoken = server->rules[i].spoken;
		return true;
	}
	return false;
}

/* Return: 0, -1: words that are not understood. */
static int ask_call(struct call *call)
{
	size_t before = (size_t)call->method->before_words;
	const char *words;

	if (call->method->before_words < 0 || call->message.len <= before)
		return 0;
	words = (const char *)call->message.data + before;
	if (*words != '#')
		return 0;
	call->spoken = true;
	return script_read(&call->script, words, call->message.len - before) < 0 ?
		-1 : 0;
}

/* Does the code say that nothing was done? */
static bool says_undone(int64_t code)
{
	return (code >= PRPC_ENOSERVICE && code <= ERPCAUTH) ||
	       code == ELOGOFF || code == ELIMIT;
}

static void run(struct call *call)
{
	struct script *script = &call->script;
	bool really = !script->unrun && !says_undone(script->code);

	if (script->large > LARGEST || script->words > LARGEST ||
	    (script->damage == DAMAGE_GARBAGE && script->amount > LARGEST)) {
		refuse(call, PRPC_EREQUEST, "too large");
		*script = (struct script){ 0 };
		return;
	}
	call->answer.checksum_type = call->frame->meta.checksum_type;
	call->answer.checksum_attachment = call->frame->meta.checksum_attachment;
	call->method->run(call, really);
	if (really)
		server_add(call->guest->server, SERVER_EXECUTED, 1);
	if (script->code)
		refuse(call, (int32_t)script->code, "as it was told");
	if (!call->answer.code)
		return;
	call->answer.message.len = 0;
	call->answer.attachment.len = 0;
	call->answer.number = 0;
}

/* A reply that is never sent has no bytes; how the connection ends stays. */
static size_t write_answer(const struct call *call, uint8_t *to)
{
	return call->script.never ?
		0 : answer_write(&call->answer, &call->script, to);
}

static void due_fire(struct later *later)
{
	struct due *due = owner_of(later, struct due, later);
	struct guest *guest = due->guest;

	guest_deliver(guest, &due->script, due->data, due->len);
	TAILQ_REMOVE(&guest->dues, due, link);
	free(due);
	guest_resume(guest);
}

/* Return: 0, -1 without memory. */
static int answer_later(struct call *call)
{
	const struct script *script = &call->script;
	struct guest *guest = call->guest;
	struct due *due = malloc(sizeof(*due) +
				 answer_room(&call->answer, script));

	if (!due)
		return -1;
	due->guest = guest;
	due->later = (struct later){ .due = due_fire };
	due->script = *script;
	due->len = write_answer(call, due->data);
	if (!script->held &&
	    stage_later(guest->server->stage, &due->later,
			stage_now() + (uint64_t)script->late_ms * MS)) {
		free(due);
		return -1;
	}
	TAILQ_INSERT_TAIL(&guest->dues, due, link);
	if (script->held)
		server_add(guest->server, SERVER_HELD, 1);
	return 0;
}

/* Return: 0, -1 without memory. */
static int answer_now(struct call *call)
{
	struct outlet *scratch = &call->guest->server->scratch;
	uint8_t *to = outlet_room(scratch,
				  answer_room(&call->answer, &call->script));
	size_t len;

	if (!to)
		return -1;
	len = write_answer(call, to);
	guest_deliver(call->guest, &call->script, to, len);
	/* it may have become large */
	scratch->end = len;
	outlet_drop(scratch, len);
	return 0;
}

void call_take(struct guest *guest, const struct prpc_frame *frame,
	       struct span meta)
{
	struct server *server = guest->server;
	struct call call = { .guest = guest, .frame = frame };
	const char *why;
	int32_t code;
	int rc;

	server_add(server, SERVER_CALLS, 1);
	note_last(server, frame, meta);
	call.answer.id = frame->meta.correlation_id;
	why = refusal(&call, &code);
	if (!why && !ask_rules(&call) && ask_call(&call)) {
		why = "words that are not known";
		call.script = (struct script){ 0 };
	}
	if (call.spoken && !why)
		server_add(server, SERVER_MISBEHAVED, 1);
	if (why) {
		server_add(server, SERVER_REFUSED, 1);
		refuse(&call, code, why);
		if (code == ERPCAUTH) {
			call.script.ending = ENDING_CLOSE;
			call.script.end_at = INT64_MAX;
		}
	} else {
		run(&call);
	}
	call.script.code = call.answer.code;
	rc = call.script.held || call.script.late ? answer_later(&call) :
						    answer_now(&call);
	if (rc)
		guest->ending = ENDING_RESET;
}
