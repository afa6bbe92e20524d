// SPDX-License-Identifier: GPL-2.0-only
/* What a call tells the server to do wrong: see script.h and server.h. */
#include "script.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "plug.h"

/* The largest number: a body cannot have more bytes anyway. */
#define NUMBER_MAX UINT32_MAX

#define AT(field) offsetof(struct script, field)
#define NOWHERE SIZE_MAX

enum number { NO_NUMBER, MAY, MUST };

/**
 * struct word - one of them
 * @name: it, without '#'
 * @number: does a number follow?
 * @number_at: where that goes
 * @otherwise: what goes there when none follows
 * @at: where @value goes
 */
struct word {
	const char *name;
	enum number number;
	size_t number_at;
	int64_t otherwise;
	size_t at;
	int64_t value;
};

#define FLAG(name, field) { name, NO_NUMBER, NOWHERE, 0, AT(field), 1 }
#define END(name, number, how) \
	{ name, number, AT(end_at), 0, AT(ending), how }
#define DAMAGE(name, number, otherwise, what) \
	{ name, number, AT(amount), otherwise, AT(damage), what }

static const struct word words[] = {
	{ "late", MUST, AT(late_ms), 0, AT(late), 1 },
	FLAG("hold", held),
	FLAG("never", never),
	FLAG("unrun", unrun),
	FLAG("twice", twice),
	{ "code", MUST, AT(code), 0, NOWHERE, 0 },
	{ "words", MUST, AT(words), 0, AT(worded), 1 },
	{ "large", MUST, AT(large), 0, AT(enlarged), 1 },
	{ "pieces", MUST, AT(pieces), 0, NOWHERE, 0 },
	END("reset", MAY, ENDING_RESET),
	END("close", MAY, ENDING_CLOSE),
	END("half", MUST, ENDING_CLOSE),
	END("shut", MAY, ENDING_SHUT),
	{ "stop", MAY, AT(stop_ms), SCRIPT_NONE, AT(stop), 1 },
	DAMAGE("garbage", MAY, 64, DAMAGE_GARBAGE),
	DAMAGE("magic", NO_NUMBER, 0, DAMAGE_MAGIC),
	DAMAGE("meta", NO_NUMBER, 0, DAMAGE_META),
	DAMAGE("empty", NO_NUMBER, 0, DAMAGE_EMPTY),
	DAMAGE("longmeta", NO_NUMBER, 0, DAMAGE_LONG_META),
	DAMAGE("claim", MUST, 0, DAMAGE_CLAIM),
	DAMAGE("attachment", NO_NUMBER, 0, DAMAGE_ATTACHMENT),
	DAMAGE("sum", NO_NUMBER, 0, DAMAGE_SUM),
	DAMAGE("payload", NO_NUMBER, 0, DAMAGE_PAYLOAD),
	DAMAGE("compress", MAY, 1, DAMAGE_COMPRESS),
	DAMAGE("request", NO_NUMBER, 0, DAMAGE_REQUEST),
	DAMAGE("noid", NO_NUMBER, 0, DAMAGE_NO_ID),
	DAMAGE("wrongid", MAY, SCRIPT_NONE, DAMAGE_WRONG_ID),
};

/* Text that is taken from the front. */
struct text {
	const char *at;
	size_t len;
};

/* What stands before the next blank, or before the end. */
static struct text token(const struct text *text)
{
	const char *blank = text->len ? memchr(text->at, ' ', text->len) : NULL;
	struct text token = { text->at, text->len };

	if (blank)
		token.len = (size_t)(blank - text->at);
	return token;
}

/* Take so many bytes, and the blank behind them. */
static void skip(struct text *text, size_t len)
{
	len += len < text->len;
	text->at += len;
	text->len -= len;
}

static const struct word *find(struct text name)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == name.len &&
		    !memcmp(words[i].name, name.at, name.len))
			return &words[i];
	return NULL;
}

/*
 * Decimal digits, perhaps behind a minus, and nothing else. Return: 1, 0 when it
 * is no number, -EINVAL when it is out of range.
 */
static int read_number(struct text text, int64_t *number)
{
	bool minus = text.len > 1 && *text.at == '-';
	int rc = 1;

	if (minus) {
		text.at++;
		text.len--;
	}
	*number = 0;
	if (!text.len)
		return 0;
	for (; text.len; text.at++, text.len--) {
		if (*text.at < '0' || *text.at > '9')
			return 0;
		*number = *number * 10 + *text.at - '0';
		if (*number <= NUMBER_MAX)
			continue;
		*number = 0;
		rc = -EINVAL;
	}
	if (minus)
		*number = -*number;
	return rc;
}

static void put(struct script *script, size_t at, int64_t value)
{
	if (at != NOWHERE)
		memcpy((char *)script + at, &value, sizeof(value));
}

/* Codes are int32, and differences of ids may be anything. */
static bool may_be_negative(const struct word *word)
{
	return word->number_at == AT(code) ||
	       (word->at == AT(damage) && word->value == DAMAGE_WRONG_ID);
}

static int read_word(struct script *script, struct text *text)
{
	const struct word *word = find(token(text));
	struct text behind;
	int64_t number;
	int rc;

	if (!word)
		return -EINVAL;
	skip(text, strlen(word->name));
	put(script, word->at, word->value);
	if (word->number == NO_NUMBER)
		return 0;
	behind = token(text);
	rc = read_number(behind, &number);
	if (rc < 0 || (!rc && word->number == MUST))
		return -EINVAL;
	if (rc && number < 0 && !may_be_negative(word))
		return -EINVAL;
	if (rc)
		skip(text, behind.len);
	else
		number = word->otherwise;
	put(script, word->number_at, number);
	return 0;
}

ssize_t script_read(struct script *script, const char *text, size_t len)
{
	struct text rest = { text, len };

	while (rest.len && *rest.at == '#') {
		rest.at++;
		rest.len--;
		if (read_word(script, &rest))
			return -EINVAL;
	}
	return (ssize_t)(len - rest.len);
}
