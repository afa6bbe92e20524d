// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of routes: found by key, parsed, and refused with a reason. Process
 * context, except http_time_parse(), which runs anywhere.
 */
#include "http/handlers/args.h"

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/netlink.h>
#include <linux/string.h>

#include "kelp/http.h"

static int refuse(struct kelp_http_args *args, const char *why)
{
	if (args->extack)
		args->extack->_msg = why;
	return -EINVAL;
}

/* The value of @arg if it is @key's, else NULL. */
static const char *value_of(const char *arg, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(arg, key, len) && arg[len] == '=' ? arg + len + 1 :
							     NULL;
}

/**
 * http_args_check() - are they arguments at all?
 * @args: the arguments
 *
 * Context: any.
 * Return: 0, or -EINVAL for one without a key or a key that comes twice.
 */
int http_args_check(struct kelp_http_args *args)
{
	size_t len, all = 0;
	unsigned int i, j;

	if (args->nr > HTTP_ARGS_MAX)
		return refuse(args, "too many arguments");
	for (i = 0; i < args->nr; i++) {
		len = strcspn(args->arg[i], "=");
		if (!len || !args->arg[i][len])
			return refuse(args, "arguments look like KEY=VALUE");
		all += strlen(args->arg[i]) + 1;
		if (all > HTTP_ARGS_BYTES)
			return refuse(args, "the arguments are too long");
		for (j = 0; j < i; j++)
			if (!strncmp(args->arg[i], args->arg[j], len + 1))
				return refuse(args, "an argument is there twice");
	}
	return 0;
}

/**
 * http_args_unused() - was every argument asked for?
 * @args: the arguments, after the handler's create()
 *
 * Context: any.
 * Return: 0, or -EINVAL when the handler knows nothing of one.
 */
int http_args_unused(struct kelp_http_args *args)
{
	if (args->used == BIT(args->nr) - 1)
		return 0;
	return refuse(args, "the handler knows no argument of that name");
}

/**
 * kelp_http_arg() - the value of an argument
 * @args: as create() got them
 * @key: its name
 *
 * Context: create().
 * Return: the value, NUL terminated, good during create(); NULL when it was not
 * given.
 */
const char *kelp_http_arg(struct kelp_http_args *args, const char *key)
{
	const char *value;
	unsigned int i;

	for (i = 0; i < args->nr; i++) {
		value = value_of(args->arg[i], key);
		if (value) {
			args->used |= BIT(i);
			return value;
		}
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(kelp_http_arg);

/* Digits; what follows them is @rest. */
static int number(const char *text, const char **rest, u64 *value)
{
	u64 n = 0;
	u8 digit;

	if (!isdigit(*text))
		return -EINVAL;
	for (; isdigit(*text); text++) {
		digit = *text - '0';
		if (n > (U64_MAX - digit) / 10)
			return -ERANGE;
		n = n * 10 + digit;
	}
	*rest = text;
	*value = n;
	return 0;
}

/**
 * kelp_http_arg_size() - the value of an argument that is a number
 * @args: as create() got them
 * @key: its name
 * @least: smallest value allowed
 * @most: largest value allowed
 * @value: the default, replaced when the argument was given; K, M and G behind
 *	the number are powers of 1024
 *
 * Context: create().
 * Return: 0, or -EINVAL, which create() returns as an ERR_PTR.
 */
int kelp_http_arg_size(struct kelp_http_args *args, const char *key,
		       u64 least, u64 most, u64 *value)
{
	static const char units[] = "KMG";
	const char *text = kelp_http_arg(args, key);
	const char *unit;
	unsigned int shift = 0;
	u64 n;

	if (!text)
		return 0;
	if (number(text, &text, &n))
		return refuse(args, "an argument is no number");
	if (*text) {
		unit = strchr(units, toupper(*text));
		if (!unit || text[1])
			return refuse(args, "behind a number only K, M or G may stand");
		shift = 10 * (unit - units + 1);
	}
	if (n > U64_MAX >> shift || n << shift < least || n << shift > most)
		return refuse(args, "the value of an argument is out of range");
	*value = n << shift;
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_arg_size);

/**
 * http_time_parse() - read a time
 * @text: a number and perhaps ms, s (the default), m, h or d; not terminated
 * @len: its length in bytes
 * @ms: the result in milliseconds
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int http_time_parse(const char *text, size_t len, u64 *ms)
{
	static const struct {
		const char *name;
		u32 ms;
	} units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 },
	};
	char copy[24];
	const char *unit;
	size_t i;

	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strlen(copy) != len || number(copy, &unit, ms))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		if (*ms > U64_MAX / units[i].ms)
			return -EINVAL;
		*ms *= units[i].ms;
		return 0;
	}
	return -EINVAL;
}

/**
 * kelp_http_arg_time() - the value of an argument that is a time
 * @args: as create() got them
 * @key: its name
 * @most: largest value allowed, in milliseconds
 * @ms: the default in milliseconds, replaced when the argument was given; ms,
 *	s, m, h or d may stand behind the number, seconds are meant without
 *
 * Context: create().
 * Return: 0, or -EINVAL, which create() returns as an ERR_PTR.
 */
int kelp_http_arg_time(struct kelp_http_args *args, const char *key, u64 most,
		       u64 *ms)
{
	const char *text = kelp_http_arg(args, key);
	u64 n;

	if (!text)
		return 0;
	if (http_time_parse(text, strlen(text), &n))
		return refuse(args, "an argument is no time, as in 1500ms, 60s, 5m, 2h or 1d");
	if (n > most)
		return refuse(args, "the value of an argument is out of range");
	*ms = n;
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_arg_time);

/**
 * kelp_http_arg_refuse() - tell the user what is wrong
 * @args: as create() got them
 * @why: one sentence without a period; constant, and there as long as the
 *	handler is
 *
 * Context: create().
 * Return: -EINVAL.
 */
int kelp_http_arg_refuse(struct kelp_http_args *args, const char *why)
{
	return refuse(args, why);
}
EXPORT_SYMBOL_GPL(kelp_http_arg_refuse);

/**
 * kelp_http_arg_body() - how large a body the route takes
 * @args: as create() got them
 * @bytes: payload; larger ones get 413. The argument body= takes precedence
 *
 * Context: create().
 */
void kelp_http_arg_body(struct kelp_http_args *args, u64 bytes)
{
	if (args->body == U64_MAX)
		args->body = bytes;
}
EXPORT_SYMBOL_GPL(kelp_http_arg_body);

/**
 * kelp_http_arg_net() - whose route is it?
 * @args: as create() got them
 *
 * Context: create().
 * Return: the server of the namespace in which the route is made; good during
 * create(), no reference. NULL for what is in no namespace (claims).
 */
struct kelp_net *kelp_http_arg_net(struct kelp_http_args *args)
{
	return args->kn;
}
EXPORT_SYMBOL_GPL(kelp_http_arg_net);
