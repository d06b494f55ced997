/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `pfnhunt triage` prints: text for people, one JSON object per line for programs. */
#include <stdio.h>

#include "harness/cli/triage.h"
#include "host-driver/base/json.h"
#include "host-driver/base/text.h"

static void add_string(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	if (value)
		json_builder_add_string_value(json, value);
	else
		json_builder_add_null_value(json);
}

static void add_int(JsonBuilder *json, const char *name, gint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, value);
}

static void add_bool(JsonBuilder *json, const char *name, gboolean value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_boolean_value(json, value);
}

static void add_page(JsonBuilder *json, const SplatPage *page)
{
	json_builder_set_member_name(json, "page");
	json_builder_begin_object(json);
	add_int(json, "pfn", (gint64)page->pfn);
	add_int(json, "refcount", page->refcount);
	add_int(json, "mapcount", page->mapcount);
	add_string(json, "flags", page->flags);
	add_string(json, "page_type", page->page_type);
	add_string(json, "reason", page->reason);
	json_builder_end_object(json);
}

static void add_frames(JsonBuilder *json, Decoder *decoder, const Splat *splat)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) frames = decoder_splat(decoder, splat, &why);

	json_builder_set_member_name(json, "frames");
	json_builder_begin_array(json);
	for (guint i = 0; i < frames->len; i++)
		json_builder_add_string_value(json, g_ptr_array_index(frames, i));
	json_builder_end_array(json);
	if (why)
		add_string(json, "not_decoded", why);
}

static void add_splat(JsonBuilder *json, Decoder *decoder, const Splat *splat)
{
	json_builder_begin_object(json);
	add_string(json, "title", splat->title);
	add_string(json, "kind", splat_kind_name(splat->kind));
	add_string(json, "signature", splat->signature);
	add_bool(json, "corrupted", splat->corrupted);
	add_int(json, "line", (gint64)splat->line);
	add_string(json, "function", splat->function);
	add_string(json, "source", splat->file);
	add_int(json, "source_line", splat->file_line);
	add_string(json, "task", splat->task);
	add_int(json, "pid", splat->pid);
	add_int(json, "cpu", splat->cpu);
	add_int(json, "time_us", splat->t_us);
	add_string(json, "kernel", splat->kernel);
	if (splat->page.present)
		add_page(json, &splat->page);
	if (decoder)
		add_frames(json, decoder, splat);
	json_builder_end_object(json);
}

static void add_incident(JsonBuilder *json, const Incident *incident)
{
	json_builder_begin_object(json);
	add_string(json, "family", incident_family_name(incident->family));
	add_string(json, "title", incident->title);
	add_string(json, "signature", incident->signature);
	add_string(json, "cause", incident->cause->title);
	json_builder_set_member_name(json, "consequences");
	json_builder_begin_array(json);
	for (guint i = 1; i < incident->splats->len; i++) {
		const Splat *splat = g_ptr_array_index(incident->splats, i);

		if (g_strcmp0(splat->signature, incident->signature) != 0)
			json_builder_add_string_value(json, splat->title);
	}
	json_builder_end_array(json);
	add_int(json, "hits", (gint64)incident->hits);
	add_int(json, "line", (gint64)incident->cause->line);
	add_string(json, "walker", incident->walker);
	add_bool(json, "walker_guessed", incident->walker_guessed);
	add_string(json, "known", incident->known);
	json_builder_end_object(json);
}

void cmd_triage_print_json(const char *name, const Triage *triage, Decoder *decoder)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *utf8 = g_utf8_make_valid(name, -1);
	g_autofree char *line = NULL;
	const GPtrArray *splats = triage_splats(triage), *incidents = triage_incidents(triage);

	json_builder_begin_object(json);
	add_string(json, "file", utf8);
	json_builder_set_member_name(json, "splats");
	json_builder_begin_array(json);
	for (guint i = 0; i < splats->len; i++)
		add_splat(json, decoder, g_ptr_array_index(splats, i));
	json_builder_end_array(json);
	json_builder_set_member_name(json, "incidents");
	json_builder_begin_array(json);
	for (guint i = 0; i < incidents->len; i++)
		add_incident(json, g_ptr_array_index(incidents, i));
	json_builder_end_array(json);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	line = rj_string(root, FALSE);
	puts(line);
}

/* One line. The log, its name and the notes on known issues are anybody's: one gate for all. */
G_GNUC_PRINTF(1, 2)
static void say(const char *format, ...)
{
	g_autofree char *line = NULL;
	va_list ap;

	va_start(ap, format);
	line = g_strdup_vprintf(format, ap);
	va_end(ap);
	puts(text_clean(line));
}

static void print_place(const char *lead, const char *name, const Splat *splat)
{
	g_autofree char *source =
		splat->file ? g_strdup_printf(" (%s:%u)", splat->file, splat->file_line) : NULL;

	say("%s%s:%" G_GUINT64_FORMAT ": %s%s%s", lead, name, splat->line, splat->title,
	    source ? source : "", splat->corrupted ? " (truncated or interleaved)" : "");
}

static void print_frames(Decoder *decoder, const Splat *splat)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) frames = decoder_splat(decoder, splat, &why);

	for (guint i = 0; i < frames->len; i++) {
		g_auto(GStrv) lines = g_strsplit(g_ptr_array_index(frames, i), "\n", -1);

		for (char **line = lines; *line; line++)
			say("      %s", *line);
	}
	if (why)
		say("      frames not decoded: %s", why);
}

static void print_incident(const char *name, const Incident *incident, Decoder *decoder)
{
	print_place("", name, incident->cause);
	say("    %s%s", incident_family_name(incident->family),
	    incident->family == FAMILY_EMULATOR ? ": an artefact of the emulator, not a finding"
						: "");
	if (!g_str_has_suffix(incident->cause->title, incident->title))
		say("    %s", incident->title);
	say("    signature %s", incident->signature);
	if (incident->hits > 1)
		say("    %" G_GUINT64_FORMAT " times", incident->hits);
	if (incident->cause->page.reason)
		say("    page: %s", incident->cause->page.reason);
	if (incident->walker)
		say("    walker: %s%s", incident->walker,
		    incident->walker_guessed ? " (a guess)" : "");
	if (incident->known)
		say("    known: %s", incident->known);
	if (decoder)
		print_frames(decoder, incident->cause);
	for (guint i = 1; i < incident->splats->len; i++) {
		const Splat *splat = g_ptr_array_index(incident->splats, i);

		if (g_strcmp0(splat->signature, incident->signature) != 0)
			print_place("    then ", name, splat);
	}
}

void cmd_triage_print_text(const char *name, const Triage *triage, Decoder *decoder)
{
	const GPtrArray *incidents = triage_incidents(triage);

	if (!incidents->len)
		say("%s: nothing found", name);
	for (guint i = 0; i < incidents->len; i++)
		print_incident(name, g_ptr_array_index(incidents, i), decoder);
}
