/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QMP client on a connected socket, asynchronous on the thread-default GMainContext.
 * Follows docs/interop/qmp-spec of QEMU: greeting, qmp_capabilities, commands with ids.
 */
#ifndef PFNHUNT_QMP_H
#define PFNHUNT_QMP_H

#include <json-glib/json-glib.h>

typedef struct QmpClient QmpClient;

typedef struct {
	void (*ready)(QmpClient *qmp, gpointer user); /* capabilities negotiated */
	void (*event)(QmpClient *qmp, const char *name, JsonObject *data, gpointer user);
	void (*transcript)(QmpClient *qmp, char direction, const char *line, gpointer user);
	/* The connection is over; every pending command has been answered with @error before. */
	void (*closed)(QmpClient *qmp, const GError *error, gpointer user);
} QmpListener;

/* @result: what stands under "return"; borrowed, NULL with @error. Called exactly once. */
typedef void (*QmpReply)(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user);

/* Takes @fd. Commands before ready() are queued. Never NULL. */
QmpClient *qmp_client_new(int fd, const QmpListener *listener, gpointer user);
/* @arguments may be NULL; taken. A reply later than @deadline_ms is an error, and dropped. */
void qmp_client_execute(QmpClient *qmp, const char *command, JsonObject *arguments,
			guint deadline_ms, QmpReply reply, gpointer user);
/* Answers what is pending with an error, then frees. Safe inside a callback of its own. */
void qmp_client_free(QmpClient *qmp);

#endif
