// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first process of a test guest. Built statically into the initramfs by
 * scripts/guest.d/initramfs; the other end of its channel is
 * scripts/guest.d/run, on the host.
 *
 * It loads what the kernel needs to see the host's files, makes them the root
 * under a tmpfs overlay, runs one command there, and carries the command's
 * streams, the kernel log and the verdict to the host. All of that travels in
 * frames over one virtio port, so that order is kept: when the host reads the
 * verdict it has read everything that came before.
 *
 * A frame is a type byte, a 32-bit little-endian length, the payload.
 *   to the host:   B  the kernel is up, send the orders
 *                  S  the command starts now
 *                  O E  its standard output and error
 *                  C  standard input consumed, send more
 *                  K  kernel log since the hand-over, whole lines
 *                  F  what went wrong here, one line; no verdict will follow
 *                  V  verdict: the exit status in decimal, or "time"
 *   to the guest:  X  the orders, see struct orders
 *                  I  standard input; i  its end
 *                  W  terminal size, "ROWS COLUMNS"
 *                  T  time is up
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT_NAME "kelp"
#define CHUNK (32 * 1024)

/*
 * The payload of X: strings that each end in NUL. First KEY=VALUE pairs and an
 * empty string, then the environment and an empty string, then the number of
 * arguments and the arguments, which may be empty themselves.
 */
struct orders {
	char *modules;	/* host folder that becomes /lib/modules/RELEASE */
	char *cwd;	/* where the command runs */
	char *out;	/* host folder that stays writable, or NULL */
	char *ko;	/* module to insert, or NULL */
	char *params;	/* its parameters */
	char *depends;	/* modules it needs, separated by commas */
	bool net;	/* bring up eth0 */
	bool tty;	/* give the command a terminal */
	bool input;	/* standard input comes from the host */
	bool kmemleak;	/* scan for leaks before the verdict */
	char **env;
	char **argv;
};

static int port = -1;
static int kmsg = -1;

/* ---- frames ---- */

static void power_off(void)
{
	/* The host ends the machine; this is for when it cannot any more. */
	for (;;)
		pause();
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			power_off();
		p += n;
		len -= n;
	}
}

static void frame_send(char type, const void *data, size_t len)
{
	static char buf[5 + CHUNK];
	uint32_t le = htole32(len);

	buf[0] = type;
	memcpy(buf + 1, &le, 4);
	if (len <= CHUNK) {
		memcpy(buf + 5, data, len);
		write_all(port, buf, 5 + len);
	} else {
		write_all(port, buf, 5);
		write_all(port, data, len);
	}
}

static void read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			power_off();
		p += n;
		len -= n;
	}
}

/* Returns the payload, NUL-terminated; the caller frees it. */
static char *frame_read(char *type, size_t *len)
{
	char head[5], *data;
	uint32_t le;

	read_all(port, head, sizeof(head));
	memcpy(&le, head + 1, 4);
	*type = head[0];
	*len = le32toh(le);
	data = malloc(*len + 1);
	if (!data)
		power_off();
	read_all(port, data, *len);
	data[*len] = '\0';
	return data;
}

__attribute__((format(printf, 1, 2), noreturn))
static void fail(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (port >= 0)
		frame_send('F', text, strlen(text));
	else
		fprintf(stderr, "kelp-guest: %s\n", text);
	power_off();
	__builtin_unreachable();
}

/* ---- small helpers ---- */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* this kernel does not have it */
	if (write(fd, text, strlen(text)) < 0)
		dprintf(2, "kelp-guest: %s: %m\n", path);
	close(fd);
}

static void make_path(const char *path)
{
	char *copy = strdup(path), *p;

	for (p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(copy, 0755);
		*p = '/';
	}
	mkdir(copy, 0755);
	free(copy);
}

static void must_mount(const char *what, const char *where, const char *type,
		       unsigned long flags, const char *options)
{
	make_path(where);
	if (mount(what, where, type, flags, options))
		fail("cannot mount %s: %m", where);
}

static void may_mount(const char *what, const char *where, const char *type,
		      const char *options)
{
	if (mount(what, where, type, 0, options) && errno != ENODEV &&
	    errno != ENOENT && errno != EBUSY)
		dprintf(2, "kelp-guest: cannot mount %s: %m\n", where);
}

