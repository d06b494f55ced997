/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See units.h: one table of suffixes a kind, used for reading and for printing. */
#include "host-driver/base/units.h"
#include "host-driver/base/text.h"

#include <string.h>

typedef struct {
	const char *suffix;
	guint64 factor;
} Unit;

/* Largest first: the printer takes the first that divides. */
static const Unit byte_units[] = {{"T", 1ull << 40}, {"G", 1ull << 30}, {"M", 1ull << 20},
				  {"K", 1ull << 10}, {"", 1},		{NULL, 0}};
static const Unit ms_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};

gboolean units_parse_u64(const char *text, guint64 *value)
{
	if (g_str_has_prefix(text, "0x"))
		return g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64, value, NULL);
	return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, value, NULL);
}

static gboolean parse(const char *text, const Unit *units, guint64 *out)
{
	gsize digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);
	guint64 value;

	if (digits == 0 || !units_parse_u64(number, &value))
		return FALSE;
	for (const Unit *u = units; u->suffix; u++) {
		if (g_ascii_strcasecmp(text + digits, u->suffix) != 0)
			continue;
		return g_uint64_checked_mul(out, value, u->factor);
	}
	return FALSE;
}

gboolean units_parse_percent(const char *text, double *share)
{
	char *end;

	if (!g_ascii_isdigit(*text) || strspn(text, "0123456789.") + 1 != strlen(text))
		return FALSE;
	*share = g_ascii_strtod(text, &end) / 100;
	return g_str_equal(end, "%") && *share > 0 && *share < 1;
}

gboolean units_parse_bytes(const char *text, guint64 *bytes)
{
	return parse(text, byte_units, bytes);
}

gboolean units_parse_ms(const char *text, guint64 *ms)
{
	if (g_str_equal(text, "0")) {
		*ms = 0;
		return TRUE;
	}
	return parse(text, ms_units, ms);
}

static char *format(guint64 value, const Unit *units)
{
	for (const Unit *u = units; u->suffix; u++)
		if (value >= u->factor && value % u->factor == 0)
			return g_strdup_printf("%" G_GUINT64_FORMAT "%s", value / u->factor,
					       u->suffix);
	return g_strdup("0");
}

char *units_format_bytes(guint64 bytes)
{
	return format(bytes, byte_units);
}

char *units_format_ms(guint64 ms)
{
	return format(ms, ms_units);
}

char *units_shell_word(const char *text)
{
	gsize plain = strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._+:/=,@-");

	return *text && !text[plain] ? g_strdup(text) : g_shell_quote(text);
}

char *units_printable(const char *text)
{
	return text_clean_copy(text);
}
