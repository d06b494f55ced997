// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Background load: stress-ng as a child of the agent, with the stressors that the scenario names.
 * Binary and libraries are the host's, included in the initramfs under /host. Its metrics are
 * reported as events after it has been stopped.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-agent/op/env.h"
#include "guest-agent/contract/host-files.h"
#include "guest-agent/walkers/stress-ng.h"

#define NAME	      "stress-ng"
#define LINKER	      "/" HOST_DIR "/ld.so"
#define PROGRAM	      "/" HOST_DIR "/" NAME
#define WORDS_MAX     96
#define STRESSORS_MAX 16
#define POLL_NS	      100000000ULL
#define END_MS	      3000

struct stress {
	struct stress_metric metric[STRESSORS_MAX];
	char text[1024]; /* what argv points into */
	char *argv[WORDS_MAX];
	unsigned int argc;
	char log[40], yaml[40], workers[16];
	pid_t child; /* 0: none */
	uint64_t poll_ns;
};

enum { RUNNING_MS };
static const char *const counters[] = {"running_ms", NULL};

static bool stressors_valid(const char *value)
{
	return *value && strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-,") == strlen(value) &&
	       value[0] != '-' && value[0] != ',' && !strstr(value, ",,") && !strstr(value, ",-") &&
	       value[strlen(value) - 1] != ',';
}

/* Words as stress-ng takes them; no quotes, as there is no shell. */
static bool options_valid(const char *value)
{
	for (; *value; value++)
		if (!isalnum((unsigned char)*value) && !strchr(" -_=.,:/%+", *value))
			return false;
	return true;
}

static int add_word(struct stress *c, char *word)
{
	if (c->argc >= WORDS_MAX - 1)
		return -E2BIG;
	c->argv[c->argc++] = word;
	return 0;
}

/* "vm,memrate" becomes --vm N --memrate N. */
static int add_stressors(struct stress *c, const char *list)
{
	size_t used = strlen(c->text) + 1;
	int ret = 0;

	while (*list && !ret) {
		size_t len = strcspn(list, ",");

		if (used + len + 3 > sizeof(c->text))
			return -E2BIG;
		ret = add_word(c, c->text + used);
		used += (size_t)sprintf(c->text + used, "--%.*s", (int)len, list) + 1;
		if (!ret)
			ret = add_word(c, c->workers);
		list += len + (list[len] == ',');
	}
	return ret;
}

static int make_argv(struct stress *c, struct op_env *env)
{
	static char *const head[] = {LINKER,	    "--library-path", "/" HOST_DIR, PROGRAM,
				     "--temp-path", "/tmp",	      "--metrics",  "--yaml"};
	char *save = NULL;
	int ret = 0;

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		add_word(c, head[i]);
	add_word(c, c->yaml);
	/* It is stopped from outside; this only ends what would have been left behind. */
	add_word(c, "--timeout");
	add_word(c, "0");
	if (snprintf(c->text, sizeof(c->text), "%s", op_text(env->plan, "options")) >=
	    (int)sizeof(c->text))
		return -E2BIG;
	ret = add_stressors(c, op_text(env->plan, "stressors"));
	for (char *word = strtok_r(c->text, " ", &save); word && !ret;
	     word = strtok_r(NULL, " ", &save))
		ret = add_word(c, word);
	return ret;
}

static int setup(void *ctx, struct op_env *env)
{
	struct stress *c = ctx;

	if (faccessat(env->root_fd, HOST_DIR "/" NAME, F_OK, 0))
		return op_fail(env, EOPNOTSUPP,
			       "stress-ng is not in the initramfs; install it on the host "
			       "(apt-get install stress-ng)");
	snprintf(c->log, sizeof(c->log), "/tmp/stress-ng-%u.log", env->plan->inst);
	snprintf(c->yaml, sizeof(c->yaml), "/tmp/stress-ng-%u.yaml", env->plan->inst);
	snprintf(c->workers, sizeof(c->workers), "%lld", (long long)op_int(env->plan, "workers"));
	if (make_argv(c, env))
		return op_fail(env, EINVAL, "too many stressors or options");
	return 0;
}