/* Runs a program and waits for it; its exit status, or -1. */
static int run(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* ---- boot ---- */

/* Inserts the modules named in /modules, one path per line, in that order. */
static void modules_insert(void)
{
	FILE *list = fopen("/modules", "re");
	char path[256];

	while (list && fgets(path, sizeof(path), list)) {
		int fd;

		path[strcspn(path, "\n")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			fprintf(stderr, "kelp-guest: cannot insert %s: %m\n",
				path);
		close(fd);
	}
	if (list)
		fclose(list);
}

static int port_find(void)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *e;
	int fd = -1;

	while (fd < 0 && dir && (e = readdir(dir))) {
		char path[512], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%63s", name) == 1 && !strcmp(name, PORT_NAME)) {
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* The driver announces the port some time after its module is in. */
static void port_open(void)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };
	int tries;

	for (tries = 0; tries < 30 * 1000; tries++) {
		port = port_find();
		if (port >= 0)
			return;
		nanosleep(&tick, NULL);
	}
	fail("no channel to the host");
}

static char *next_string(char **p)
{
	char *s = *p;

	*p += strlen(s) + 1;
	return s;
}

/* Both lists share one array of pointers, allocated for the longer. */
static char **string_list(char **p, long count)
{
	char **list = NULL;
	long n = 0;

	for (;;) {
		char *s = count == n ? NULL : next_string(p);

		list = realloc(list, (n + 1) * sizeof(*list));
		if (!list)
			fail("out of memory");
		if (!s || (count < 0 && !*s)) {
			list[n] = NULL;
			return list;
		}
		list[n++] = s;
	}
}

static char *value_of(char **pairs, const char *key)
{
	size_t len = strlen(key);

	for (; *pairs; pairs++)
		if (!strncmp(*pairs, key, len) && (*pairs)[len] == '=')
			return *pairs + len + 1;
	return NULL;
}

static void orders_read(struct orders *o)
{
	char type, *p, **pairs;
	size_t len;

	frame_send('B', "", 0);
	p = frame_read(&type, &len);
	if (type != 'X')
		fail("expected orders, got '%c'", type);
	pairs = string_list(&p, -1);
	o->env = string_list(&p, -1);
	o->argv = string_list(&p, atol(next_string(&p)));
	o->modules = value_of(pairs, "modules");
	o->cwd = value_of(pairs, "cwd");
	o->out = value_of(pairs, "out");
	o->ko = value_of(pairs, "ko");
	o->params = value_of(pairs, "params");
	o->depends = value_of(pairs, "depends");
	o->net = value_of(pairs, "net");
	o->tty = value_of(pairs, "tty");
	o->input = value_of(pairs, "input");
	o->kmemleak = value_of(pairs, "kmemleak");
	free(pairs);
}

#define P9 "trans=virtio,version=9p2000.L,msize=512000,"

/* The host's files become the root; the initramfs stays below, unseen. */
static void root_enter(const struct orders *o)
{
	must_mount("root", "/lower", "9p", MS_RDONLY, P9 "cache=loose");
	must_mount("tmpfs", "/upper", "tmpfs", 0, "size=80%,mode=755");
	make_path("/upper/root");
	make_path("/upper/work");
	must_mount("overlay", "/new", "overlay", 0,
		   "lowerdir=/lower,upperdir=/upper/root,workdir=/upper/work");
	must_mount("proc", "/new/proc", "proc", 0, NULL);
	must_mount("sysfs", "/new/sys", "sysfs", 0, NULL);
	make_path("/new/dev");
	if (mount("/dev", "/new/dev", NULL, MS_MOVE, NULL))
		fail("cannot move /dev: %m");
	must_mount("tmpfs", "/new/run", "tmpfs", 0, "mode=755");
	if (chdir("/new") || mount(".", "/", NULL, MS_MOVE, NULL) ||
	    chroot(".") || chdir("/"))
		fail("cannot enter the root file system: %m");
	if (o->out)
		must_mount("out", o->out, "9p", 0, P9 "cache=mmap");
}

static void mounts_complete(const struct orders *o)
{
	struct utsname uts;
	char path[256];

	must_mount("devpts", "/dev/pts", "devpts", 0,
		   "mode=620,gid=5,ptmxmode=666");
	must_mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
	may_mount("debugfs", "/sys/kernel/debug", "debugfs", NULL);
	may_mount("tracefs", "/sys/kernel/tracing", "tracefs", NULL);
	may_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", NULL);
	make_path("/run/lock");
	chmod("/run/lock", 01777);
	(void)!symlink("/proc/self/fd", "/dev/fd");
	(void)!symlink("/proc/self/fd/0", "/dev/stdin");
	(void)!symlink("/proc/self/fd/1", "/dev/stdout");
	(void)!symlink("/proc/self/fd/2", "/dev/stderr");
	if (o->modules) {
		uname(&uts);
		snprintf(path, sizeof(path), "/lib/modules/%s", uts.release);
		must_mount(o->modules, path, NULL, MS_BIND, NULL);
	}
}

static void interface_up(const char *name, const char *address)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ifr.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (address) {
		in->sin_family = AF_INET;
		inet_pton(AF_INET, address, &in->sin_addr);
		if (ioctl(fd, SIOCSIFADDR, &ifr))
			fail("cannot give %s an address: %m", name);
		inet_pton(AF_INET, "255.255.255.0", &in->sin_addr);
		if (ioctl(fd, SIOCSIFNETMASK, &ifr))
			fail("cannot set the netmask of %s: %m", name);
	}
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		fail("no network interface %s: %m", name);
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		fail("cannot bring up %s: %m", name);
	close(fd);
}

