// SPDX-License-Identifier: GPL-2.0-only
/* Files with servers: what their lines mean, and that no change is missed. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail_alloc.h"
#include "file_kit.h"
#include "names_kit.h"
#include "naming_file.h"

static void expect(struct naming_file *file, const char *text)
{
	struct address *list;
	size_t count;

	assert_int_equal(naming_file_resolve(file, &list, &count), 0);
	names_expect(list, count, text);
}

static void expect_error(struct naming_file *file, int err)
{
	struct address *list = (void *)1;
	size_t count = 7;

	assert_int_equal(naming_file_resolve(file, &list, &count), err);
	assert_ptr_equal(list, (void *)1);
	assert_int_equal(count, 7);
}

static void naming_file_resolve__lines(void **state)
{
	static const struct {
		const char *text, *out;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "# nothing\n   \t\n\r\n #", "" },
		{ "10.0.0.1:80", "10.0.0.1:80*1" },
		{ "10.0.0.1:80\n", "10.0.0.1:80*1" },
		{ "10.0.0.1:80 5\n[::1]:80\t 6 \n",
		  "10.0.0.1:80*5 [::1]:80*6" },
		{ "10.0.0.1:80\r\n10.0.0.2:80 2\r\n",
		  "10.0.0.1:80*1 10.0.0.2:80*2" },
		{ "  10.0.0.1:80 # 5\n10.0.0.2:80#\n#10.0.0.3:80\n",
		  "10.0.0.1:80*1 10.0.0.2:80*1" },
		{ "10.0.0.1:80 2\n10.0.0.1:80 3\n", "10.0.0.1:80*5" },
	};
	struct naming_file file = { .path = file_path };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		file_write(cases[i].text);
		file_settle();
		expect(&file, cases[i].out);
	}
}

static void naming_file_resolve__bad_lines(void **state)
{
	static const char *const texts[] = {
		"10.0.0.1", "10.0.0.1:80*5", "10.0.0.1:80 0",
		"10.0.0.1:80 1001", "10.0.0.1:80 5 6", "10.0.0.1:80,5",
		"10.0.0.256:80", "list://10.0.0.1:80", "10.0.0.1 :80", ":80",
		"; 10.0.0.1:80", "\357\273\27710.0.0.1:80",
	};
	struct naming_file file = { .path = file_path };
	char text[100];
	size_t i;
	int len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		len = snprintf(text, sizeof(text),
			       "10.0.0.1:80\n%s\n10.0.0.2:80\n", texts[i]);
		file_write_bytes(file_path, text, (size_t)len);
		expect_error(&file, -EBADMSG);
	}
	/* not as if the file ended there */
	file_write_bytes(file_path, "10.0.0.1:80\n\0garbage", 20);
	expect_error(&file, -EBADMSG);
}

static void naming_file_resolve__no_file(void **state)
{
	struct naming_file file = { .path = file_path };
	char below[sizeof(file_path) + sizeof("/below")];

	(void)state;
	expect_error(&file, -ENOENT);
	file_write("10.0.0.1:80");
	snprintf(below, sizeof(below), "%s/below", file_path);
	file.path = below;
	expect_error(&file, -ENOENT);
}

static void naming_file_resolve__no_regular_file(void **state)
{
	struct naming_file file = { .path = file_path };
	struct naming_file endless = { .path = "/dev/zero" };

	(void)state;
	assert_int_equal(mkdir(file_path, 0700), 0);
	expect_error(&file, -EBADMSG);
	assert_int_equal(rmdir(file_path), 0);
	/* nobody ever writes to it */
	assert_int_equal(mkfifo(file_path, 0600), 0);
	expect_error(&file, -EBADMSG);
	expect_error(&endless, -EBADMSG);
}

static void naming_file_resolve__long(void **state)
{
	static char text[(1 << 20) + 1];
	struct naming_file file = { .path = file_path };

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text + sizeof(text) - 12, "10.0.0.1:80", 11);
	file_write_bytes(file_path, text, sizeof(text) - 1);
	expect(&file, "10.0.0.1:80*1");
	file_write_bytes(file_path, text, sizeof(text));
	expect_error(&file, -EBADMSG);
}

/* What an editor's save looks like in the middle, when it truncates first. */
static void naming_file_resolve__just_truncated(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	/* nobody is using it yet */
	file_write_young("");
	expect(&file, "");
	file_write_young("10.0.0.1:80");
	expect(&file, "10.0.0.1:80*1");
	file_write_young("");
	expect_error(&file, -EAGAIN);
	assert_false(naming_file_unchanged(&file));
	expect_error(&file, -EAGAIN);
	/* but if it stays like that, it is meant */
	file_settle();
	assert_false(naming_file_unchanged(&file));
	expect(&file, "");
	assert_true(naming_file_unchanged(&file));
}

static int writes_left;

/* Somebody else writes, a shorter file each time. */
static int write_meanwhile(void)
{
	char text[200];

	if (!writes_left)
		return 0;
	writes_left--;
	snprintf(text, sizeof(text), "%*s\n", 20 + writes_left, "10.0.0.2:80");
	file_write(text);
	return 0;
}

