// SPDX-License-Identifier: GPL-2.0-only
/*
 * URL paths: percent-decoding, dot segments, hidden names.
 *
 * Pure; runs anywhere, softirq included. It must not know about files, sites
 * or routes.
 */
#include "path.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

static bool is_control(u8 c)
{
	return c < 0x20 || c == 0x7f;
}

/* One byte of the decoded path, or -EINVAL. Moves *pos past what it read. */
static int decode_byte(const u8 *src, size_t len, size_t *pos)
{
	u8 c = src[(*pos)++];
	int hi, lo;

	if (c == '%') {
		if (len - *pos < 2)
			return -EINVAL;
		hi = hex_to_bin(src[*pos]);
		lo = hex_to_bin(src[*pos + 1]);
		if (hi < 0 || lo < 0)
			return -EINVAL;
		*pos += 2;
		c = hi << 4 | lo;
		/* decoding it here would change which segments there are */
		if (c == '/')
			return -EINVAL;
	}
	return is_control(c) ? -EINVAL : c;
}

/*
 * dst[0..n) ends a segment that began after the slash at dst[slash]. Drops it
 * when it is "." or "..", with its parent in the second case.
 *
 * Return: the new n; it then ends with a slash. -EINVAL above the root.
 */
static int close_segment(const char *dst, size_t slash, size_t n)
{
	const char *seg = dst + slash + 1;
	size_t len = n - slash - 1;

	if (len == 1 && seg[0] == '.')
		return slash + 1;
	if (len != 2 || seg[0] != '.' || seg[1] != '.')
		return n;
	if (!slash)
		return -EINVAL;
	while (dst[--slash] != '/')
		;
	return slash + 1;
}

bool http_path_is_normal(const u8 *src, size_t len)
{
	size_t i;

	if (!len || src[0] != '/')
		return false;
	for (i = 1; i < len; i++) {
		u8 c = src[i];

		if (c > '/' && c != 0x7f)
			continue;
		if (c == '%' || is_control(c))
			return false;
		if ((c == '/' || c == '.') && src[i - 1] == '/')
			return false;
	}
	return true;
}

int http_path_normalize(char *dst, size_t cap, const u8 *src, size_t len)
{
	size_t slash = 0, pos = 0, n = 0;
	int c, ret;

	if (!len || src[0] != '/')
		return -EINVAL;
	while (pos < len) {
		c = decode_byte(src, len, &pos);
		if (c < 0)
			return c;
		if (c == '/' && n) {
			ret = close_segment(dst, slash, n);
			if (ret < 0)
				return ret;
			n = ret;
			if (dst[n - 1] == '/') {
				slash = n - 1;
				continue;
			}
		}
		if (n + 1 >= cap)
			return -ENAMETOOLONG;
		if (c == '/')
			slash = n;
		dst[n++] = c;
	}
	ret = close_segment(dst, slash, n);
	if (ret < 0)
		return ret;
	dst[ret] = '\0';
	return ret;
}

bool http_path_hidden(const char *path)
{
	return path[0] == '.' || strstr(path, "/.");
}
