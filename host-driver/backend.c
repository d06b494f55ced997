/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See backend.h. Stands above all backends: the one file that names them. */
#include "host-driver/backend.h"
#include "host-driver/base/error.h"
#include "host-driver/fake/fake.h"
#include "host-driver/libvirt/ops.h"
#include "host-driver/qemu/ops.h"

#include <string.h>

static const VmOps *const backends[] = {&vm_qemu_ops,
#ifdef PFNHUNT_LIBVIRT
					&vm_libvirt_ops,
#endif
					&vm_fake_ops, NULL};

char *vm_backend_list(void)
{
	GString *list = g_string_new(NULL);

	for (const VmOps *const *ops = backends; *ops; ops++) {
		if (*ops == &vm_fake_ops)
			continue;
		g_string_append_printf(list, "%s%s%s%s", list->len ? ", " : "", (*ops)->name,
				       (*ops)->uri_help ? ":" : "",
				       (*ops)->uri_help ? (*ops)->uri_help : "");
	}
	return g_string_free(list, FALSE);
}

VmBackend *vm_backend_parse(const char *text, GError **error)
{
	const char *colon = strchr(text, ':');
	g_autofree char *name = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
	g_autofree char *list = vm_backend_list();

	for (const VmOps *const *ops = backends; *ops; ops++) {
		VmBackend *backend;

		/* With a URI where there is none, or the other way round, it is no backend. */
		if (!g_str_equal((*ops)->name, name) || !(*ops)->uri_help != !colon ||
		    (colon && !colon[1]))
			continue;
		backend = g_new0(VmBackend, 1);
		backend->text = g_strdup(text);
		backend->ops = *ops;
		backend->uri = colon ? g_strdup(colon + 1) : NULL;
		return backend;
	}
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "backend %s: there is %s", text,
		    list);
	return NULL;
}

void vm_backend_free(VmBackend *backend)
{
	if (!backend)
		return;
	if (backend->ops->close)
		backend->ops->close(backend->uri);
	g_free(backend->text);
	g_free(backend->uri);
	g_free(backend);
}

gboolean vm_backend_settle(const VmBackend *backend, const Arch *arch, VmAccel wanted,
			   VmAccel *accel, char **why, GError **error)
{
	if (backend->ops->settle)
		return backend->ops->settle(backend->uri, arch, wanted, accel, why, error);
	return vm_accel_resolve(arch, wanted, accel, why, error);
}

gboolean vm_backend_clean(const VmBackend *backend, void (*tell)(const char *text, gpointer user),
			  gpointer user, GError **error)
{
	return !backend->ops->clean || backend->ops->clean(backend->uri, tell, user, error);
}

gboolean vm_backend_is_local(const VmBackend *backend)
{
	return !backend->ops->is_local || backend->ops->is_local(backend->uri);
}