static void naming_file_resolve__changes_meanwhile(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write("10.0.0.1:80");
	names_reading = write_meanwhile;
	writes_left = 1;
	expect(&file, "10.0.0.2:80*1");
	assert_int_equal(writes_left, 0);
	writes_left = 100;
	expect_error(&file, -EAGAIN);
	assert_true(writes_left > 80);
	writes_left = 0;
	expect(&file, "10.0.0.2:80*1");
}

/* Somebody else writes to it, and removes it. */
static int remove_meanwhile(void)
{
	file_write("10.0.0.1:80 2");
	unlink(file_path);
	return 0;
}

static void naming_file_resolve__goes_meanwhile(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write("10.0.0.1:80");
	file_settle();
	names_reading = remove_meanwhile;
	expect_error(&file, -ENOENT);
	assert_true(naming_file_unchanged(&file));
	names_reading = NULL;
	file_write("10.0.0.1:80");
	assert_false(naming_file_unchanged(&file));
}

static int errors[4];
static size_t error_at;

static int next_error(void)
{
	return error_at < ARRAY_LEN(errors) ? errors[error_at++] : 0;
}

static void naming_file_resolve__interrupted(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write("10.0.0.1:80");
	names_reading = next_error;
	memcpy(errors, (const int[]){ EINTR, EINTR, 0, EINTR }, sizeof(errors));
	error_at = 0;
	expect(&file, "10.0.0.1:80*1");
	assert_int_equal(error_at, 4);
	errors[1] = EIO;
	error_at = 0;
	file_settle();
	expect_error(&file, -EIO);
	assert_false(naming_file_unchanged(&file));
}

static void naming_file_resolve__no_memory(void **state)
{
	static char text[10000];
	static const struct names_answer names[] = {
		{ .name = "a.example", .address = { "10.0.0.2" } },
		{ .name = NULL },
	};
	struct naming_file file = { .path = file_path };
	struct address *list;
	size_t n, count;
	int err;

	(void)state;
	names_know(names);
	/* more than fits at first */
	memset(text, '\n', sizeof(text));
	memcpy(text, "10.0.0.1:80\na.example:80", 24);
	file_write_bytes(file_path, text, sizeof(text));
	file_settle();
	for (n = 0;; n++) {
		fail_alloc_at(n);
		err = naming_file_resolve(&file, &list, &count);
		if (!fail_alloc_off())
			break;
		assert_int_equal(err, -ENOMEM);
		assert_false(naming_file_unchanged(&file));
	}
	assert_int_equal(err, 0);
	assert_true(n >= 5);
	names_expect(list, count, "10.0.0.1:80*1 10.0.0.2:80*1");
}

static void naming_file_unchanged__at_first(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	assert_false(naming_file_unchanged(&file));
	file_write("10.0.0.1:80");
	assert_false(naming_file_unchanged(&file));
}

