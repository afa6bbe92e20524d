// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the initramfs to a system in which a test can run: modules, mounts,
 * limits, network interfaces.
 */
#include "init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

void put(const char *path, const char *text)
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

int run(char *const argv[])
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

void boot_kernel(void)
{
	must_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	must_mount("proc", "/proc", "proc", 0, NULL);
	must_mount("sysfs", "/sys", "sysfs", 0, NULL);
	modules_insert();
}

void boot_system(const struct orders *o)
{
	root_enter(o);
	mounts_complete(o);
	system_prepare(o);
}
