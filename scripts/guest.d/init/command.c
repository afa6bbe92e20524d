// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module that is under test, and the command: its start, its streams, its
 * end.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void ko_insert(const struct orders *o)
{
	char *argv[] = { "modprobe", "-a", NULL, NULL };
	char *name, *rest = o->depends;
	int fd;

	while ((name = strsep(&rest, ","))) {
		argv[2] = name;
		if (*name && run(argv))
			fail("cannot insert %s, which %s needs", name, o->ko);
	}
	fd = open(o->ko, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("cannot open %s: %m", o->ko);
	if (syscall(SYS_finit_module, fd, o->params ? o->params : "", 0)) {
		int err = errno;

		log_send();
		fail("cannot insert %s: %s", o->ko, strerror(err));
	}
	close(fd);
}

struct command {
	pid_t pid;
	int in;		/* write end of its standard input or terminal, or -1 */
	int out, err;	/* read ends, -1 once closed; a terminal is out only */
	char *pending;	/* input that did not fit yet */
	size_t pending_len, pending_off;
	bool in_closed;	/* close in once pending is written */
};

static void command_exec(const struct orders *o, int in, int out, int err)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (o->tty)
		ioctl(in, TIOCSCTTY, 0);
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	environ = o->env;
	if (chdir(o->cwd)) {
		dprintf(2, "guest: cannot enter %s: %m\n", o->cwd);
		_exit(125);
	}
	execvp(o->argv[0], o->argv);
	dprintf(2, "guest: cannot run %s: %m\n", o->argv[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

static int terminal_open(int *slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64];

	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, sizeof(name)))
		fail("cannot open a terminal: %m");
	*slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		fail("cannot open %s: %m", name);
	return master;
}

static void command_start(const struct orders *o, struct command *c)
{
	int in[2] = { -1, -1 }, out[2], err[2];

	*c = (struct command){ .in = -1, .err = -1 };
	if (o->tty) {
		c->in = terminal_open(&in[0]);
		c->out = dup(c->in);
		out[1] = err[1] = in[0];
	} else {
		if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ||
		    (o->input && pipe2(in, O_CLOEXEC)))
			fail("cannot open a pipe: %m");
		if (!o->input)
			in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		c->in = in[1];
		c->out = out[0];
		c->err = err[0];
	}
	if (c->in >= 0)
		fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	if (c->err >= 0)
		fcntl(c->err, F_SETFL, O_NONBLOCK);
	frame_send('S', "", 0);
	c->pid = fork();
	if (c->pid < 0)
		fail("cannot fork: %m");
	if (c->pid == 0)
		command_exec(o, in[0], out[1], err[1]);
	close(in[0]);
	if (!o->tty) {
		close(out[1]);
		close(err[1]);
	}
}

/* One read; at the end of the stream the descriptor is closed. */
static bool stream_send(int *fd, char type)
{
	static char buf[CHUNK];
	ssize_t n;

	if (*fd < 0)
		return false;
	n = read(*fd, buf, sizeof(buf));
	if (n > 0) {
		frame_send(type, buf, n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close(*fd);
	*fd = -1;
	return false;
}

/* Writes what it can of the pending input, then asks for more. */
static void input_push(struct command *c)
{
	while (c->pending) {
		ssize_t n = write(c->in, c->pending + c->pending_off,
				  c->pending_len - c->pending_off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) /* nobody reads any more: swallow it */
			n = c->pending_len - c->pending_off;
		c->pending_off += n;
		if (c->pending_off < c->pending_len)
			continue;
		free(c->pending);
		c->pending = NULL;
		frame_send('C', "", 0);
	}
	if (c->in_closed && c->in >= 0) {
		close(c->in);
		c->in = -1;
	}
}

/* Returns true when the host says that time is up. */
static bool host_obey(struct command *c)
{
	struct winsize ws = { 0 };
	char type, *data;
	size_t len;

	data = frame_read(&type, &len);
	switch (type) {
	case 'I':
		c->pending = data;
		c->pending_len = len;
		c->pending_off = 0;
		input_push(c);
		return false;
	case 'i':
		c->in_closed = true;
		input_push(c);
		break;
	case 'W':
		if (sscanf(data, "%hu %hu", &ws.ws_row, &ws.ws_col) == 2)
			ioctl(c->out, TIOCSWINSZ, &ws);
		break;
	case 'T':
		free(data);
		return true;
	}
	free(data);
	return false;
}

/* Reaps whatever ended; true, with its status, once the command did. */
static bool reap(pid_t pid, int *status)
{
	bool ended = false;
	int s;
	pid_t p;

	while ((p = waitpid(-1, &s, WNOHANG)) > 0) {
		if (p != pid)
			continue;
		*status = WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s);
		ended = true;
	}
	return ended;
}

/* Runs until the command ends, or time is up: then returns -1. */
static int command_serve(struct command *c)
{
	struct signalfd_siginfo info;
	int status, sig;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sig = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	for (;;) {
		struct pollfd p[] = {
			{ .fd = port, .events = POLLIN },
			{ .fd = kmsg, .events = POLLIN },
			{ .fd = sig, .events = POLLIN },
			{ .fd = c->out, .events = POLLIN },
			{ .fd = c->err, .events = POLLIN },
			{ .fd = c->pending ? c->in : -1, .events = POLLOUT },
		};

		if (poll(p, sizeof(p) / sizeof(*p), -1) < 0)
			continue;
		if (p[1].revents)
			log_send();
		if (p[3].revents)
			stream_send(&c->out, 'O');
		if (p[4].revents)
			stream_send(&c->err, 'E');
		if (p[5].revents)
			input_push(c);
		if (p[0].revents & POLLIN && host_obey(c))
			return -1;
		if (p[2].revents) {
			while (read(sig, &info, sizeof(info)) > 0)
				;
			if (reap(c->pid, &status))
				return status;
		}
	}
}

int command_run(const struct orders *o)
{
	struct command c;
	int status;

	command_start(o, &c);
	status = command_serve(&c);
	while (stream_send(&c.out, 'O') || stream_send(&c.err, 'E'))
		;
	return status;
}
