// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wire protocol: encoder, parser and line cutter. Used by the agent and by the host, where
 * every byte that comes in is hostile: no allocation, no recursion, linear in the input.
 */
#include "guest-agent/contract/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct wire_verb_info wire_verb_table[WIRE_VERB_COUNT] = {
#define X(id, name, dir, help) [WIRE_##id] = {name, dir, help},
	WIRE_VERBS(X)
#undef X
};

static bool key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* A byte that stands for itself in a value. */
static bool plain_char(char c)
{
	return c >= '!' && c <= '~' && c != '%';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int find_verb(const char *name, size_t len, char from)
{
	for (int i = 0; i < WIRE_VERB_COUNT; i++) {
		const struct wire_verb_info *v = &wire_verb_table[i];

		if (v->from == from && strlen(v->name) == len && !memcmp(v->name, name, len))
			return i;
	}
	return -EPROTO;
}

/* Decodes one value in place; @p is at its first byte. Returns the byte behind it, or NULL. */
static char *decode_value(char *p, const char *end)
{
	char *out = p;

	while (p < end && *p != ' ') {
		if (plain_char(*p)) {
			*out++ = *p++;
			continue;
		}
		if (*p != '%' || end - p < 3)
			return NULL;

		int high = hex_digit(p[1]), low = hex_digit(p[2]);

		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return NULL;
		*out++ = (char)(high << 4 | low);
		p += 3;
	}
	/* When nothing was shortened this is the separator, which the caller has seen. */
	*out = '\0';
	return p;
}

int wire_parse(char *line, size_t len, char from, struct wire_msg *msg)
{
	char *p = line, *end = line + len;
	int verb;

	msg->kv_count = 0;
	if (len == 0 || len >= WIRE_LINE_MAX)
		return -EPROTO;
	while (p < end && *p != ' ')
		p++;
	verb = find_verb(line, (size_t)(p - line), from);
	if (verb < 0)
		return verb;
	msg->verb = (enum wire_verb)verb;

	while (p < end) {
		struct wire_kv *kv = &msg->kv[msg->kv_count];
		char *key = ++p; /* behind the separating space */

		while (p < end && key_char(*p))
			p++;
		if (p == key || p == end || *p != '=')
			return -EPROTO;
		if (msg->kv_count == WIRE_KV_MAX)
			return -E2BIG;
		*p++ = '\0';
		if (wire_get(msg, key))
			return -EPROTO;
		kv->key = key;
		kv->value = p;
		p = decode_value(p, end);
		if (!p)
			return -EPROTO;
		msg->kv_count++;
	}
	return 0;
}

const char *wire_get(const struct wire_msg *msg, const char *key)
{
	for (unsigned int i = 0; i < msg->kv_count; i++)
		if (!strcmp(msg->kv[i].key, key))
			return msg->kv[i].value;
	return NULL;
}

int wire_text_u64(const char *text, uint64_t *out)
{
	unsigned int base = 10;
	uint64_t value = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		int digit = hex_digit(*text);

		if (digit < 0 || (unsigned int)digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

int wire_text_s64(const char *text, int64_t *out)
{
	bool negative = text[0] == '-';
	uint64_t value;
	int ret = wire_text_u64(text + negative, &value);

	if (ret)
		return ret;
	if (value > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

int wire_get_u64(const struct wire_msg *msg, const char *key, uint64_t *out)
{
	const char *value = wire_get(msg, key);

	return value ? wire_text_u64(value, out) : -ENOENT;
}

static void put(struct wire_out *out, const char *bytes, size_t len)
{
	if (out->err)
		return;
	/* One byte stays free for the newline. */
	if (len >= out->size - out->len) {
		out->err = -EMSGSIZE;
		return;
	}
	memcpy(out->buf + out->len, bytes, len);
	out->len += len;
}

void wire_begin(struct wire_out *out, char *buf, size_t size, enum wire_verb verb)
{
	const char *name = wire_verb_table[verb].name;

	out->buf = buf;
	out->size = size < WIRE_LINE_MAX ? size : WIRE_LINE_MAX;
	out->len = 0;
	out->err = size ? 0 : -EMSGSIZE;
	put(out, name, strlen(name));
}

void wire_add_bytes(struct wire_out *out, const char *key, const char *bytes, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t key_len = strlen(key);

	for (size_t i = 0; i < key_len; i++)
		if (!key_char(key[i]))
			out->err = -EINVAL;
	if (!key_len)
		out->err = -EINVAL;
	put(out, " ", 1);
	put(out, key, key_len);
	put(out, "=", 1);
	for (size_t i = 0; i < len && !out->err; i++) {
		unsigned char c = bytes[i] ? (unsigned char)bytes[i] : '?';

		if (plain_char((char)c))
			put(out, (const char *)&c, 1);
		else
			put(out, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
	}
}

void wire_add(struct wire_out *out, const char *key, const char *value)
{
	wire_add_bytes(out, key, value, strlen(value));
}

void wire_add_u64(struct wire_out *out, const char *key, uint64_t value)
{
	char text[24];

	wire_add_bytes(out, key, text,
		       (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)value));
}

void wire_add_s64(struct wire_out *out, const char *key, int64_t value)
{
	char text[24];

	wire_add_bytes(out, key, text,
		       (size_t)snprintf(text, sizeof(text), "%lld", (long long)value));
}

int wire_end(struct wire_out *out)
{
	if (out->err)
		return out->err;
	out->buf[out->len++] = '\n';
	return (int)out->len;
}

char *wire_reader_feed(struct wire_reader *r, const char **data, size_t *len, size_t *line_len)
{
	while (*len) {
		const char *newline = memchr(*data, '\n', *len);
		size_t part = newline ? (size_t)(newline - *data) : *len;
		size_t take = part + !!newline;

		if (!r->skipping && part >= sizeof(r->buf) - r->len) {
			r->skipping = true;
			r->dropped++;
		}
		if (!r->skipping)
			memcpy(r->buf + r->len, *data, part);
		*data += take;
		*len -= take;
		if (r->skipping) {
			r->len = 0;
			r->skipping = !newline;
			continue;
		}
		r->len += part;
		if (newline) {
			*line_len = r->len;
			r->buf[r->len] = '\0';
			r->len = 0;
			return r->buf;
		}
	}
	return NULL;
}
