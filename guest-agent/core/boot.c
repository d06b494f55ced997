// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bring-up and shutdown of the guest. There is no shell and nothing else in the initramfs.
 */
#include "guest-agent/core/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct mount_point {
	const char *type, *path;
};

static int mount_one(const struct mount_point *m)
{
	mkdir(m->path, 0755);
	if (!mount(m->type, m->path, m->type, MS_NOSUID | MS_NOEXEC, NULL) || errno == EBUSY)
		return 0;
	return -errno;
}

int boot_mount(const char **what)
{
	static const struct mount_point points[] = {
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}};

	for (unsigned int i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		int ret = mount_one(&points[i]);

		*what = points[i].path;
		if (ret)
			return ret;
	}
	return 0;
}

void boot_mount_optional(void)
{
	static const struct mount_point points[] = {{"debugfs", "/sys/kernel/debug"},
						    {"tracefs", "/sys/kernel/tracing"}};

	for (unsigned int i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		mount_one(&points[i]);
}

int boot_load_module(int root_fd, const char *path, const char *params)
{
	int fd = openat(root_fd, path + (path[0] == '/'), O_RDONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST)
		ret = -errno;
	close(fd);
	return ret;
}

int boot_load_listed(int root_fd, char *failed, unsigned int size)
{
	int fd = openat(root_fd, "modules/boot", O_RDONLY | O_CLOEXEC);
	FILE *list = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[1024];
	int ret = 0;

	if (!list)
		return errno == ENOENT ? 0 : -errno;
	while (!ret && fgets(line, sizeof(line), list)) {
		char *params;

		line[strcspn(line, "\n")] = '\0';
		params = strchr(line, ' ');
		if (params)
			*params++ = '\0';
		if (line[0])
			ret = boot_load_module(root_fd, line, params ? params : "");
	}
	if (ret)
		snprintf(failed, size, "%s", line);
	fclose(list);
	return ret;
}

void boot_power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

void boot_fatal(const char *format, ...)
{
	static const char *const paths[] = {"/dev/console", "/dev/kmsg"};
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (int i = 0; i < 2; i++) {
		int fd = open(paths[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		dprintf(fd, "pfnhunt: the agent cannot start: %s\n", text);
		close(fd);
	}
	boot_power_off();
}
