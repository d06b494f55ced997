/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt backend as far as it needs no libvirt: URIs, domain XML, who owns what. */
#include "host-driver/backend.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/files.h"
#include "host-driver/libvirt/owner.h"
#include "host-driver/libvirt/uri.h"
#include "host-driver/libvirt/xml.h"

#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>
#include <unistd.h>

#define MIB (G_GUINT64_CONSTANT(1) << 20)

static void test_uri(void)
{
	static const struct {
		const char *uri;
		gboolean embed, local, upload;
		const char *root;
	} good[] = {
		{"qemu:///session", FALSE, TRUE, FALSE, NULL},
		{"qemu:///system", FALSE, TRUE, TRUE, NULL},
		{"qemu:///system?socket=/run/x", FALSE, TRUE, TRUE, NULL},
		{"qemu+unix:///session", FALSE, TRUE, FALSE, NULL},
		{"qemu+ssh://u@host/system", FALSE, FALSE, TRUE, NULL},
		{"qemu+ssh://host:22/session?keyfile=/k", FALSE, FALSE, TRUE, NULL},
		{"qemu+libssh2://host/system?known_hosts=/k", FALSE, FALSE, TRUE, NULL},
		{"qemu://host/system", FALSE, FALSE, TRUE, NULL},
		{"qemu:///embed", TRUE, TRUE, FALSE, NULL},
		{"qemu:///embed?root=/tmp/a%20b", TRUE, TRUE, FALSE, "/tmp/a b"},
	};
	static const char *const bad[] = {
		"",
		"embed",
		"test:///default",
		"xen:///system",
		"qemu:///",
		"qemu:///embed?root=here",
		"qemu+ssh://host/embed",
		"qemu://h/embed",
		"qemu",
		"qemux:///system",
		"qemu:///session/guests/1",
		/* What would have libvirt run a program. */
		"qemu+ext:///session?command=/bin/x",
		"qemu+ssh://h/system?command=/bin/x",
		"qemu+ssh://h/system?Command=/bin/x",
		"qemu+ssh://h/system?%63ommand=/bin/x",
		"qemu+ssh://h/system?keyfile=/k;netcat=/bin/x",
		"qemu+ssh://-oProxyCommand=x/system",
		"qemu+ssh://-oProxyCommand=x@h/system",
		"qemu+ssh://h/system#x",
		"qemu:///system?keyfile=/k",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(LvUri) uri = lv_uri_parse(good[i].uri, &error);

		g_assert_no_error(error);
		g_assert_cmpint(uri->embed, ==, good[i].embed);
		g_assert_cmpint(uri->local, ==, good[i].local);
		g_assert_cmpint(uri->upload, ==, good[i].upload);
		g_assert_cmpstr(uri->root, ==, good[i].root);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", bad[i]);
		g_assert_null(lv_uri_parse(bad[i], &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_null(strchr(error->message, '\n'));
	}
}

static void test_backend(void)
{
	g_autoptr(VmBackend) backend = vm_backend_parse("libvirt:qemu+ssh://h/system", NULL);
	g_autoptr(VmBackend) wrong = vm_backend_parse("libvirt:test:///default", NULL);
	g_autoptr(GError) error = NULL;
	VmAccel accel;

	g_assert_cmpstr(backend->uri, ==, "qemu+ssh://h/system");
	g_assert_cmpstr(backend->text, ==, "libvirt:qemu+ssh://h/system");
	g_assert_false(vm_backend_is_local(backend));
	g_assert_null(vm_backend_parse("libvirt", NULL));
	/* libvirt's own test driver, which would be reached: it has no machines like ours. */
	g_assert_false(vm_backend_settle(wrong, &arch_x86, VM_ACCEL_TCG, &accel, NULL, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

typedef struct {
	char *dir;
	VmConfig *config;
	LvPlaces places;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("pfnhunt-test-XXXXXX", NULL);
	f->config = vm_config_new();
	f->config->arch = &arch_x86;
	f->config->name = g_strdup("hunt");
	f->config->uri = g_strdup("qemu:///session");
	f->config->accel = VM_ACCEL_TCG;
	f->config->cpus = 2;
	f->config->memory_bytes = 512 * MIB;
	f->config->kernel_path = g_build_filename(f->dir, "bzImage", NULL);
	f->config->cmdline = g_strdup("console=ttyS0");
	g_assert_true(g_file_set_contents(f->config->kernel_path, "MZ", -1, NULL));
	g_ptr_array_add(f->config->mem_devices,
			vm_mem_device_new("vm0", 2048 * MIB, 4 * MIB, 580 * MIB));
	f->places = (LvPlaces){.domain = "pfnhunt-hunt-00000001",
			       .owner = "h/m/b/1/2/3",
			       .kernel = "/k",
			       .initrd = "/i"};
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_unlink(f->config->kernel_path);
	g_assert_cmpint(g_rmdir(f->dir), ==, 0);
	vm_config_free(f->config);
	g_free(f->dir);
}

/* What @path finds in the XML, as text; "" when nothing. */
static char *look(const char *xml, const char *path)
{
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
	xmlXPathContext *context = xmlXPathNewContext(doc);
	xmlXPathObject *found;
	xmlChar *text;
	char *copy;

	g_assert_nonnull(doc);
	xmlXPathRegisterNs(context, BAD_CAST "p", BAD_CAST LV_METADATA_URI);
	xmlXPathRegisterNs(context, BAD_CAST "q",
			   BAD_CAST "http://libvirt.org/schemas/domain/qemu/1.0");
	found = xmlXPathEvalExpression(BAD_CAST path, context);
	g_assert_nonnull(found);
	text = xmlXPathCastToString(found);
	copy = g_strdup((const char *)text);
	xmlFree(text);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
	return copy;
}

static void expect(const char *xml, const char *path, const char *value)
{
	g_autofree char *is = look(xml, path);

	g_test_message("%s", path);
	g_assert_cmpstr(is, ==, value);
}

static void test_xml(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = lv_domain_xml(f->config, &f->places, &error), *other = NULL;

	g_assert_no_error(error);
	expect(xml, "/domain/@type", "qemu");
	expect(xml, "/domain/name", "pfnhunt-hunt-00000001");
	expect(xml, "/domain/metadata/p:guest/@owner", "h/m/b/1/2/3");
	expect(xml, "/domain/vcpu", "2");
	expect(xml, "count(/domain/memoryBacking)", "0");
	expect(xml, "count(/domain/features/acpi)", "1");
	expect(xml, "count(/domain/features/apic)", "1");
	expect(xml, "/domain/maxMemory", "3670016"); /* 512 + 2048 + 1024 MiB in KiB */
	expect(xml, "/domain/cpu/numa/cell/@memory", "524288");
	expect(xml, "/domain/os/kernel", "/k");
	expect(xml, "/domain/os/initrd", "/i");
	expect(xml, "/domain/os/cmdline", "console=ttyS0");
	expect(xml, "count(/domain/os/loader)", "0");
	expect(xml, "/domain/on_poweroff", "destroy");
	expect(xml, "count(/domain/devices/interface)", "0");
	expect(xml, "count(/domain/devices/disk)", "0");
	expect(xml, "/domain/devices/memballoon/@model", "none");
	expect(xml, "/domain/devices/serial/@type", "pty");
	expect(xml, "/domain/devices/channel/target/@name", "org.pfnhunt.agent.0");
	expect(xml, "/domain/devices/memory[@model='virtio-mem']/alias/@name", "ua-vm0");
	expect(xml, "/domain/devices/memory/target/size", "2097152");
	expect(xml, "/domain/devices/memory/target/block", "4096");
	expect(xml, "/domain/devices/memory/target/requested", "593920");
	expect(xml, "/domain/q:commandline/q:arg[1]/@value", "-device");

	f->config->accel = VM_ACCEL_KVM;
	f->config->balloon = TRUE;
	f->config->memory_file = TRUE;
	f->places.console = "/run/con";
	f->places.qboot = "/qboot.rom";
	f->places.initrd = NULL;
	g_ptr_array_set_size(f->config->mem_devices, 0);
	other = lv_domain_xml(f->config, &f->places, &error);
	g_assert_no_error(error);
	expect(other, "/domain/@type", "kvm");
	expect(other, "count(/domain/maxMemory)", "0");
	expect(other, "/domain/memoryBacking/source/@type", "file");
	expect(other, "/domain/memoryBacking/access/@mode", "shared");
	expect(other, "count(/domain/cpu/numa)", "0");
	expect(other, "count(/domain/os/initrd)", "0");
	expect(other, "/domain/os/loader", "/qboot.rom");
	expect(other, "/domain/devices/memballoon/@model", "virtio");
	expect(other, "/domain/devices/serial/source/@path", "/run/con");
}

/* Two sockets, and a node behind them that has a device alone: libvirt knows no such node. */
static void test_nodes(Fixture *f, gconstpointer data)
{
	VmMemDevice *dev = g_ptr_array_index(f->config->mem_devices, 0);
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = NULL, *alone = NULL;

	f->config->cpus = 4;
	f->config->nodes = 2;
	dev->node = 1;
	xml = lv_domain_xml(f->config, &f->places, &error);
	g_assert_no_error(error);
	expect(xml, "/domain/cpu/topology/@sockets", "2");
	expect(xml, "/domain/cpu/topology/@cores", "2");
	expect(xml, "count(/domain/cpu/numa/cell)", "2");
	expect(xml, "/domain/cpu/numa/cell[@id=0]/@cpus", "0-1");
	expect(xml, "/domain/cpu/numa/cell[@id=1]/@cpus", "2-3");
	expect(xml, "/domain/cpu/numa/cell[@id=1]/@memory", "262144");
	expect(xml, "/domain/devices/memory/target/node", "1");
	expect(xml, "count(/domain/q:override)", "0");
	dev->node = 2;
	alone = lv_domain_xml(f->config, &f->places, &error);
	g_assert_no_error(error);
	expect(alone, "count(/domain/cpu/numa/cell)", "2");
	expect(alone, "/domain/devices/memory/target/node", "0");
	expect(alone, "/domain/q:commandline/q:arg[@value='-numa']/following-sibling::*[1]/@value",
	       "node,nodeid=2");
	expect(alone, "/domain/q:override/q:device[@alias='ua-vm0']//q:property/@name", "node");
	expect(alone, "/domain/q:override/q:device[@alias='ua-vm0']//q:property/@value", "2");
}

static void test_hostile(Fixture *f, gconstpointer data)
{
	static const char nasty[] = "a</cmdline><x y='1' z=\"2\">&amp;'\"%s%n é";
	static const char *const bad[] = {"a\nb", "a\033[31m", "\xff\xfe", "tab\t", "del\177"};
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = NULL;

	g_free(f->config->cmdline);
	f->config->cmdline = g_strdup(nasty);
	g_free(f->config->name);
	f->config->name = g_strdup("../<x>\n'\"& %s-1.2_a");
	f->places.agent = nasty;
	f->places.kernel = nasty;
	f->places.initrd = nasty;
	f->places.console = nasty;
	f->places.owner = nasty;
	xml = lv_domain_xml(f->config, &f->places, &error);
	g_assert_no_error(error);
	expect(xml, "/domain/os/cmdline", nasty);
	expect(xml, "/domain/os/kernel", nasty);
	expect(xml, "/domain/os/initrd", nasty);
	expect(xml, "/domain/devices/serial/source/@path", nasty);
	expect(xml, "/domain/metadata/p:guest/@owner", nasty);
	expect(xml, "/domain/devices/channel/source/@path", nasty);
	expect(xml, "/domain/title", "..__x_______s-1.2_a");
	expect(xml, "count(//x)", "0");

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) refused = NULL;

		g_free(f->config->cmdline);
		f->config->cmdline = g_strdup(bad[i]);
		g_assert_null(lv_domain_xml(f->config, &f->places, &refused));
		g_assert_error(refused, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	}
	g_free(f->config->cmdline);
	f->config->cmdline = NULL;
	f->config->cpus = 0; /* what QEMU's own backend refuses is refused here too */
	g_assert_null(lv_domain_xml(f->config, &f->places, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

static void test_memory(Fixture *f, gconstpointer data)
{
	static const char live[] =
		"<domain><devices><memory model='virtio-mem'><target><size unit='KiB'>9</size>"
		"<requested unit='MiB'>1</requested><current unit='KiB'>4</current></target>"
		"<alias name='ua-other'/><address type='pci' bus='0x07'/></memory>"
		"<memory model='virtio-mem'><target><size unit='KiB'>8192</size>"
		"<requested unit='MiB'>1</requested></target><alias name='ua-vm0'/>"
		"<address type='pci' bus='0x02'/></memory></devices></domain>";
	static const char *const bad[] = {"", "<domain/>", "<domain", "<a><memory/></a>"};
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = lv_memory_xml(live, "vm0", 6 * MIB, &error);

	g_assert_no_error(error);
	expect(xml, "/memory/target/requested", "6144");
	expect(xml, "/memory/target/requested/@unit", "KiB");
	expect(xml, "/memory/target/size", "8192");
	expect(xml, "/memory/address/@bus", "0x02");
	g_assert_null(lv_memory_xml(live, "vm1", 0, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(lv_memory_xml(bad[i], "vm0", 0, NULL));
	g_assert_null(lv_memory_xml(NULL, "vm0", 0, NULL));
}

static void test_metadata(void)
{
	static const char *const bad[] = {"", "x", "<guest/>", "<other owner='a'/>"};
	g_autofree char *owner = lv_metadata_owner("<pfnhunt:guest xmlns:pfnhunt='" LV_METADATA_URI
						   "' owner='a/b'/>");

	g_assert_cmpstr(owner, ==, "a/b");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(lv_metadata_owner(bad[i]));
	g_assert_null(lv_metadata_owner(NULL));
}

static char *with_part(const char *owner, guint part, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(owner, "/", -1);

	g_free(parts[part]);
	parts[part] = g_strdup(value);
	return g_strjoinv("/", parts);
}

/* Only what surely has lost its owner may be taken away. */
static void test_owner(void)
{
	enum { HOST, MACHINE, BOOT, SPACE, PID, START };
	static const char *const bad[] = {"",
					  "a",
					  "a/b/c/d/e",
					  "a/b/c/d/x/1",
					  "a/b/c/d//1",
					  "a/b/c/d/1/2/3",
					  "a b/c/d/e/1/2",
					  "../b/c/d/1/$(x)"};
	g_autofree char *self = lv_owner_self();
	const struct {
		guint part;
		const char *value;
		LvOwnerState state;
	} cases[] = {
		{START, "1", LV_OWNER_DEAD}, /* the pid went on to somebody else */
		{PID, "4194303", LV_OWNER_DEAD},
		{SPACE, "7", LV_OWNER_ELSEWHERE},
		{MACHINE, "other", LV_OWNER_ALIVE}, /* the same boot is the same machine */
	};
	g_autofree char *rebooted = with_part(self, BOOT, "00000000-0000-0000-0000-000000000000");
	g_autofree char *far = with_part(rebooted, HOST, "far"), *name = lv_owner_name(self);

	g_assert_cmpint(lv_owner_state(self), ==, LV_OWNER_ALIVE);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *owner = with_part(self, cases[i].part, cases[i].value);

		g_test_message("%s", owner);
		g_assert_cmpint(lv_owner_state(owner), ==, cases[i].state);
	}
	g_assert_cmpint(lv_owner_state(rebooted), !=, LV_OWNER_ALIVE);
	g_assert_cmpint(lv_owner_state(far), ==, LV_OWNER_ELSEWHERE);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_cmpint(lv_owner_state(bad[i]), ==, LV_OWNER_ELSEWHERE);
	g_assert_cmpint(lv_owner_state(NULL), ==, LV_OWNER_ELSEWHERE);
	g_assert_true(g_str_has_prefix(name, "process "));
}

static void test_volume(void)
{
	static const char *const bad[] = {"", "pfnhunt", "pfnhunt_", "other_h_m_b_1_2_3_0",
					  "pfnhunt_x"};
	g_autofree char *owner = lv_volume_owner("pfnhunt_h.x_m_b-b_1_2_3_0");

	g_assert_cmpstr(owner, ==, "h.x/m/b-b/1/2/3");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(lv_volume_owner(bad[i]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/libvirt/uri", test_uri);
	g_test_add_func("/libvirt/backend", test_backend);
	g_test_add_func("/libvirt/metadata", test_metadata);
	g_test_add_func("/libvirt/owner", test_owner);
	g_test_add_func("/libvirt/volume", test_volume);
#define ADD(name, func) g_test_add("/libvirt/" name, Fixture, NULL, set_up, func, tear_down)
	ADD("xml", test_xml);
	ADD("nodes", test_nodes);
	ADD("hostile", test_hostile);
	ADD("memory", test_memory);
	return g_test_run();
}
