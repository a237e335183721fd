#include "esp-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp-command.h"
#include "esp-error.h"

#define WALL_SECONDS      30
#define PROCESSOR_SECONDS 15
#define MEMORY_BYTES      (UINT64_C (1) << 30) /* more than the program has at its start */
#define MAX_OUTPUT        65536

extern char **environ;

/* Returns the address space that this process has now. */
static uint64_t
get_address_space (void)
{
  g_autofree char *text = NULL;

  return g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
           ? g_ascii_strtoull (text, NULL, 10) * (uint64_t) sysconf (_SC_PAGESIZE)
           : 0;
}

static void
limit (int resource, uint64_t most)
{
  struct rlimit present;

  if (getrlimit (resource, &present) != 0)
    return;
  present.rlim_cur = MIN (most, present.rlim_max);
  present.rlim_max = present.rlim_cur;
  setrlimit (resource, &present);
}

void
esp_helper_limit (void)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  limit (RLIMIT_CPU, PROCESSOR_SECONDS);
  limit (RLIMIT_CORE, 0);
  limit (RLIMIT_FSIZE, MAX_OUTPUT);
  limit (RLIMIT_AS, get_address_space () + MEMORY_BYTES);
}

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM, "the process that checks environments could not be %s: %s",
               what, g_strerror (errno));
  return FALSE;
}

/* Starts this program with @path to check; it writes to @output. */
static gboolean
start (const char *path, int output, pid_t *child, GError **error)
{
  char *arguments[] = { (char *) "espalier", (char *) "check-environment", (char *) "--", (char *) path,
                        NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, defaults;

  sigemptyset (&none);
  sigemptyset (&defaults);
  sigaddset (&defaults, SIGINT);
  sigaddset (&defaults, SIGTERM);
  sigaddset (&defaults, SIGPIPE);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &defaults);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, output, STDERR_FILENO);
  errno = posix_spawn (child, "/proc/self/exe", &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);

  return errno == 0 || fail (error, "started");
}

/* Reads what the helper says until it ends. Returns FALSE if that takes too long. */
static gboolean
listen_to (int input, GString *text)
{
  gint64 deadline = g_get_monotonic_time () + WALL_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      struct pollfd wait = { .fd = input, .events = POLLIN };
      gint64 left = (deadline - g_get_monotonic_time ()) / 1000;
      char block[4096];
      ssize_t n;

      if (left <= 0)
        return FALSE;
      if (poll (&wait, 1, (int) left) <= 0)
        continue;
      n = read (input, block, sizeof block);
      if (n == 0 || (n < 0 && errno != EINTR))
        return TRUE;
      if (n > 0 && text->len < MAX_OUTPUT)
        g_string_append_len (text, block, n);
    }
}

/* Cuts what points at a piece of an expression off from the sentence before it, and returns it; NULL where
 * nothing does. */
static char *
split_pointed (char *said)
{
  char *line = strchr (said, '\n'), *caret = line != NULL ? strchr (line + 1, '\n') : NULL;

  if (caret == NULL || caret[1 + strspn (caret + 1, " ")] != '^' || strchr (caret + 1, '\n') != NULL)
    return NULL;
  *line = '\0';
  return line + 1;
}

/* Turns how the helper ended into the checker's answer. */
static gboolean
conclude (const char *path, int status, gboolean in_time, GString *text, char **digest, GError **error)
{
  g_autofree char *name = g_filename_display_basename (path);
  g_autofree char *said = g_utf8_make_valid (text->str, (gssize) text->len);

  char *pointed;
  GError *refusal;

  g_strchomp (said);
  if (in_time && WIFEXITED (status) && WEXITSTATUS (status) == ESP_EXIT_DONE)
    {
      *digest = g_steal_pointer (&said);
      return TRUE;
    }
  pointed = split_pointed (said);
  if (in_time && WIFEXITED (status) && g_str_has_prefix (said, "espalier: ") && strchr (said, '\n') == NULL)
    {
      refusal = g_error_new_literal (
        ESP_ERROR, WEXITSTATUS (status) == ESP_EXIT_USAGE ? ESP_ERROR_USAGE : ESP_ERROR_FILE,
        said + strlen ("espalier: "));
      if (pointed != NULL)
        esp_error_take_pointed (refusal, g_strdup (pointed));
      g_propagate_error (error, refusal);
    }
  else if (!in_time
           || (WIFSIGNALED (status) && (WTERMSIG (status) == SIGXCPU || WTERMSIG (status) == SIGKILL)))
    g_set_error (
      error, ESP_ERROR, ESP_ERROR_FILE,
      "the environment “%s” cannot be used: its check takes longer than %d seconds; make the model "
      "simpler",
      name, in_time ? PROCESSOR_SECONDS : WALL_SECONDS);
  else
    g_set_error (
      error, ESP_ERROR, ESP_ERROR_FILE,
      "the environment “%s” cannot be used: its model brings MuJoCo down or needs more than %u MiB of "
      "memory",
      name, (unsigned) (MEMORY_BYTES >> 20));

  return FALSE;
}

gboolean
esp_helper_check_environment (const char *path, char **digest, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int ends[2], status = 0;
  gboolean in_time;
  pid_t child;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return fail (error, "reached");
  if (!start (path, ends[1], &child, error))
    {
      close (ends[0]);
      close (ends[1]);
      return FALSE;
    }
  close (ends[1]);
  in_time = listen_to (ends[0], text);
  close (ends[0]);
  if (!in_time)
    kill (child, SIGKILL);
  while (waitpid (child, &status, 0) < 0)
    {
      if (errno != EINTR)
        return fail (error, "waited for");
    }

  return conclude (path, status, in_time, text, digest, error);
}
