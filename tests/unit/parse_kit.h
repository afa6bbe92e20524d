/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the request parser share.
 */
#ifndef KELP_TEST_PARSE_KIT_H
#define KELP_TEST_PARSE_KIT_H

#include "parse.h"

/* The usual limits. */
extern const struct http_parse_limits parse_usual;

/**
 * parse_one() - have a head parsed from its first byte
 * @r: filled
 * @in: the head, or its beginning
 * @len: its length
 *
 * The page behind it is out of reach.
 *
 * Return: what http_parse() says.
 */
int parse_one(struct http_req *r, const char *in, size_t len);

/**
 * parse_check_slice() - fail unless a slice is this text
 * @in: what it was parsed from
 * @s: the slice
 * @want: the text
 */
void parse_check_slice(const void *in, struct http_slice s, const char *want);

#endif /* KELP_TEST_PARSE_KIT_H */
