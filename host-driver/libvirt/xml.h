/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VmConfig as libvirt's domain XML, and what is read out of libvirt's XML. No connection. */
#ifndef PFNHUNT_VM_LIBVIRT_XML_H
#define PFNHUNT_VM_LIBVIRT_XML_H

#include "host-driver/vm/vm.h"

/* Of the element in a domain's metadata that makes it ours. */
#define LV_METADATA_URI "https://pfnhunt.org/xmlns/guest/1"
#define LV_METADATA_KEY "pfnhunt"

/* What a VmConfig does not say: names and paths on the guest's host. All borrowed. */
typedef struct {
	const char *domain;	     /* its name: short, as it becomes part of sockets' paths */
	const char *owner;	     /* lv_owner_self() */
	const char *kernel, *initrd; /* initrd may be NULL */
	const char *qboot;	     /* NULL: the host's own firmware */
	const char *console;	     /* path of a socket that libvirt is to make; NULL: a pty */
	const char *agent;	     /* the same for the channel; NULL: at a place of its own */
} LvPlaces;

/* NULL + USAGE: what vm_config_check() refuses, or text that XML cannot hold. */
char *lv_domain_xml(const VmConfig *config, const LvPlaces *places, GError **error);

/*
 * The <memory> element of the device @id in @domain_xml (of virDomainGetXMLDesc()) with
 * @requested_bytes: what virDomainUpdateDeviceFlags() takes. NULL + INFRA when it is not there.
 */
char *lv_memory_xml(const char *domain_xml, const char *id, guint64 requested_bytes,
		    GError **error);
/* What virDomainAttachDeviceFlags() takes for a DIMM; its QOM id is "ua-" and @id. */
char *lv_dimm_xml(const char *id, guint64 bytes);
/* The owner in our metadata element, or NULL when @metadata_xml is not ours. */
char *lv_metadata_owner(const char *metadata_xml);

#endif
