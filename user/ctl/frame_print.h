/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for people, in the manner of the text format, and for programs.
 */
#ifndef KELPCTL_FRAME_PRINT_H
#define KELPCTL_FRAME_PRINT_H

#include <stdio.h>

#include <jansson.h>

#include "frame.h"

/*
 * Print all frames. Return: how many faults there were, of which @first is the
 * first. What is wrong with a frame also stands there in the output.
 */
size_t frames_print(FILE *out, const struct pb_types *types, const u8 *data,
		    size_t len, struct pb_fault *first);

/*
 * The same as an array of objects, to be released, with what is wrong with a
 * frame as its member "error". @faults: how many.
 */
json_t *frames_json(const struct pb_types *types, const u8 *data, size_t len,
		    struct pb_fault *first, size_t *faults);

#endif
