/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON record and the C structure that holds it, tied together by one table of fields: what is
 * written, what is read back, and what docs/json-schema.json and docs/json-schema.md say of it. A
 * member that stands in no table is in no record.
 */
#ifndef PFNHUNT_FIELDS_H
#define PFNHUNT_FIELDS_H

#include "host-driver/base/json.h"

typedef struct FieldTable FieldTable;

/* More elements of one array are not ours. */
#define FIELDS_MOST 1024

/* What a field is in C, and in JSON. Numbers are never wider than 2^53. */
typedef enum {
	FIELD_TEXT,   /* char *: a string, through text_copy() on its way out and in */
	FIELD_WORD,   /* const char *: one of .words, which are static */
	FIELD_INT,    /* gint64: any integer */
	FIELD_COUNT,  /* guint, gint64 or guint64: 0 or more */
	FIELD_DOUBLE, /* double: any finite number */
	FIELD_SHARE,  /* double: 0 to 1 */
	FIELD_RANGE,  /* double[2]: an array of two shares, low and high */
	FIELD_BOOL,   /* gboolean */
	FIELD_TEXTS,  /* GPtrArray of char *: an array of strings */
	FIELD_LIST,   /* GPtrArray of records .of: an array of objects */
	FIELD_HEAD,   /* the first of such an array, as an object; a FIELD_TAIL follows it */
	FIELD_TAIL,   /* the others of it */
	FIELD_OBJECT, /* a record .of, or NULL */
	FIELD_GROUP,  /* members of this very structure, as an object .of */
	FIELD_TALLY,  /* guint[]: an object with a count for each of .words */
	FIELD_MAP,    /* GPtrArray of FieldNumber: an object with any names */
} FieldType;

/* When it is written. What is not always written is optional in the schema. */
typedef enum {
	FIELD_ALWAYS,
	FIELD_IF_KNOWN, /* a pointer that is not NULL, a number that is not below 0 */
	FIELD_IF_SET,	/* nor "", 0, FALSE, or an empty array */
} FieldWhen;

typedef struct {
	const char *key;
	FieldType type;
	gsize offset, size; /* FIELD_AT() */
	FieldWhen when;
	gsize beside;	      /* FIELD_BESIDE(): written only when that pointer is not NULL */
	const FieldTable *of; /* of the records in it */
	const char *(*words)(guint i); /* NULL behind the last one */
	const char *otherwise;	       /* read where there is none: a text or a word */
	gint64 otherwise_number;
	guint most;			  /* elements that are read; 0: FIELDS_MOST */
	gboolean only_written, only_read; /* read elsewhere; written elsewhere */
	const char *word_for_0;		  /* a count of 0 is written as this word */
	const char *doc;
} Field;

#define FIELD_AT(record, member)     offsetof(record, member), sizeof(((record *)NULL)->member)
#define FIELD_BESIDE(record, member) (offsetof(record, member) + 1)

struct FieldTable {
	const char *name;    /* of the definition in the schema */
	const char *help;    /* what the record is, for the docs */
	const char *type;    /* of a whole line: written first, with `schema`; NULL: no line */
	guint schema;	     /* of a line */
	gsize size;	     /* of the structure */
	const Field *fields; /* ends with one without a key */
	/* For FIELD_OBJECT, where what is read is judged first; NULL: it is not. */
	gpointer (*read)(JsonObject *o);	    /* (transfer full); @o may be NULL */
	gboolean (*is_empty)(gconstpointer record); /* then it is not written */
	void (*free)(gpointer record);
};

typedef struct {
	char *name;
	gint64 value;
} FieldNumber;

/* @record as JSON. (transfer full) */
JsonObject *fields_write(const FieldTable *table, gconstpointer record);
/*
 * Sets every field of @record, which holds nothing yet. @o may be NULL, and come from anywhere:
 * what is missing or of another type is what the table says for that.
 */
void fields_read(const FieldTable *table, JsonObject *o, gpointer record);
/* Frees what the fields of @record hold; @record itself stays. */
void fields_clear(const FieldTable *table, gpointer record);
/* Both; @record may be NULL. */
void fields_free(const FieldTable *table, gpointer record);
/* A record in which nothing is known yet. (transfer full) */
gpointer fields_new(const FieldTable *table);

#endif
