// SPDX-License-Identifier: GPL-2.0-or-later
/* See symbols.h. The file is sorted for the kernel itself, but not for modules. */
#include "guest-agent/core/symbols.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/probe/kallsyms.h"

struct symbol {
	char name[128];	    /* as asked for */
	bool exact;	    /* not a copy that the compiler made of it */
	uint64_t addr, end; /* addr 0: it is not there */
};

static FILE *open_symbols(int root_fd)
{
	int fd = openat(root_fd, "proc/kallsyms", O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (!file && fd >= 0)
		close(fd);
	return file;
}

static bool next_symbol(FILE *file, uint64_t *addr, char *name)
{
	char line[512], type;

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNx64 " %c %255s", addr, &type, name) == 3)
			return true;
	return false;
}

static void find_addresses(FILE *file, struct symbol *s, unsigned int count)
{
	char name[256];
	uint64_t addr;

	while (next_symbol(file, &addr, name))
		for (unsigned int i = 0; i < count; i++)
			if (!s[i].exact && kallsyms_stands_for(name, s[i].name)) {
				s[i].addr = addr;
				s[i].exact = !strcmp(name, s[i].name);
			}
}

static void find_ends(FILE *file, struct symbol *s, unsigned int count)
{
	char name[256];
	uint64_t addr;

	while (next_symbol(file, &addr, name))
		for (unsigned int i = 0; i < count; i++)
			if (addr > s[i].addr && addr < s[i].end)
				s[i].end = addr;
}

static void say(const struct sink *sink, const struct symbol *s)
{
	struct wire_out out;
	char line[512], number[32];

	wire_begin(&out, line, sizeof(line), WIRE_SYMBOL);
	wire_add(&out, "name", s->name);
	snprintf(number, sizeof(number), "0x%" PRIx64, s->addr);
	wire_add(&out, "addr", number);
	snprintf(number, sizeof(number), "0x%" PRIx64, s->end);
	wire_add(&out, "end", number);
	sink_send(sink, &out, SINK_HIGH);
}

void symbols_say(int root_fd, const struct sink *sink, char *names)
{
	static struct symbol s[SYMBOLS_MAX]; /* the session thread alone */
	unsigned int count = 0;
	char *rest = names, *name;
	FILE *file = open_symbols(root_fd);

	while ((name = strsep(&rest, ",")) && count < SYMBOLS_MAX) {
		struct symbol *symbol = &s[count++];

		*symbol = (struct symbol){.end = UINT64_MAX};
		snprintf(symbol->name, sizeof(symbol->name), "%s", name);
	}
	if (!file)
		return;
	find_addresses(file, s, count);
	rewind(file);
	find_ends(file, s, count);
	fclose(file);
	for (unsigned int i = 0; i < count; i++)
		if (s[i].addr)
			say(sink, &s[i]);
}
