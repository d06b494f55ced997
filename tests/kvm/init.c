/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of the lab's outer guest (see lab.py). Loads the modules that /modules/order names, makes
 * a root of the outer machine's own, shared read-only, with a layer of memory over it, runs
 * /bin/sh /mnt/lab.sh there, and switches off. All that fails is said on the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARE "trans=virtio,version=9p2000.L,msize=524288"

static void complain(const char *what)
{
	printf("lab: %s: %s\n", what, strerror(errno));
}

static void load_modules(void)
{
	FILE *order = fopen("/modules/order", "re");
	char name[128], path[160];

	while (order && fgets(name, sizeof(name), order)) {
		int fd;

		name[strcspn(name, "\n")] = '\0';
		snprintf(path, sizeof(path), "/modules/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			complain(path);
		if (fd >= 0)
			close(fd);
	}
	if (order)
		fclose(order);
}

static void put(const char *source, const char *at, const char *type, unsigned long flags,
		const char *options)
{
	mkdir(at, 0755);
	if (mount(source, at, type, flags, options))
		complain(at);
}

/* Of the outer machine's root nothing is changed: what is written stays in memory. */
static void make_root(void)
{
	put("root", "/lower", "9p", MS_RDONLY, SHARE ",cache=loose");
	put("upper", "/upper", "tmpfs", 0, "size=1500M");
	mkdir("/upper/data", 0755);
	mkdir("/upper/work", 0755);
	put("overlay", "/root", "overlay", 0,
	    "lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work");
	put("mnt", "/root/mnt", "9p", 0, SHARE);
	put("proc", "/root/proc", "proc", 0, NULL);
	put("sysfs", "/root/sys", "sysfs", 0, NULL);
	put("cgroup", "/root/sys/fs/cgroup", "cgroup2", 0, NULL);
	put("dev", "/root/dev", "devtmpfs", 0, NULL);
	put("shm", "/root/dev/shm", "tmpfs", 0, NULL);
	put("pts", "/root/dev/pts", "devpts", 0, NULL);
	put("tmp", "/root/tmp", "tmpfs", 0, NULL);
	put("run", "/root/run", "tmpfs", 0, NULL);
	chmod("/root/dev/kvm", 0666);
	mkdir("/root/run/lock", 0755);
	chmod("/root/run/lock", 01777);
	/* In a mere chroot there are no user namespaces. */
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		complain("/root");
}

static void run(void)
{
	static char *const argv[] = {"/bin/sh", "/mnt/lab.sh", NULL};
	static char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execve(argv[0], argv, env);
		complain(argv[0]);
		_exit(127);
	}
	/* What its children leave behind is reaped, too. */
	while (wait(&status) != pid || errno == EINTR)
		;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	put("dev", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	make_root();
	run();
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