/* The child's own threads go where the kernel puts them, unless the scenario says otherwise. */
static int start(struct stress *c, struct op_env *env)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	cpu_set_t all;
	int ret;

	CPU_ZERO(&all);
	for (int i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	if (op_int(env->plan, "cpu") < 0)
		sched_setaffinity(0, sizeof(all), &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, c->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* to end all of it */
	ret = posix_spawn(&c->child, LINKER, &files, &attributes, c->argv, (char *[]){NULL});
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	if (env->cpu >= 0)
		op_cpu_apply(env->cpu, 0);
	if (ret) {
		c->child = 0;
		return op_fail(env, ret, "stress-ng does not start: %s", strerror(ret));
	}
	return 0;
}

static int read_whole(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	return len > 0 ? 0 : -EIO;
}

static int ended(struct stress *c, struct op_env *env, int status)
{
	char text[4096], *line;

	c->child = 0;
	read_whole(c->log, text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	line = strrchr(text, ']'); /* "stress-ng: error: [123] No such option" */
	return op_fail(env, ECHILD, "stress-ng ended with status %d: %.100s",
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		       line ? line + 1 : text);
}

static int step(void *ctx, struct op_env *env)
{
	struct stress *c = ctx;
	uint64_t now = op_now_ns();
	int status, ret;

	if (!c->child) {
		ret = start(c, env);
		c->poll_ns = op_now_ns();
		return ret ? ret : OP_STEP_DONE;
	}
	if (now - c->poll_ns < POLL_NS)
		return OP_STEP_IDLE;
	if (waitpid(c->child, &status, WNOHANG) == c->child)
		return ended(c, env, status);
	op_count(env, RUNNING_MS, (now - c->poll_ns) / 1000000);
	c->poll_ns = now;
	return OP_STEP_DONE;
}

/* Asks first, so that it writes its metrics. */
static void stop_child(const struct stress *c)
{
	uint64_t end = op_now_ns() + END_MS * 1000000ULL;

	kill(c->child, SIGINT);
	while (waitpid(c->child, NULL, WNOHANG) == 0) {
		if (op_now_ns() > end) {
			kill(-c->child, SIGKILL);
			kill(c->child, SIGKILL);
			end = UINT64_MAX;
		}
		usleep(10000);
	}
}

static void teardown(void *ctx, struct op_env *env)
{
	struct stress *c = ctx;
	static char text[16384];
	unsigned int count;

	if (!c->child)
		return;
	stop_child(c);
	if (read_whole(c->yaml, text, sizeof(text)))
		return;
	count = stress_metrics_parse(text, c->metric, STRESSORS_MAX);
	for (unsigned int i = 0; i < count; i++)
		op_event_of(env, AGENT_EVENT_STRESS_METRIC, c->metric[i].name, "bogo_ops",
			    c->metric[i].bogo_ops, "real_ms", c->metric[i].real_ms);
}

static const struct op_param params[] = {
	{.name = "stressors",
	 .type = OP_PARAM_TEXT,
	 .def = "vm",
	 .valid = stressors_valid,
	 .form = "names with commas between, such as vm,mmap,fork",
	 .help = "stressors to run"},
	{.name = "workers",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .min = 0,
	 .max = 1024,
	 .help = "processes per stressor; 0: one per CPU"},
	{.name = "options",
	 .type = OP_PARAM_TEXT,
	 .def = "",
	 .valid = options_valid,
	 .form = "words as on its command line, such as --vm-bytes 32M",
	 .help = "more stress-ng options"},
	{NULL},
};

static const char *const programs[] = {NAME, NULL};

const struct op op_stress_ng = {
	.name = "stress-ng",
	.help = "background load: runs the host's stress-ng in the guest",
	.kind = OP_WALKER,
	.unseen = "no function of the kernel is its own: its processes do what any load does",
	.host_programs = programs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct stress),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
