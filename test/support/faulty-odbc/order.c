// Orders: reading them, and the faults that are the same at every moment. driver.c asks at each of its calls.

#include "order.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEBIBYTE (1024L * 1024L)
#define PAGE_BYTES 4096
#define WAIT_MICROSECONDS 2000

void read_order(const char *directory, const char *name, char *order) {
  char path[PATH_MAX];
  order[0] = 0;
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "r");
  if (file == NULL) return;
  order[fread(order, 1, MAX_ORDER - 1, file)] = 0;
  fclose(file);
}

int says(const char *order, const char *words) { return strstr(order, words) != NULL; }

long number_of(const char *order, const char *words, long otherwise) {
  const char *found = strstr(order, words);
  return found == NULL ? otherwise : strtol(found + strlen(words), NULL, 0);
}

long faulty_row(const char *order) { return number_of(order, "after", 0); }

static int happens(const char *order, const char *fault, const char *moment) {
  char words[64];
  snprintf(words, sizeof words, "%s %s", fault, moment);
  return says(order, words);
}

// Volatile, here and below: a compiler leaves out what it sees to be useless.
static char *volatile lost;

/** Touched, so that it is taken from the machine and not only from the address space. */
static void leak(long bytes) {
  lost = malloc(bytes);
  for (long at = 0; lost != NULL && at < bytes; at += PAGE_BYTES) lost[at] = 1;
}

void suffer(const char *order, const char *moment) {
  volatile int *volatile nowhere = NULL;
  if (happens(order, "segfault", moment)) *nowhere = 1;
  if (happens(order, "abort", moment)) abort();
  if (happens(order, "exit", moment)) _exit(3);
  if (happens(order, "leak", moment)) leak(number_of(order, "MiB", 0) * MEBIBYTE);
}

void hang(const char *order, const char *moment, const volatile int *is_over) {
  if (!happens(order, "hang", moment)) return;
  while (!*is_over) usleep(WAIT_MICROSECONDS);
}
