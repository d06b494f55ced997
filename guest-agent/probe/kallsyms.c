// SPDX-License-Identifier: GPL-2.0-or-later
/* See kallsyms.h. */
#include "guest-agent/probe/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Does a copy of a function that is called @suffix take its place? ".cold" and ".part" do not. */
static bool stands_in(const char *suffix)
{
	return !strncmp(suffix, ".isra.", 6) || !strncmp(suffix, ".constprop.", 11);
}

bool kallsyms_stands_for(const char *symbol, const char *func)
{
	size_t len = strlen(func);

	return !strncmp(symbol, func, len) && (!symbol[len] || stands_in(symbol + len));
}

int kallsyms_find(int root_fd, const char *func, char *name, size_t size)
{
	int fd = openat(root_fd, "proc/kallsyms", O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	int ret = -ENOENT;
	char line[512];

	if (!file) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (fgets(line, sizeof(line), file)) {
		char type, symbol[256];

		if (sscanf(line, "%*s %c %255s", &type, symbol) != 2 || (type | 32) != 't' ||
		    !kallsyms_stands_for(symbol, func))
			continue;
		snprintf(name, size, "%s", symbol);
		ret = 0;
		if (!strcmp(symbol, func))
			break;
	}
	fclose(file);
	return ret;
}
