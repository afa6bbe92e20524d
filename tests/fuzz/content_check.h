/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reads the fields of accepted requests, checked on each that the fuzzer
 * finds.
 */
#ifndef KELP_FUZZ_CONTENT_CHECK_H
#define KELP_FUZZ_CONTENT_CHECK_H

#include "parse.h"

/**
 * check_content() - read a request's preconditions, ranges and codings
 * @req: a request that was accepted
 * @head: first byte of its head
 *
 * Aborts when what was read cannot be right.
 */
void check_content(const struct http_req *req, const uint8_t *head);

#endif /* KELP_FUZZ_CONTENT_CHECK_H */
