/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See owner.h. */
#include "host-driver/libvirt/owner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST, MACHINE, BOOT, NAMESPACE, PID, START, PARTS };

/* When the process began, in clock ticks since boot; 0: there is none. */
static guint64 start_of(const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	g_autofree char *text = NULL;
	g_auto(GStrv) fields = NULL;
	const char *end;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !(end = strrchr(text, ')')))
		return 0;
	/* Behind the name: state is field 3, the start is field 22. A zombie owns nothing. */
	fields = g_strsplit(end + 1, " ", -1);
	if (g_strv_length(fields) < 21 || g_str_equal(fields[1], "Z"))
		return 0;
	return g_ascii_strtoull(fields[20], NULL, 10);
}

#define UNKNOWN "unknown"

/* The only line of @path, an identifier. (transfer full) */
static char *id_of(const char *path)
{
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !*g_strchomp(text)) {
		g_free(text);
		return g_strdup(UNKNOWN);
	}
	return text;
}

static char *pid_namespace(void)
{
	g_autofree char *link = g_file_read_link("/proc/self/ns/pid", NULL);

	return g_strdup_printf("%" G_GUINT64_FORMAT, link && g_str_has_prefix(link, "pid:[")
							     ? g_ascii_strtoull(link + 5, NULL, 10)
							     : 0);
}

char *lv_owner_self(void)
{
	g_autofree char *boot = id_of("/proc/sys/kernel/random/boot_id");
	g_autofree char *machine = id_of("/etc/machine-id"), *space = pid_namespace();
	g_autofree char *host = g_strdup(g_get_host_name());
	g_autofree char *pid = g_strdup_printf("%d", (int)getpid());

	g_strcanon(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", '-');
	return g_strdup_printf("%s/%s/%s/%s/%s/%" G_GUINT64_FORMAT, host, machine, boot, space, pid,
			       start_of(pid));
}

/* The parts of a sound owner, or NULL. */
static char **split(const char *owner)
{
	g_auto(GStrv) parts = g_strsplit(owner ? owner : "", "/", -1);

	if (g_strv_length(parts) != PARTS)
		return NULL;
	for (guint i = 0; i < PARTS; i++) {
		gsize sane = strspn(parts[i], "abcdefghijklmnopqrstuvwxyz"
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

		if (!*parts[i] || parts[i][sane] ||
		    (i == PID && strspn(parts[i], "0123456789") != strlen(parts[i])))
			return NULL;
	}
	return g_steal_pointer(&parts);
}

LvOwnerState lv_owner_state(const char *owner)
{
	g_auto(GStrv) theirs = split(owner);
	g_autofree char *self = lv_owner_self();
	g_auto(GStrv) ours = split(self);

	if (!theirs || !ours)
		return LV_OWNER_ELSEWHERE;
	if (!g_str_equal(theirs[BOOT], ours[BOOT]))
		/* Nobody lives through a restart of the machine, if this is that machine. */
		return g_str_equal(theirs[HOST], ours[HOST]) &&
				       g_str_equal(theirs[MACHINE], ours[MACHINE]) &&
				       !g_str_equal(ours[MACHINE], UNKNOWN)
			       ? LV_OWNER_DEAD
			       : LV_OWNER_ELSEWHERE;
	if (!g_str_equal(theirs[NAMESPACE], ours[NAMESPACE]))
		return LV_OWNER_ELSEWHERE;
	return start_of(theirs[PID]) == g_ascii_strtoull(theirs[START], NULL, 10) ? LV_OWNER_ALIVE
										  : LV_OWNER_DEAD;
}

char *lv_owner_name(const char *owner)
{
	g_auto(GStrv) parts = split(owner);

	return parts ? g_strdup_printf("process %s on %s", parts[PID], parts[HOST])
		     : g_strdup("somebody unknown");
}
