// Loaded into rowtail with LD_PRELOAD: keeps beside each SQLite file what a power cut would bring back. Before
// a write its old bytes go into <file>.undo; an fsync of the file empties that journal. undo.ts plays it back
// after a kill, and what was never synced is gone, as it would be after a power cut.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/** True for a spool and its write-ahead log; `undo` is then the journal's path. */
static int journal_of(int fd, char *undo) {
  char link[64], path[PATH_MAX - 8];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  const char *name = strstr(path, ".sqlite");
  if (name == NULL || (strcmp(name, ".sqlite") != 0 && strcmp(name, ".sqlite-wal") != 0)) return 0;
  snprintf(undo, PATH_MAX, "%s.undo", path);
  return 1;
}

/** 0 where all of it was written; a part of it means that the disk is full. */
static int append(int journal, const void *bytes, size_t count) {
  ssize_t written = REAL(write)(journal, bytes, count);
  if (written >= 0 && written < (ssize_t)count) errno = ENOSPC;
  return written == (ssize_t)count ? 0 : -1;
}

/**
 * One record: offset, old length, old size of the file, old bytes; as 64-bit numbers of this machine. Where
 * the disk has no room for it, it has none for the write either: -1, and the record is taken back.
 */
static int remember(int fd, off_t offset, size_t count) {
  char undo[PATH_MAX];
  if (!journal_of(fd, undo)) return 0;
  struct stat now;
  fstat(fd, &now);
  char *old = malloc(count + 1);
  ssize_t kept = count == 0 ? 0 : pread(fd, old, count, offset);
  if (kept < 0) kept = 0;
  uint64_t head[3] = {(uint64_t)offset, (uint64_t)kept, (uint64_t)now.st_size};
  pthread_mutex_lock(&lock);
  int journal = open(undo, O_WRONLY | O_CREAT | O_APPEND, 0600);
  off_t end = journal < 0 ? 0 : lseek(journal, 0, SEEK_END);
  size_t size = (size_t)kept;
  int failed = journal < 0 || append(journal, head, sizeof head) < 0 || append(journal, old, size) < 0;
  if (failed && errno != ENOSPC) abort(); // a journal with a hole would prove nothing
  if (failed && journal >= 0 && REAL(ftruncate)(journal, end) < 0) abort();
  if (journal >= 0) close(journal);
  pthread_mutex_unlock(&lock);
  free(old);
  if (failed) errno = ENOSPC;
  return failed ? -1 : 0;
}

static void forget(int fd) {
  char undo[PATH_MAX];
  if (journal_of(fd, undo)) unlink(undo);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  off_t offset = lseek(fd, 0, SEEK_CUR);
  if (offset >= 0 && remember(fd, offset, count) < 0) return -1;
  return REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  if (remember(fd, offset, count) < 0) return -1;
  return REAL(pwrite)(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  if (remember(fd, offset, count) < 0) return -1;
  return REAL(pwrite64)(fd, bytes, count, offset);
}

/** What is cut off has to come back too. */
static int remember_end(int fd, off_t size) {
  struct stat now;
  size_t cut = fstat(fd, &now) == 0 && now.st_size > size ? (size_t)(now.st_size - size) : 0;
  return remember(fd, size, cut);
}

int ftruncate(int fd, off_t size) {
  if (remember_end(fd, size) < 0) return -1;
  return REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  if (remember_end(fd, size) < 0) return -1;
  return REAL(ftruncate64)(fd, size);
}

int fsync(int fd) {
  int result = REAL(fsync)(fd);
  if (result == 0) forget(fd);
  return result;
}

int fdatasync(int fd) {
  int result = REAL(fdatasync)(fd);
  if (result == 0) forget(fd);
  return result;
}
