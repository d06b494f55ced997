/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See queue.h. */
#include "harness/hunt/queue.h"

struct HuntQueue {
	guint64 boots;
	guint share, shares;
	guint64 fresh;	   /* the lowest index that was never handed out */
	GHashTable *known; /* indices that are not fresh, though not below @fresh */
	GArray *again;	   /* of HuntTry, by index */
};

HuntQueue *hunt_queue_new(guint64 boots, guint share, guint shares)
{
	HuntQueue *queue = g_new0(HuntQueue, 1);

	queue->boots = boots ? boots : (guint64)G_MAXINT32;
	queue->share = share;
	queue->shares = MAX(shares, 1);
	queue->known = g_hash_table_new(NULL, NULL);
	queue->again = g_array_new(FALSE, FALSE, sizeof(HuntTry));
	return queue;
}

void hunt_queue_free(HuntQueue *queue)
{
	if (!queue)
		return;
	g_hash_table_unref(queue->known);
	g_array_unref(queue->again);
	g_free(queue);
}

guint hunt_queue_share(guint index, guint shares)
{
	return index % MAX(shares, 1) + 1;
}

static gboolean is_ours(const HuntQueue *queue, guint index)
{
	return queue->shares == 1 || hunt_queue_share(index, queue->shares) == queue->share;
}

void hunt_queue_skip(HuntQueue *queue, guint index)
{
	g_hash_table_add(queue->known, GUINT_TO_POINTER(index));
}

void hunt_queue_put(HuntQueue *queue, const HuntTry *again)
{
	guint at = 0;

	hunt_queue_skip(queue, again->index);
	while (at < queue->again->len &&
	       g_array_index(queue->again, HuntTry, at).index < again->index)
		at++;
	g_array_insert_val(queue->again, at, *again);
}

/* The lowest fresh index, or the end. */
static guint64 find_fresh(HuntQueue *queue)
{
	while (queue->fresh < queue->boots &&
	       (!is_ours(queue, (guint)queue->fresh) ||
		g_hash_table_contains(queue->known, GUINT_TO_POINTER((guint)queue->fresh))))
		queue->fresh++;
	return queue->fresh;
}

gboolean hunt_queue_next(HuntQueue *queue, HuntTry *next)
{
	guint64 fresh = find_fresh(queue);

	if (queue->again->len) {
		*next = g_array_index(queue->again, HuntTry, 0);
		if (next->index < fresh && next->index < queue->boots) {
			g_array_remove_index(queue->again, 0);
			return TRUE;
		}
	}
	if (fresh >= queue->boots)
		return FALSE;
	*next = (HuntTry){.index = (guint)fresh};
	queue->fresh++;
	return TRUE;
}

char *hunt_queue_folder(const char *boots_dir, const HuntTry *attempt)
{
	for (guint n = attempt->tries;; n++) {
		g_autofree char *leaf =
			n == 0 ? g_strdup_printf("%04u", attempt->index)
			       : g_strdup_printf("%04u-%s%u", attempt->index,
						 attempt->why ? attempt->why : "again", n);
		g_autofree char *path = g_build_filename(boots_dir, leaf, NULL);

		/* That of a boot that never began, on a full disk say, is in the way. */
		if (!g_file_test(path, G_FILE_TEST_EXISTS))
			return g_steal_pointer(&leaf);
	}
}
