// Walks a folder and prints it as a tree, with the sizes of files and where links lead: opendir, readdir, fstatat, readlinkat.
//
//   clang --target=wasm32-wasi -Oz -s -o examples/c/tree.wasm examples/c/tree.c
//   heddle --dir examples::/ examples/c/tree.wasm

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int folders, files, failures;

static void complain(const char *what) {
  fprintf(stderr, "tree: %s: %s\n", what, strerror(errno));
  failures++;
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// The names in order, since every file system has one of its own; NULL ends them.
static char **list(DIR *dir) {
  size_t used = 0, size = 16;
  char **names = malloc(size * sizeof *names);
  if (names == NULL) abort();
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (used + 1 == size && (names = realloc(names, (size *= 2) * sizeof *names)) == NULL) abort();
    if ((names[used++] = strdup(entry->d_name)) == NULL) abort();
  }
  qsort(names, used, sizeof *names, compare);
  names[used] = NULL;
  return names;
}

static void walk(int at, const char *name, int depth);

static void show(int at, const char *name, int depth) {
  struct stat status;
  if (fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    complain(name);
    return;
  }
  printf("%*s%s", depth * 2, "", name);
  if (S_ISDIR(status.st_mode)) {
    puts("/");
    folders++;
    walk(at, name, depth + 1);
  } else if (S_ISLNK(status.st_mode)) {
    char target[4096];
    ssize_t length = readlinkat(at, name, target, sizeof target);
    printf(" -> %.*s\n", length < 0 ? 0 : (int)length, target);
  } else {
    printf(" (%lld)\n", (long long)status.st_size);
    files++;
  }
}

static void walk(int at, const char *name, int depth) {
  int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  DIR *dir = fd < 0 ? NULL : fdopendir(fd);
  if (dir == NULL) {
    complain(name);
    return;
  }
  char **names = list(dir);
  for (char **each = names; *each != NULL; each++) {
    show(fd, *each, depth);
    free(*each);
  }
  free(names);
  closedir(dir);
}

int main(int argc, char **argv) {
  // A name of the root that is open at the start: of "/" only libc knows.
  int root = open(argc > 1 ? argv[1] : "/", O_RDONLY | O_DIRECTORY);
  if (root < 0) {
    complain(argc > 1 ? argv[1] : "/");
    return 1;
  }
  walk(root, ".", 0);
  printf("%d folders, %d files\n", folders, files);
  return failures == 0 ? 0 : 1;
}
