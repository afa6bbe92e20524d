// SPDX-License-Identifier: GPL-2.0-only
/* Failures by code. There are few different ones, so a list does. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static struct tally_entry *entry_of(struct tally *tally, int code,
				    const char *text)
{
	struct tally_entry *entry;
	size_t i;

	for (i = 0; i < tally->count; i++)
		if (tally->entries[i].code == code)
			return &tally->entries[i];
	tally->entries = need(realloc(tally->entries,
				      (tally->count + 1) * sizeof(*entry)));
	entry = &tally->entries[tally->count++];
	entry->code = code;
	entry->count = 0;
	entry->text = need(strdup(text));
	return entry;
}

void tally_add(struct tally *tally, int code, const char *text)
{
	entry_of(tally, code, text)->count++;
}

void tally_merge(struct tally *all, const struct tally *one)
{
	const struct tally_entry *entry;
	size_t i;

	for (i = 0; i < one->count; i++) {
		entry = &one->entries[i];
		entry_of(all, entry->code, entry->text)->count += entry->count;
	}
}

static int compare(const void *left, const void *right)
{
	const struct tally_entry *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->code > b->code) - (a->code < b->code);
}

void tally_sort(struct tally *tally)
{
	if (tally->count)
		qsort(tally->entries, tally->count, sizeof(*tally->entries),
		      compare);
}

uint64_t tally_total(const struct tally *tally)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < tally->count; i++)
		total += tally->entries[i].count;
	return total;
}

void tally_free(struct tally *tally)
{
	size_t i;

	for (i = 0; i < tally->count; i++)
		free(tally->entries[i].text);
	free(tally->entries);
	memset(tally, 0, sizeof(*tally));
}
