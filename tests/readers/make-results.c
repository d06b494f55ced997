/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills the folder given with the made-up hunts of the unit tests, hostile text included. */
#include "results-fixture.h"

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	fixture_results(argv[1]);
	return 0;
}
