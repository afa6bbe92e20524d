// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dates as HTTP writes them: IMF-fixdate out; IMF-fixdate, RFC 850 and asctime
 * in.
 *
 * Pure; runs anywhere. It must not know what time it is now: that is why
 * two-digit years belong to a fixed century here.
 */
#include "date.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/time.h>

#define LAST_SECOND	253402300799LL	/* 9999-12-31 23:59:59 */

static const char days[7][10] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday"
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct civil {
	int year, month, day, hour, min, sec;
};

static void put2(char *dst, unsigned int v)
{
	dst[0] = '0' + v / 10 % 10;
	dst[1] = '0' + v % 10;
}

/*
 * Match s against a form: 'D' is a digit, 'd' a digit or the space that pads
 * it, 'a' a place checked elsewhere, all else itself.
 */
static bool match_form(const char *s, const char *form, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		bool digit = s[i] >= '0' && s[i] <= '9';

		switch (form[i]) {
		case 'a':
			break;
		case 'd':
			if (!digit && s[i] != ' ')
				return false;
			break;
		case 'D':
			if (!digit)
				return false;
			break;
		default:
			if (s[i] != form[i])
				return false;
		}
	}
	return true;
}

/* Only for what match_form() passed. */
static int get2(const char *s)
{
	return (s[0] == ' ' ? 0 : s[0] - '0') * 10 + s[1] - '0';
}

/* 1 to 12, or 0 for no month. */
static int get_month(const char *s)
{
	int i;

	for (i = 0; i < 12; i++)
		if (!memcmp(s, months + 3 * i, 3))
			return i + 1;
	return 0;
}

static void get_time(struct civil *c, const char *s)
{
	c->hour = get2(s);
	c->min = get2(s + 3);
	c->sec = get2(s + 6);
}

static int days_in_month(int year, int month)
{
	static const u8 len[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	if (month == 2 && !(year % 4) && (year % 100 || !(year % 400)))
		return 29;
	return len[month - 1];
}

static bool civil_valid(const struct civil *c)
{
	/* mktime64() cannot do the year 0 */
	return c->year && c->month && c->day &&
	       c->day <= days_in_month(c->year, c->month) &&
	       c->hour < 24 && c->min < 60 && c->sec <= 60;
}

/* Length of the day's name at s, whole or cut to three letters; 0 = no day. */
static size_t match_day(const char *s, size_t len, bool whole)
{
	int i;

	for (i = 0; i < 7; i++) {
		size_t n = whole ? strlen(days[i]) : 3;

		if (len >= n && !memcmp(s, days[i], n))
			return n;
	}
	return 0;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool parse_fixdate(struct civil *c, const char *s, size_t len)
{
	static const char form[] = "aaa, DD aaa DDDD DD:DD:DD GMT";

	if (len != HTTP_DATE_LEN || !match_day(s, len, false) ||
	    !match_form(s, form, len))
		return false;
	c->day = get2(s + 5);
	c->month = get_month(s + 8);
	c->year = get2(s + 12) * 100 + get2(s + 14);
	get_time(c, s + 17);
	return true;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool parse_rfc850(struct civil *c, const char *s, size_t len)
{
	static const char form[] = ", DD-aaa-DD DD:DD:DD GMT";
	size_t n = match_day(s, len, true);

	if (!n || len - n != sizeof(form) - 1 ||
	    !match_form(s + n, form, len - n))
		return false;
	s += n;
	c->day = get2(s + 2);
	c->month = get_month(s + 5);
	c->year = get2(s + 9);
	c->year += c->year < 70 ? 2000 : 1900;
	get_time(c, s + 12);
	return true;
}

/* Sun Nov  6 08:49:37 1994 */
static bool parse_asctime(struct civil *c, const char *s, size_t len)
{
	static const char form[] = "aaa aaa dD DD:DD:DD DDDD";

	if (len != sizeof(form) - 1 || !match_day(s, len, false) ||
	    !match_form(s, form, len))
		return false;
	c->month = get_month(s + 4);
	c->day = get2(s + 8);
	get_time(c, s + 11);
	c->year = get2(s + 20) * 100 + get2(s + 22);
	return true;
}

void http_date_format(char dst[HTTP_DATE_LEN], time64_t t)
{
	static const char form[] = "aaa, DD aaa DDDD DD:DD:DD GMT";
	struct tm tm;

	time64_to_tm(clamp_t(time64_t, t, 0, LAST_SECOND), 0, &tm);
	memcpy(dst, form, HTTP_DATE_LEN);
	memcpy(dst, days[tm.tm_wday], 3);
	put2(dst + 5, tm.tm_mday);
	memcpy(dst + 8, months + 3 * tm.tm_mon, 3);
	put2(dst + 12, (tm.tm_year + 1900) / 100);
	put2(dst + 14, (tm.tm_year + 1900) % 100);
	put2(dst + 17, tm.tm_hour);
	put2(dst + 20, tm.tm_min);
	put2(dst + 23, tm.tm_sec);
}

int http_date_parse(const char *s, size_t len, time64_t *t)
{
	struct civil c;

	if (!parse_fixdate(&c, s, len) && !parse_rfc850(&c, s, len) &&
	    !parse_asctime(&c, s, len))
		return -EINVAL;
	if (!civil_valid(&c))
		return -EINVAL;
	*t = mktime64(c.year, c.month, c.day, c.hour, c.min, c.sec);
	return 0;
}