static void limit(int resource, rlim_t value)
{
	const struct rlimit lim = { value, value };

	setrlimit(resource, &lim);
}

static void system_prepare(const struct orders *o)
{
	umask(022);
	put("/proc/sys/fs/file-max", "4000000");
	put("/proc/sys/fs/nr_open", "1048576");
	put("/proc/sys/net/core/somaxconn", "65535");
	put("/proc/sys/net/ipv4/tcp_max_syn_backlog", "65535");
	put("/proc/sys/net/ipv4/ip_local_port_range", "10240 65535");
	put("/proc/sys/kernel/sysrq", "1");
	put("/proc/sys/kernel/hung_task_timeout_secs", "60");
	limit(RLIMIT_NOFILE, 1048576);
	limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	limit(RLIMIT_NPROC, RLIM_INFINITY);
	limit(RLIMIT_CORE, 0);
	(void)!sethostname("guest", 5);
	interface_up("lo", NULL);
	if (o->net) {
		char *const argv[] = { "modprobe", "-q", "virtio_net", NULL };

		run(argv);
		interface_up("eth0", "10.0.2.15");
	}
}

/* ---- the kernel log ---- */

/* From here on, what the kernel says counts. The mark is for the console. */
static void log_open(void)
{
	static const char mark[] = "<1>kelp-guest: hand-over";

	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || write(kmsg, mark, strlen(mark)) < 0 ||
	    lseek(kmsg, 0, SEEK_END))
		fail("cannot use /dev/kmsg: %m");
}

/* Sends the records that are there, as dmesg would print them. */
static void log_send(void)
{
	static char rec[8192], line[8192 + 64];

	for (;;) {
		ssize_t n = read(kmsg, rec, sizeof(rec) - 1);
		unsigned long long us;
		unsigned int prio;
		char *text;
		int len;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* overwritten before it was read */
		if (n <= 0)
			return;
		rec[n] = '\0';
		text = strchr(rec, ';');
		if (!text || sscanf(rec, "%u,%*u,%llu", &prio, &us) != 2)
			continue;
		text[strcspn(text, "\n")] = '\0';
		/* Facility 0 is the kernel; others write through /dev/kmsg. */
		len = snprintf(line, sizeof(line), "%s[%5llu.%06llu] %s\n",
			       prio >> 3 ? "user: " : "", us / 1000000,
			       us % 1000000, text + 1);
		frame_send('K', line, len);
	}
}

/* Reports go out as log lines, which is how the host sees them. */
static void kmemleak_send(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	FILE *f;
	char line[512];

	put(path, "scan");
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		frame_send('K', line, strlen(line));
	if (f)
		fclose(f);
}

/* ---- the module ---- */

static void ko_insert(const struct orders *o)
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

/* ---- the command ---- */

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

/* What the command left running must not go on while the log is judged. */
static void others_end(void)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };
	int tries;

	kill(-1, SIGKILL);
	for (tries = 0; tries < 5000; tries++) {
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		nanosleep(&tick, NULL);
	}
}

int main(void)
{
	struct orders o = { 0 };
	struct command c;
	sigset_t set;
	char verdict[16];
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	must_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	must_mount("proc", "/proc", "proc", 0, NULL);
	must_mount("sysfs", "/sys", "sysfs", 0, NULL);
	modules_insert();
	port_open();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	orders_read(&o);
	root_enter(&o);
	mounts_complete(&o);
	system_prepare(&o);

	log_open();
	if (o.ko)
		ko_insert(&o);
	command_start(&o, &c);
	status = command_serve(&c);
	while (stream_send(&c.out, 'O') || stream_send(&c.err, 'E'))
		;
	if (status >= 0)
		others_end();
	if (o.kmemleak)
		kmemleak_send();
	sync();
	log_send();
	snprintf(verdict, sizeof(verdict), status < 0 ? "time" : "%d", status);
	frame_send('V', verdict, strlen(verdict));
	power_off();
}