static void naming_file_unchanged__changes(void **state)
{
	struct timespec times[2];
	struct naming_file file = { .path = file_path };
	struct stat st;

	(void)state;
	file_write("10.0.0.1:80");
	file_settle();
	expect(&file, "10.0.0.1:80*1");
	assert_true(naming_file_unchanged(&file));
	assert_true(naming_file_unchanged(&file));
	/* another size */
	file_write("10.0.0.11:80");
	file_settle();
	assert_false(naming_file_unchanged(&file));
	expect(&file, "10.0.0.11:80*1");
	/* the same size, and the time of the other content */
	assert_int_equal(stat(file_path, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_true(naming_file_unchanged(&file));
	do {
		file_write("10.0.0.12:80");
		assert_int_equal(utimensat(AT_FDCWD, file_path, times, 0), 0);
		assert_int_equal(stat(file_path, &st), 0);
		/* poll: its time stamps move in steps */
	} while (st.st_ctim.tv_nsec == file.seen.changed.tv_nsec);
	assert_false(naming_file_unchanged(&file));
	expect(&file, "10.0.0.12:80*1");
}

static void naming_file_unchanged__looks_at_all(void **state)
{
	struct naming_file file = { .path = file_path }, other_file;
	struct naming_mark *seen = &other_file.seen;

	(void)state;
	file_write("10.0.0.1:80");
	file_settle();
	expect(&file, "10.0.0.1:80*1");
	other_file = file;
	assert_true(naming_file_unchanged(&other_file));
	seen->dev++;
	assert_false(naming_file_unchanged(&other_file));
	other_file = file;
	seen->ino++;
	assert_false(naming_file_unchanged(&other_file));
	other_file = file;
	seen->size++;
	assert_false(naming_file_unchanged(&other_file));
	other_file = file;
	seen->modified.tv_nsec++;
	assert_false(naming_file_unchanged(&other_file));
	other_file = file;
	seen->changed.tv_sec++;
	assert_false(naming_file_unchanged(&other_file));
}

/* What was just written may be written again with the same time stamps. */
static void naming_file_unchanged__young(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write_young("10.0.0.1:80");
	expect(&file, "10.0.0.1:80*1");
	assert_false(naming_file_unchanged(&file));
	file_write_young("10.0.0.2:80");
	assert_false(naming_file_unchanged(&file));
	expect(&file, "10.0.0.2:80*1");
	file_settle();
	assert_false(naming_file_unchanged(&file));
	expect(&file, "10.0.0.2:80*1");
	assert_true(naming_file_unchanged(&file));
}

/* Where files are stamped by a clock that is fast, they are not read all day. */
static void naming_file_unchanged__from_the_future(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write("10.0.0.1:80");
	names_after(file_path, -50);
	expect(&file, "10.0.0.1:80*1");
	assert_false(naming_file_unchanged(&file));
	names_after(file_path, -500);
	expect(&file, "10.0.0.1:80*1");
	assert_true(naming_file_unchanged(&file));
	names_after(file_path, -3600000);
	expect(&file, "10.0.0.1:80*1");
	assert_true(naming_file_unchanged(&file));
}

static void naming_file_unchanged__replaced(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write("10.0.0.1:80");
	file_write_bytes(file_other, "10.0.0.2:80", 11);
	file_settle();
	expect(&file, "10.0.0.1:80*1");
	assert_true(naming_file_unchanged(&file));
	assert_int_equal(rename(file_other, file_path), 0);
	assert_false(naming_file_unchanged(&file));
	expect(&file, "10.0.0.2:80*1");
	/* something that cannot even be looked at */
	file_settle();
	expect(&file, "10.0.0.2:80*1");
	assert_true(naming_file_unchanged(&file));
	assert_int_equal(unlink(file_path), 0);
	assert_int_equal(symlink(file_path, file_path), 0);
	assert_false(naming_file_unchanged(&file));
	expect_error(&file, -ELOOP);
	assert_false(naming_file_unchanged(&file));
}

static void naming_file_unchanged__comes_and_goes(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	expect_error(&file, -ENOENT);
	assert_true(naming_file_unchanged(&file));
	file_write("10.0.0.1:80");
	assert_false(naming_file_unchanged(&file));
	file_settle();
	expect(&file, "10.0.0.1:80*1");
	assert_true(naming_file_unchanged(&file));
	assert_int_equal(unlink(file_path), 0);
	assert_false(naming_file_unchanged(&file));
	expect_error(&file, -ENOENT);
	assert_true(naming_file_unchanged(&file));
}

/* A bad file stays bad; one that nobody could read may be read the next time. */
static void naming_file_unchanged__failures(void **state)
{
	struct naming_file file = { .path = file_path };

	(void)state;
	file_write("garbage");
	file_settle();
	expect_error(&file, -EBADMSG);
	assert_true(naming_file_unchanged(&file));
	fail_alloc_at(0);
	expect_error(&file, -ENOMEM);
	assert_true(fail_alloc_off());
	assert_false(naming_file_unchanged(&file));
}

/* A file is looked at several times a second, a name server is not asked then. */
static void naming_file_unchanged__unknown_name(void **state)
{
	static const struct names_answer none[] = {
		{ .name = "a.example", .err = EAI_NONAME },
		{ .name = NULL },
	};
	static const struct names_answer dead[] = {
		{ .name = "a.example", .err = EAI_AGAIN },
		{ .name = NULL },
	};
	struct naming_file file = { .path = file_path };

	(void)state;
	names_know(none);
	file_write("a.example:80");
	file_settle();
	expect_error(&file, -EHOSTUNREACH);
	assert_true(naming_file_unchanged(&file));
	file_settle_for(4999);
	assert_true(naming_file_unchanged(&file));
	file_settle_for(5000);
	assert_false(naming_file_unchanged(&file));
	names_know(dead);
	expect_error(&file, -EAGAIN);
	assert_true(naming_file_unchanged(&file));
	/* at once when the file is another */
	file_write("10.0.0.1:80");
	assert_false(naming_file_unchanged(&file));
	expect(&file, "10.0.0.1:80*1");
}

#define FILE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, file_clean, file_clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(naming_file_resolve__lines),
		FILE_TEST(naming_file_resolve__bad_lines),
		FILE_TEST(naming_file_resolve__no_file),
		FILE_TEST(naming_file_resolve__no_regular_file),
		FILE_TEST(naming_file_resolve__long),
		FILE_TEST(naming_file_resolve__just_truncated),
		FILE_TEST(naming_file_resolve__changes_meanwhile),
		FILE_TEST(naming_file_resolve__goes_meanwhile),
		FILE_TEST(naming_file_resolve__interrupted),
		FILE_TEST(naming_file_resolve__no_memory),
		FILE_TEST(naming_file_unchanged__at_first),
		FILE_TEST(naming_file_unchanged__changes),
		FILE_TEST(naming_file_unchanged__looks_at_all),
		FILE_TEST(naming_file_unchanged__young),
		FILE_TEST(naming_file_unchanged__from_the_future),
		FILE_TEST(naming_file_unchanged__replaced),
		FILE_TEST(naming_file_unchanged__comes_and_goes),
		FILE_TEST(naming_file_unchanged__failures),
		FILE_TEST(naming_file_unchanged__unknown_name),
	};

	return cmocka_run_group_tests_name("naming_file", tests,
					   file_make_folder, file_remove_folder);
}
