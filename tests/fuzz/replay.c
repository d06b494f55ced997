/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A main() for a fuzz target without libFuzzer: feeds it every file of the corpus once. */
#include <glib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	guint count = 0;

	for (int i = 1; i < argc; i++) {
		g_autoptr(GDir) dir = g_dir_open(argv[i], 0, NULL);
		const char *name;

		while (dir && (name = g_dir_read_name(dir))) {
			g_autofree char *path = g_build_filename(argv[i], name, NULL);
			g_autofree char *data = NULL;
			gsize len;

			if (!g_file_get_contents(path, &data, &len, NULL))
				g_error("cannot read %s", path);
			LLVMFuzzerTestOneInput((const uint8_t *)data, len);
			count++;
		}
	}
	g_print("%u inputs replayed\n", count);
	return count ? 0 : 1;
}
