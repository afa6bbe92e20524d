/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A parsed request for tests of what reads its fields.
 */
#ifndef KELP_TEST_REQUEST_KIT_H
#define KELP_TEST_REQUEST_KIT_H

#include "parse.h"

/**
 * request_parse() - have the parser read a request
 * @req: filled
 * @method: its method
 * @fields: field lines, each with CRLF, beside Host
 *
 * Return: the head, good until the next call; the page behind it is out of reach.
 */
const u8 *request_parse(struct http_req *req, const char *method,
			const char *fields);

#endif /* KELP_TEST_REQUEST_KIT_H */
