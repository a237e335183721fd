#include "esp-interrupt.h"

#include <signal.h>
#include <stdatomic.h>

static _Atomic bool interrupted;

static void
interrupt (int signal_number)
{
  interrupted = true;
}

void
esp_interrupt_catch (void)
{
  struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int) SA_RESETHAND };
  struct sigaction before;

  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  /* a terminal that goes away is one, unless nohup says otherwise */
  if (sigaction (SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
    sigaction (SIGHUP, &action, NULL);
}

const _Atomic bool *
esp_interrupt_get_flag (void)
{
  return &interrupted;
}

bool
esp_interrupt_has_come (void)
{
  return interrupted;
}
