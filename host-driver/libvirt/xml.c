/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See xml.h. */
#include "host-driver/libvirt/xml.h"
#include "host-driver/base/error.h"
#include "host-driver/vm/machine.h"
#include "guest-agent/contract/wire.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#define KIB	    1024
#define TITLE_BYTES 200

/* For people: what is sane in @name. */
static char *title_of(const char *name)
{
	char *clean = g_strndup(name ? name : "", TITLE_BYTES);

	for (char *p = clean; *p; p++) {
		if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_' && *p != '.')
			*p = '_';
	}
	return clean;
}

/* Markup is escaped; what XML has no way to say at all is refused. */
static gboolean check_text(const char *what, const char *text, GError **error)
{
	gboolean ok = !text || g_utf8_validate(text, -1, NULL);

	for (const char *p = text; ok && p && *p; p++)
		ok = !g_ascii_iscntrl(*p);
	if (!ok)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: control characters, or not UTF-8", what);
	return ok;
}

static void add(GString *xml, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GString *xml, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_markup_vprintf_escaped(format, ap);
	va_end(ap);
	g_string_append(xml, text);
	g_string_append_c(xml, '\n');
}

static void add_boot(GString *xml, const VmConfig *config, const LvPlaces *places)
{
	add(xml, "  <os>\n    <type arch='%s' machine='%s'>hvm</type>", config->arch->name,
	    config->arch->machine);
	if (places->qboot)
		add(xml, "    <loader type='rom'>%s</loader>", places->qboot);
	add(xml, "    <kernel>%s</kernel>", places->kernel);
	if (places->initrd)
		add(xml, "    <initrd>%s</initrd>", places->initrd);
	add(xml, "    <cmdline>%s</cmdline>\n  </os>", config->cmdline ? config->cmdline : "");
}

/* libvirt wants memory devices to belong to a NUMA node, and each node to have boot memory. */
static void add_cpu(GString *xml, const VmConfig *config)
{
	guint cpus = config->cpus / config->nodes;

	add(xml, "  <cpu mode='maximum'>\n    <topology sockets='%u' cores='%u' threads='1'/>",
	    config->nodes, cpus);
	if (config->nodes > 1 || config->mem_devices->len + config->dimm_count) {
		add(xml, "    <numa>");
		for (guint i = 0; i < config->nodes; i++)
			add(xml,
			    "      <cell id='%u' cpus='%u-%u' memory='%" G_GUINT64_FORMAT
			    "' unit='KiB'/>",
			    i, i * cpus, i * cpus + cpus - 1,
			    config->memory_bytes / config->nodes / KIB);
		add(xml, "    </numa>");
	}
	add(xml, "  </cpu>");
}

/* An alias of "ua-" is the user's own: it becomes the QOM id. */
static void add_memory(GString *xml, const VmConfig *config, const VmMemDevice *dev)
{
	guint node = dev->node < config->nodes ? (guint)dev->node : 0;

	add(xml,
	    "    <memory model='virtio-mem'>\n"
	    "      <target>\n"
	    "        <size unit='KiB'>%" G_GUINT64_FORMAT "</size>\n"
	    "        <node>%u</node>\n"
	    "        <block unit='KiB'>%" G_GUINT64_FORMAT "</block>\n"
	    "        <requested unit='KiB'>%" G_GUINT64_FORMAT "</requested>\n"
	    "      </target>\n"
	    "      <alias name='ua-%s'/>\n"
	    "    </memory>",
	    dev->size_bytes / KIB, node, dev->block_size_bytes / KIB, dev->requested_bytes / KIB,
	    dev->id);
}

static void add_devices(GString *xml, const VmConfig *config, const LvPlaces *places)
{
	add(xml, "  <devices>\n    <controller type='usb' model='none'/>");
	add(xml, "    <memballoon model='%s'/>", config->balloon ? "virtio" : "none");
	if (places->console)
		add(xml,
		    "    <serial type='unix'>\n      <source mode='bind' path='%s'/>\n"
		    "      <target port='0'/>\n    </serial>",
		    places->console);
	else
		add(xml, "    <serial type='pty'>\n      <target port='0'/>\n    </serial>");
	add(xml, "    <channel type='unix'>");
	if (places->agent)
		add(xml, "      <source mode='bind' path='%s'/>", places->agent);
	add(xml, "      <target type='virtio' name='%s'/>\n    </channel>", WIRE_PORT);
	for (guint i = 0; i < config->mem_devices->len; i++)
		add_memory(xml, config, g_ptr_array_index(config->mem_devices, i));
	add(xml, "  </devices>");
}

static void add_argument(GString *xml, const char *option, const char *value)
{
	add(xml, "    <qemu:arg value='%s'/>\n    <qemu:arg value='%s'/>", option, value);
}

/*
 * What libvirt 9.0 has no words for: pvpanic by PCI, at a slot that libvirt leaves alone, a guest
 * that runs on after its panic (vm-hold.h), and a node without boot memory with its devices.
 */
