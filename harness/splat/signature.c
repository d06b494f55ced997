/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stable name of a splat: kind, source file and the reason of the page dump where there is
 * one; kind, file and function where there is none. Addresses, offsets and line numbers are not
 * in it: they drift. docs/incidents.md says why each part is, and how WARNs of one function
 * are kept apart.
 */
#include <string.h>

#include "harness/splat/name.h"

/*
 * Sites of this project's field that are one whatever a compiler inlines where and whether the
 * page dump was seen; lines of the kernels 6.1, 6.12, 6.16 to 7.3. Line 0 is any line.
 */
static const struct {
	SplatKind kind;
	const char *file, *function;
	guint line;
	const char *site;
} sites[] = {
	{KIND_WARNING, "drivers/virtio/virtio_mem.c", "virtio_mem_fake_offline_going_offline", 0,
	 "fake-offline page referenced"},
	{KIND_WARNING, "drivers/virtio/virtio_mem.c", NULL, 1208, "fake-offline page referenced"},
	{KIND_WARNING, "drivers/virtio/virtio_mem.c", NULL, 1275, "fake-offline page referenced"},
	{KIND_WARNING, "drivers/virtio/virtio_mem.c", NULL, 1277, "fake-offline page referenced"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 9583, "offlined page_count"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 6990, "offlined page_count"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 7770, "offlined page_count"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 9584, "offlined PageBuddy"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 6991, "offlined PageBuddy"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 7771, "offlined PageBuddy"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 9589, "isolated page_count"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 6997, "isolated page_count"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 7777, "isolated page_count"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 9590, "isolated not PageBuddy"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 6998, "isolated not PageBuddy"},
	{KIND_KERNEL_BUG, "mm/page_alloc.c", NULL, 7778, "isolated not PageBuddy"},
};

/* Messages that tell the WARNs of one reporting function apart. */
static const struct {
	SplatKind kind;
	const char *words, *tag;
} messages[] = {
	{KIND_WARNING, "pinned CR0 bits changed", "pinned-CR0"},
	{KIND_WARNING, "pinned CR4 bits changed", "pinned-CR4"},
	{KIND_REFCOUNT, "underflow", "underflow"},
	{KIND_REFCOUNT, "saturated", "saturated"},
	{KIND_REFCOUNT, "decrement hit 0", "decrement-hit-0"},
	{KIND_REFCOUNT, "on 0; use-after-free", "addition-on-0"},
	{KIND_ODEBUG, "ODEBUG: free", "free"},
	{KIND_ODEBUG, "ODEBUG: init", "init"},
	{KIND_ODEBUG, "ODEBUG: activate", "activate"},
	{KIND_ODEBUG, "ODEBUG: assert_init", "assert-init"},
	{KIND_ODEBUG, "ODEBUG: destroy", "destroy"},
};

#define TAG_WORDS 4

/* "fake-offline page referenced" to "fake-offline-page-referenced". */
static void append_slug(GString *name, const char *text)
{
	gboolean dash = FALSE;

	g_string_append_c(name, ':');
	for (; *text; text++) {
		if (g_ascii_isalnum(*text) || strchr("_./", *text)) {
			g_string_append_c(name, *text);
			dash = FALSE;
		} else if (!dash) {
			g_string_append_c(name, '-');
			dash = TRUE;
		}
	}
	while (name->str[name->len - 1] == '-')
		g_string_truncate(name, name->len - 1);
}

static void append_part(GString *name, const char *text)
{
	g_string_append_c(name, ':');
	g_string_append(name, text);
}

/* What stands for the site itself, or NULL. */
static const char *find_site(const SplatOpen *open)
{
	const Splat *splat = open->splat;

	if (!splat->file)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(sites); i++)
		if (sites[i].kind == splat->kind && strcmp(sites[i].file, splat->file) == 0 &&
		    (!sites[i].function || g_strcmp0(sites[i].function, splat->function) == 0) &&
		    (!sites[i].line || sites[i].line == splat->file_line))
			return sites[i].site;
	return splat->page.reason;
}

static const char *find_tag(const SplatOpen *open)
{
	for (guint i = 0; open->message && i < G_N_ELEMENTS(messages); i++)
		if (messages[i].kind == open->splat->kind &&
		    strstr(open->message, messages[i].words))
			return messages[i].tag;
	return NULL;
}

