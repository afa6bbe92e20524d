/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rpc_twin answers: kelp.Echo/Echo and example.EchoService/Echo. A frame
 * in, bytes of the reply out; no I/O, no allocation.
 */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include "prpc.h"

size_t echo_room(const struct prpc_frame *frame);
size_t echo_answer(const struct prpc_frame *frame, uint8_t *out);

#endif
