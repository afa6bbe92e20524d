// SPDX-License-Identifier: GPL-2.0-only
/* Digits to bytes and back. Pure, but that it dies without memory. */
#include "hex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static const char digits[] = "0123456789abcdef";

bool hex_parse(struct pb_buf *buf, struct pb_fault *fault)
{
	int high = -1, digit;
	size_t i, to = 0;
	const char *at;

	for (i = 0; i < buf->len; i++) {
		u8 c = buf->data[i];

		if ((isspace(c) || c == ':') && high < 0)
			continue;
		at = c ? strchr(digits, tolower(c)) : NULL;
		if (!at) {
			pb_fault_set(fault, i, "no hexadecimal digit%s",
				     high < 0 ? "" :
						", which a byte needs two of");
			return false;
		}
		digit = (int)(at - digits);
		if (high >= 0)
			buf->data[to++] = (u8)(high << 4 | digit);
		high = high < 0 ? digit : -1;
	}
	if (high >= 0) {
		pb_fault_set(fault, buf->len,
			     "the last byte has one digit only");
		return false;
	}
	buf->len = to;
	return true;
}

char *hex_text(const u8 *data, size_t len)
{
	char *text = need(malloc(2 * len + 1)), *to = text;
	size_t i;

	for (i = 0; i < len; i++) {
		*to++ = digits[data[i] >> 4];
		*to++ = digits[data[i] & 15];
	}
	*to = '\0';
	return text;
}
