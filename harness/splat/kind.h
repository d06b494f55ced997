/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of splats: the rule table gives each splat one, and titles, signatures and incident
 * rules tell splats apart by it. The names appear in signatures and in results, so they must not
 * change.
 */
#ifndef PFNHUNT_SPLAT_KIND_H
#define PFNHUNT_SPLAT_KIND_H

/* X(id, name) */
#define SPLAT_KINDS(X)                                                                             \
	X(SILENT, "silent")                                                                        \
	X(KASAN_INVALID_FREE, "kasan-invalid-free")                                                \
	X(KASAN, "kasan")                                                                          \
	X(KMSAN, "kmsan")                                                                          \
	X(KCSAN, "kcsan")                                                                          \
	X(KFENCE, "kfence")                                                                        \
	X(UBSAN, "ubsan")                                                                          \
	X(CFI, "cfi")                                                                              \
	X(MEMORY_LEAK, "memory-leak")                                                              \
	X(DEADLOCK, "deadlock")                                                                    \
	X(LOCK_STATE, "lock-state")                                                                \
	X(SUSPICIOUS_RCU, "suspicious-rcu")                                                        \
	X(UNLOCK_BALANCE, "unlock-balance")                                                        \
	X(CONTENTION, "contention")                                                                \
	X(HELD_LOCK_FREED, "held-lock-freed")                                                      \
	X(LOCK_HELD, "lock-held")                                                                  \
	X(NESTED_LOCK, "nested-lock")                                                              \
	X(LOCKING, "locking")                                                                      \
	X(STATIC_KEY, "static-key")                                                                \
	X(SPINLOCK, "spinlock")                                                                    \
	X(LOCKDEP_LIMIT, "lockdep-limit")                                                          \
	X(UNWINDER, "unwinder")                                                                    \
	X(NULL_DEREF, "null-deref")                                                                \
	X(PAGE_FAULT, "page-fault")                                                                \
	X(USER_ACCESS, "user-access")                                                              \
	X(UNHANDLED_FAULT, "unhandled-fault")                                                      \
	X(BAD_MODE, "bad-mode")                                                                    \
	X(SERROR, "serror")                                                                        \
	X(STACK_GUARD, "stack-guard")                                                              \
	X(STACK_OVERFLOW, "stack-overflow")                                                        \
	X(DOUBLE_FAULT, "double-fault")                                                            \
	X(GPF, "gpf")                                                                              \
	X(DIVIDE_ERROR, "divide-error")                                                            \
	X(INT3, "int3")                                                                            \
	X(STACK_SEGMENT, "stack-segment")                                                          \
	X(ALIGNMENT, "alignment")                                                                  \
	X(CONTROL_PROTECTION, "control-protection")                                                \
	X(LIST_CORRUPTION, "list-corruption")                                                      \
	X(USERCOPY, "usercopy")                                                                    \
	X(KERNEL_BUG, "kernel-bug")                                                                \
	X(INVALID_OPCODE, "invalid-opcode")                                                        \
	X(OOPS, "oops")                                                                            \
	X(BAD_PAGE, "bad-page")                                                                    \
	X(BAD_PAGE_MAP, "bad-page-map")                                                            \
	X(PAGE_POISON, "page-poison")                                                              \
	X(BAD_RSS, "bad-rss")                                                                      \
	X(BAD_PGTABLES, "bad-pgtables")                                                            \
	X(DENTRY, "dentry")                                                                        \
	X(SLAB, "slab")                                                                            \
	X(ATOMIC_SLEEP, "atomic-sleep")                                                            \
	X(ATOMIC_SCHED, "atomic-sched")                                                            \
	X(PREEMPTIBLE, "preemptible")                                                              \
	X(WORKQUEUE_LEAK, "workqueue-leak")                                                        \
	X(SOFT_LOCKUP, "soft-lockup")                                                              \
	X(HARD_LOCKUP, "hard-lockup")                                                              \
	X(RCU_STALL, "rcu-stall")                                                                  \
	X(HUNG_TASK, "hung-task")                                                                  \
	X(WORKQUEUE_LOCKUP, "workqueue-lockup")                                                    \
	X(WARNING, "warning")                                                                      \
	X(NETDEV_LEAK, "netdev-leak")                                                              \
	X(BUSY_INODES, "busy-inodes")                                                              \
	X(FILE_COUNT, "file-count")                                                                \
	X(RUST_PANIC, "rust-panic")                                                                \
	X(PANIC, "panic")                                                                          \
	X(BUG, "bug")                                                                              \
	X(REBOOT, "reboot")                                                                        \
	X(REFCOUNT, "refcount")                                                                    \
	X(ODEBUG, "odebug")                                                                        \
	X(KMALLOC, "kmalloc")                                                                      \
	X(VMALLOC, "vmalloc")                                                                      \
	X(PROC, "proc")                                                                            \
	X(KOBJECT, "kobject")                                                                      \
	X(USB_URB, "usb-urb")

typedef enum {
	KIND_NONE, /* not a splat */
#define X(id, name) KIND_##id,
	SPLAT_KINDS(X)
#undef X
} SplatKind;

/* "bad-page"; NULL for KIND_NONE. Static. */
const char *splat_kind_name(SplatKind kind);

#endif
