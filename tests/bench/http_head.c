// SPDX-License-Identifier: GPL-2.0-only
/* The head of an HTTP answer: see http_head.h. */
#include "http_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool token(uint8_t byte)
{
	return digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
	       (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool text(struct span value)
{
	size_t i;

	for (i = 0; i < value.len; i++)
		if ((value.data[i] < ' ' && value.data[i] != '\t') ||
		    value.data[i] == 0x7f)
			return false;
	return true;
}

static bool named(struct span name, const char *other)
{
	return name.len == strlen(other) &&
	       !strncasecmp((const char *)name.data, other, name.len);
}

/* One of names of three letters. */
static bool one_of(const uint8_t *at, const char *names)
{
	for (; *names; names += 3)
		if (!memcmp(at, names, 3))
			return true;
	return false;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
bool http_date_valid(const uint8_t *date)
{
	static const char form[] = "aaa, 00 aaa 0000 00:00:00 GMT";
	int i;

	for (i = 0; i < HTTP_DATE_LEN; i++)
		if (form[i] == '0' ? !digit(date[i]) :
		    form[i] != 'a' && form[i] != (char)date[i])
			return false;
	return one_of(date, "MonTueWedThuFriSatSun") &&
	       one_of(date + 8, "JanFebMarAprMayJunJulAugSepOctNovDec");
}

/* A length as digits; false if it is anything else, or too large to be true. */
static bool read_length(struct span value, uint64_t *length)
{
	size_t i;

	*length = 0;
	if (!value.len || value.len > 15)
		return false;
	for (i = 0; i < value.len; i++) {
		if (!digit(value.data[i]))
			return false;
		*length = *length * 10 + value.data[i] - '0';
	}
	return true;
}

static const char *read_status(struct span line, struct http_head *head)
{
	const uint8_t *at = line.data;

	if (line.len < 13 || memcmp(at, "HTTP/1.1 ", 9) || !digit(at[9]) ||
	    !digit(at[10]) || !digit(at[11]) || at[12] != ' ' || !text(line))
		return "no status line of HTTP/1.1";
	head->status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + at[11] - '0';
	if (head->status < 100)
		return "no such status";
	if (head->status < 200)
		return "an interim answer that nobody asked for";
	return NULL;
}

/* What is left of @value without white space around it. */
static struct span trimmed(struct span value)
{
	while (value.len && (*value.data == ' ' || *value.data == '\t')) {
		value.data++;
		value.len--;
	}
	while (value.len && (value.data[value.len - 1] == ' ' ||
			     value.data[value.len - 1] == '\t'))
		value.len--;
	return value;
}

static const char *read_field(struct span line, const uint8_t *begin,
			      struct http_head *head)
{
	struct span name = { line.data, 0 }, value;

	while (name.len < line.len && token(name.data[name.len]))
		name.len++;
	if (!name.len || name.len == line.len || name.data[name.len] != ':')
		return "a header field without a proper name";
	value.data = line.data + name.len + 1;
	value.len = line.len - name.len - 1;
	if (!text(value))
		return "a control character in a header field";
	value = trimmed(value);
	if (named(name, "Transfer-Encoding"))
		return "Transfer-Encoding: only Content-Length is understood";
	if (named(name, "Content-Length")) {
		if (head->sized || !read_length(value, &head->body_len))
			return "Content-Length is no number, or there are two";
		head->sized = true;
	} else if (named(name, "Date")) {
		if (head->date_at || value.len != HTTP_DATE_LEN ||
		    !http_date_valid(value.data))
			return "Date is no date, or there are two";
		head->date_at = value.data - begin;
	}
	return NULL;
}

/* The line that begins with @at, up to @stop; NULL, or what is wrong with it. */
static const char *read_line(struct span data, const uint8_t *at,
			     const uint8_t *stop, struct http_head *head)
{
	struct span line = { at, stop - at - 1 };

	if (stop == at || stop[-1] != '\r')
		return "a line that does not end with CR LF";
	if (at == data.data)
		return read_status(line, head);
	return line.len ? read_field(line, data.data, head) : NULL;
}

/* Line by line up to the empty one. */
enum http_found http_head_parse(struct span data, struct http_head *head,
				const char **why)
{
	const uint8_t *at = data.data, *end = at + data.len, *stop;
	size_t len;

	memset(head, 0, sizeof(*head));
	*why = "no status line of HTTP/1.1";
	if (memcmp(at, "HTTP/1.1", data.len < 8 ? data.len : 8))
		return HTTP_BAD;
	do {
		stop = memchr(at, '\n', end - at);
		*why = "its head is too long";
		if (!stop)
			return data.len < HTTP_HEAD_MAX ? HTTP_PART : HTTP_BAD;
		len = stop - at;
		*why = read_line(data, at, stop, head);
		at = stop + 1;
	} while (!*why && len > 1);
	head->len = at - data.data;
	if (head->status == 204 || head->status == 304)
		head->body_len = 0;
	else if (!head->sized && !*why)
		*why = "no Content-Length";
	return *why ? HTTP_BAD : HTTP_HEAD;
}
