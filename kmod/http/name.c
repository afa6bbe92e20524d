// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checking the names that an administrator gives, so that each is spelt the
 * one way in which requests are looked up. No allocation, no locks; any
 * context. Knows nothing of what the names are used for.
 */
#include "http/name.h"

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/netlink.h>
#include <linux/string.h>

/* Does one segment, up to the next slash or the end, name a way up or none? */
static bool dot_segment(const char *s)
{
	size_t len = strcspn(s, "/");

	return (len == 1 && s[0] == '.') ||
	       (len == 2 && s[0] == '.' && s[1] == '.');
}

/**
 * kelp_name_path() - check a URL path
 * @path: the path, decoded, NUL terminated
 * @extack: explains a refusal
 *
 * Requests are normalised before they are looked up: a path that no request
 * can come out as would never match, so it is refused here.
 *
 * Context: any.
 * Return: its length in bytes, or -EINVAL.
 */
int kelp_name_path(const char *path, struct netlink_ext_ack *extack)
{
	size_t i;

	if (path[0] != '/') {
		NL_SET_ERR_MSG(extack, "a path must begin with a slash");
		return -EINVAL;
	}
	for (i = 0; path[i]; i++) {
		u8 c = path[i];

		if (i >= KELP_NAME_PATH) {
			NL_SET_ERR_MSG(extack, "a path may have 1024 bytes at most");
			return -EINVAL;
		}
		if (c < ' ' || c == 0x7f) {
			NL_SET_ERR_MSG(extack, "a path must not have control characters");
			return -EINVAL;
		}
		if (c == '?' || c == '#') {
			NL_SET_ERR_MSG(extack, "a path must not have a query or a fragment");
			return -EINVAL;
		}
		if (c == '%') {
			NL_SET_ERR_MSG(extack, "a path must be written decoded, without '%'");
			return -EINVAL;
		}
		if (c != '/')
			continue;
		if (path[i + 1] == '/' || dot_segment(path + i + 1)) {
			NL_SET_ERR_MSG(extack,
				       "a path must not have empty, '.' or '..' segments");
			return -EINVAL;
		}
	}
	return i;
}

/**
 * kelp_name_prefix() - check the prefix of a route or site
 * @prefix: the prefix, decoded, NUL terminated; a slash at its end is ignored
 * @extack: explains a refusal
 *
 * Context: any.
 * Return: its length in bytes without the slash at its end (0 for "/"), or
 * -EINVAL.
 */
int kelp_name_prefix(const char *prefix, struct netlink_ext_ack *extack)
{
	int len = kelp_name_path(prefix, extack);
	int depth = 0, i;

	if (len < 0)
		return len;
	if (prefix[len - 1] == '/')
		len--;
	for (i = 0; i < len; i++)
		depth += prefix[i] == '/';
	if (depth > KELP_NAME_DEPTH) {
		NL_SET_ERR_MSG(extack, "a prefix may have 16 segments at most");
		return -EINVAL;
	}
	return len;
}

/**
 * kelp_name_host_trim() - a host without the dot that ends a full domain name
 * @host: host without port
 * @len: its length in bytes
 *
 * Context: any.
 * Return: the length to compare.
 */
size_t kelp_name_host_trim(const char *host, size_t len)
{
	return len > 1 && host[len - 1] == '.' ? len - 1 : len;
}

static bool host_char(char c, bool literal)
{
	if (!isascii(c))
		return false;
	if (literal)
		return isxdigit(c) || c == ':' || c == '.';
	return isalnum(c) || c == '-' || c == '.' || c == '_';
}

/*
 * A name, an IPv4 address, or an IPv6 address in its brackets; or "*." and a
 * name, for all names below it.
 */
static bool host_valid(const char *host, size_t len)
{
	bool literal = host[0] == '[';
	size_t i;

	if (len > 2 && host[0] == '*' && host[1] == '.')
		return host[2] != '*' && host[2] != '.' && host[2] != '[' &&
		       host_valid(host + 2, len - 2);
	if (literal && (len < sizeof("[::]") - 1 || host[len - 1] != ']'))
		return false;
	for (i = literal; i < len - literal; i++)
		if (!host_char(host[i], literal))
			return false;
	return true;
}

/**
 * kelp_name_host() - check a host and bring it into the form that is compared
 * @host: host without port, NUL terminated; IPv6 addresses in brackets; "*."
 *	before a name stands for one or more labels; "" or NULL for any host
 * @dst: room for KELP_NAME_HOST + 1 bytes; gets the host in lower case
 * @extack: explains a refusal
 *
 * Context: any.
 * Return: the length of @dst's text, 0 for any host, or -EINVAL.
 */
int kelp_name_host(const char *host, char *dst, struct netlink_ext_ack *extack)
{
	size_t len = host ? kelp_name_host_trim(host, strlen(host)) : 0;
	unsigned int dots = 0;
	size_t i;

	if (len > KELP_NAME_HOST) {
		NL_SET_ERR_MSG(extack, "a host may have 253 bytes at most");
		return -EINVAL;
	}
	if (len && !host_valid(host, len)) {
		NL_SET_ERR_MSG(extack,
			       "a host must be a name, '*.' and a name, or an address, without a port");
		return -EINVAL;
	}
	for (i = 0; i < len; i++) {
		dst[i] = tolower(host[i]);
		dots += dst[i] == '.';
	}
	dst[len] = '\0';
	if (dst[0] == '*' && dots > KELP_NAME_LABELS) {
		NL_SET_ERR_MSG(extack,
			       "a host may have 16 labels at most behind '*.'");
		return -EINVAL;
	}
	return len;
}

/**
 * kelp_name_token() - how many bytes of a token a text begins with
 * @s: the text, NUL terminated
 *
 * RFC 9110, 5.6.2.
 *
 * Context: any.
 * Return: bytes, 0 for none.
 */
size_t kelp_name_token(const char *s)
{
	size_t len = 0;

	while (s[len] && isascii(s[len]) &&
	       (isalnum(s[len]) || strchr("!#$%&'*+-.^_`|~", s[len])))
		len++;
	return len;
}

/**
 * kelp_name_type() - check a media type
 * @type: as it will stand in Content-Type: type/subtype, and parameters behind
 *	a semicolon if any
 * @extack: explains a refusal
 *
 * It is written into answers as it is: whatever could end the field line early
 * is refused.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int kelp_name_type(const char *type, struct netlink_ext_ack *extack)
{
	size_t len = strlen(type);
	size_t main_len = kelp_name_token(type);
	const char *rest;

	if (len > KELP_NAME_TYPE) {
		NL_SET_ERR_MSG(extack, "a content type may have 255 bytes at most");
		return -EINVAL;
	}
	if (!main_len || type[main_len] != '/' ||
	    !kelp_name_token(type + main_len + 1))
		goto err_refused;
	rest = type + main_len + 1;
	rest += kelp_name_token(rest);
	if (*rest && *rest != ';' && *rest != ' ')
		goto err_refused;
	for (; *rest; rest++)
		if (!isascii(*rest) || !isprint(*rest))
			goto err_refused;
	return 0;

err_refused:
	NL_SET_ERR_MSG(extack,
		       "a content type must look like text/plain, in printable ASCII");
	return -EINVAL;
}