/*
 * The words that a WARN's message begins with, up to the first that looks like a value: a
 * number, a name in quotes, a device before a colon.
 */
static void append_message(GString *name, const char *message)
{
	g_auto(GStrv) words = g_strsplit(message, " ", TAG_WORDS + 1);
	g_autoptr(GString) tag = g_string_new(NULL);
	guint n = 0;

	for (; words[n] && n < TAG_WORDS; n++) {
		const char *word = words[n];
		gsize len = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

		if (!len || (word[len] && strcmp(word + len, ",") != 0))
			break;
		g_string_append_printf(tag, " %.*s", (int)len, word);
	}
	if (n >= 2)
		append_slug(name, tag->str + 1);
}

/* A victim that happened to allocate a bad page says nothing of who made it so. */
static gboolean is_allocation(const SplatOpen *open)
{
	static const char *const names[] = {"get_page_from_freelist", "prep_new_page", "rmqueue",
					    "check_new_page"};

	for (guint i = 0; i < open->frames; i++) {
		SplatText name = splat_frame_name(open, &open->frame[i]);

		for (guint j = 0; j < G_N_ELEMENTS(names); j++)
			if (memmem(name.s, name.len, names[j], strlen(names[j])))
				return TRUE;
	}
	return FALSE;
}

/* The function without what changes between kernels of different ages. */
static void append_function(GString *name, const char *function)
{
	static const char suffix[] = "_noprof";
	gsize len = strlen(function);

	if (g_str_has_suffix(function, suffix))
		len -= strlen(suffix);
	g_string_append_c(name, ':');
	g_string_append_len(name, function, (gssize)len);
}

/* TRUE when the title tells what it is, without a function. */
static gboolean says_itself(const SplatOpen *open)
{
	const SplatRule *rule = open->rule;

	return !open->refine &&
	       (rule->pick == PICK_NONE || rule->group == GROUP_PANIC || strstr(rule->title, "%O"));
}

static void append_title(GString *name, const char *title)
{
	static const char unknown[] = " in " SPLAT_NO_FUNCTION;
	gsize kind = name->len;
	g_autofree char *said = g_strdup(title);

	/* "silent: page escaped" of kind silent */
	if (g_str_has_prefix(said, name->str) && g_str_has_prefix(said + kind, ": "))
		memmove(said, said + kind + 2, strlen(said + kind + 1));
	if (g_str_has_suffix(said, unknown))
		said[strlen(said) - strlen(unknown)] = '\0';
	append_slug(name, said);
}

/*
 * A write to what is mapped read-only is another bug than an access to what is not mapped at
 * all, though both fault in the same function.
 */
static gboolean is_write_protected(const SplatOpen *open)
{
	const char *text = open->splat->text->str;

	if (open->splat->kind != KIND_PAGE_FAULT)
		return FALSE;
	return strstr(text, "write to read-only memory") ||
	       (strstr(text, "#PF: supervisor write access") &&
		strstr(text, " - permissions violation"));
}

char *splat_signature(const SplatOpen *open)
{
	const Splat *splat = open->splat;
	GString *name = g_string_new(splat_kind_name(splat->kind));
	const char *site = find_site(open), *tag = find_tag(open);

	/* the file of a refined kind is that of the reporter */
	if (splat->file && !open->refine)
		append_part(name, splat->file);
	if (site) {
		append_slug(name, site);
		return g_string_free(name, FALSE);
	}
	if (splat->page.reason && splat->kind == KIND_BAD_PAGE && is_allocation(open)) {
		g_string_append(name, ":allocation");
		append_slug(name, splat->page.reason);
		return g_string_free(name, FALSE);
	}
	if (splat->function)
		append_function(name, splat->function);
	else if (says_itself(open))
		append_title(name, splat->title);
	if (tag)
		append_slug(name, tag);
	else if (open->message_sure && open->message && !open->refine &&
		 open->rule->group == GROUP_WARN)
		append_message(name, open->message);
	if (open->condition)
		append_slug(name, open->condition);
	if (is_write_protected(open))
		g_string_append(name, ":write-protected");
	return g_string_free(name, FALSE);
}