static void add_arguments(GString *xml, const VmConfig *config)
{
	g_autofree char *node = g_strdup_printf("node,nodeid=%u", config->nodes);

	add(xml, "  <qemu:commandline>");
	if (config->arch->panic_device) {
		g_autofree char *device =
			g_strconcat(config->arch->panic_device, ",addr=0x1c", NULL);

		add_argument(xml, "-device", device);
	}
	add_argument(xml, "-action", "panic=none");
	if (vm_node_count(config) > config->nodes)
		add_argument(xml, "-numa", node);
	add(xml, "  </qemu:commandline>");
	if (vm_node_count(config) == config->nodes)
		return;
	add(xml, "  <qemu:override>");
	for (guint i = 0; i < config->mem_devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(config->mem_devices, i);

		if (dev->node == config->nodes)
			add(xml,
			    "    <qemu:device alias='ua-%s'>\n      <qemu:frontend>\n"
			    "        <qemu:property name='node' type='unsigned' value='%u'/>\n"
			    "      </qemu:frontend>\n    </qemu:device>",
			    dev->id, config->nodes);
	}
	add(xml, "  </qemu:override>");
}

char *lv_domain_xml(const VmConfig *config, const LvPlaces *places, GError **error)
{
	g_autoptr(GString) xml = g_string_new(NULL);
	g_autofree char *title = title_of(config->name);

	if (!vm_config_check(config, error) ||
	    !check_text("the kernel's command line", config->cmdline, error) ||
	    !check_text("the kernel's path", places->kernel, error) ||
	    !check_text("the initramfs' path", places->initrd, error) ||
	    !check_text("the console's path", places->console, error) ||
	    !check_text("the channel's path", places->agent, error))
		return NULL;
	add(xml, "<domain type='%s' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>",
	    config->accel == VM_ACCEL_KVM ? "kvm" : "qemu");
	add(xml, "  <name>%s</name>\n  <title>%s</title>", places->domain, title);
	add(xml, "  <metadata>\n    <%s:guest xmlns:%s='%s' owner='%s'/>\n  </metadata>",
	    LV_METADATA_KEY, LV_METADATA_KEY, LV_METADATA_URI, places->owner);
	if (config->mem_devices->len + config->dimm_count)
		add(xml, "  <maxMemory slots='%u' unit='KiB'>%" G_GUINT64_FORMAT "</maxMemory>",
		    config->mem_devices->len + config->dimm_count,
		    vm_max_memory_bytes(config) / KIB);
	add(xml, "  <memory unit='KiB' dumpCore='off'>%" G_GUINT64_FORMAT "</memory>",
	    config->memory_bytes / KIB);
	if (config->memory_file)
		add(xml, "  <memoryBacking>\n    <source type='file'/>\n"
			 "    <access mode='shared'/>\n  </memoryBacking>");
	add(xml, "  <vcpu>%u</vcpu>", config->cpus);
	add_boot(xml, config, places);
	g_string_append_printf(xml, "  <features>\n%s  </features>\n",
			       config->arch->libvirt_features);
	add_cpu(xml, config);
	/* A reset is caught and ends it (vm-libvirt.c); a crashed guest is looked at first. */
	add(xml, "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n"
		 "  <on_crash>preserve</on_crash>");
	add_devices(xml, config, places);
	add_arguments(xml, config);
	add(xml, "</domain>");
	/* What was escaped has neither; and it goes well between a shell's single quotes. */
	g_strdelimit(xml->str, "'", '"');
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

char *lv_dimm_xml(const char *id, guint64 bytes)
{
	return g_markup_printf_escaped(
		"<memory model='dimm'><target><size unit='KiB'>%" G_GUINT64_FORMAT
		"</size><node>0</node></target><alias name='ua-%s'/></memory>",
		bytes / KIB, id);
}

/* Entities stay what they are and the network is not asked: the XML is a stranger's. */
static xmlDoc *parse(const char *text)
{
	return text ? xmlReadMemory(text, (int)strlen(text), NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
		    : NULL;
}

static xmlNode *first(xmlXPathContext *context, const char *path, xmlNode *from)
{
	xmlXPathObject *found;
	xmlNode *node = NULL;

	context->node = from;
	found = xmlXPathEvalExpression(BAD_CAST path, context);
	if (found && found->type == XPATH_NODESET && !xmlXPathNodeSetIsEmpty(found->nodesetval))
		node = found->nodesetval->nodeTab[0];
	xmlXPathFreeObject(found);
	return node;
}

char *lv_memory_xml(const char *domain_xml, const char *id, guint64 requested_bytes, GError **error)
{
	xmlDoc *doc = parse(domain_xml);
	xmlXPathContext *context = doc ? xmlXPathNewContext(doc) : NULL;
	g_autofree char *path = g_strdup_printf("/domain/devices/memory[alias/@name='ua-%s']", id);
	g_autofree char *kib = g_strdup_printf("%" G_GUINT64_FORMAT, requested_bytes / KIB);
	xmlNode *memory = context ? first(context, path, NULL) : NULL;
	xmlNode *requested = memory ? first(context, "target/requested", memory) : NULL;
	char *text = NULL;

	if (requested) {
		xmlBuffer *buffer = xmlBufferCreate();

		xmlNodeSetContent(requested, BAD_CAST kib);
		xmlSetProp(requested, BAD_CAST "unit", BAD_CAST "KiB");
		xmlNodeDump(buffer, doc, memory, 0, 0);
		text = g_strdup((const char *)xmlBufferContent(buffer));
		xmlBufferFree(buffer);
	} else {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: the domain has no memory device %s", id);
	}
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
	return text;
}

char *lv_metadata_owner(const char *metadata_xml)
{
	xmlDoc *doc = parse(metadata_xml);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlChar *owner = NULL;
	char *text;

	if (root && xmlStrEqual(root->name, BAD_CAST "guest"))
		owner = xmlGetNoNsProp(root, BAD_CAST "owner");
	text = g_strdup((const char *)owner);
	xmlFree(owner);
	xmlFreeDoc(doc);
	return text;
}
