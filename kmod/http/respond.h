/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing answers: status line, the fields that every answer has, and then an
 * object, or a short text for a status. Runs under the socket lock with BH
 * off, in softirq or in the worker.
 */
#ifndef KELP_HTTP_RESPOND_H
#define KELP_HTTP_RESPOND_H

#include <linux/types.h>

struct kelp_object;
struct kelp_run;

/**
 * struct http_mode - how an answer has to be written
 * @head_only: the request was HEAD: no body
 * @close: the connection ends after this answer
 * @minor0: the request was HTTP/1.0: persistence has to be announced
 */
struct http_mode {
	bool head_only;
	bool close;
	bool minor0;
};

void http_respond_head(struct kelp_run *run, struct http_mode mode,
		       unsigned int status, const void *fields, size_t len);
void http_respond_object(struct kelp_run *run, struct http_mode mode,
			 struct kelp_object *obj);
void http_respond_page(struct kelp_run *run, struct http_mode mode,
		       unsigned int status, struct kelp_object *obj);
void http_respond_status(struct kelp_run *run, struct http_mode mode,
			 unsigned int status, const char *extra);
void http_respond_redirect(struct kelp_run *run, struct http_mode mode,
			   const char *path, size_t len,
			   const char *query, size_t query_len);
void http_respond_continue(struct kelp_run *run);
const char *http_reason(unsigned int status);

#endif
