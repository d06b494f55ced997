// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Init of the arm64 guests whose consoles are golden logs: there the program itself does not
 * run. Writes VALUE to FILE for each FILE=VALUE on the kernel's command line that begins with
 * '/', in that order, and powers off some seconds later.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static void mount_at(const char *type, const char *path)
{
	mkdir(path, 0755);
	mount(type, path, type, 0, NULL);
}

static void poke(char *arg)
{
	char *value = strchr(arg, '=');
	int fd;

	*value++ = '\0';
	fd = open(arg, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		perror(arg);
}

int main(int argc, char **argv)
{
	char line[4096] = "";
	int fd;

	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("debugfs", "/sys/kernel/debug");
	fd = open("/proc/cmdline", O_RDONLY);
	if (fd >= 0 && read(fd, line, sizeof(line) - 1) < 0)
		perror("/proc/cmdline");
	for (char *arg = strtok(line, " \n"); arg; arg = strtok(NULL, " \n"))
		if (*arg == '/' && strchr(arg, '=') && fork() == 0) {
			poke(arg);
			return 0;
		}
	sleep(5);
	reboot(RB_POWER_OFF);
	return 0;
}
