#include "edge/lists/lists.h"

#include "core/base/limits.h"
#include "core/formats/warning_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK KIB(64)
#define SAID_MAX (PATH_MAX + 256)

/* A walk over a folder: for reading, or for its mark. */
struct walk {
    struct warnings *to; /* NULL: nothing is read */
    lists_say_fn say;
    const char *path; /* that is read */
    uint64_t mark;
};

/* ---- reading ------------------------------------------------------------ */

static void
complain(const struct walk *w, const char *path, const char *what)
{
    char text[SAID_MAX];

    if (!w->say)
        return;
    (void)snprintf(text, sizeof text, "warninglists: %s: %s", path, what);
    w->say(text);
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    const struct walk *w = context;
    char text[SAID_MAX];

    (void)snprintf(text, sizeof text, "%s:%llu: %s", w->path,
                   (unsigned long long)fault->line, fault->text);
    w->say(text);
}

static enum err
feed_file(int fd, struct warning_reader *r, ssize_t *n)
{
    static uint8_t chunk[CHUNK];
    enum err e = OK;

    while (!e && (*n = read(fd, chunk, sizeof chunk)) != 0) {
        if (*n < 0 && errno == EINTR)
            continue;
        if (*n < 0)
            return OK;
        e = warning_reader_feed(r, slice_of(chunk, (size_t)*n));
    }
    return e ? e : warning_reader_finish(r);
}

static bool
ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), n = strlen(ending);

    return size > n && strcmp(name + size - n, ending) == 0;
}

/* Open a plain file and nothing else: a pipe in the folder would be waited for
 * without end. -1 after saying why not. */
static int
list_open(const struct walk *w, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat about;

    if (fd < 0) {
        complain(w, path, strerror(errno));
        return -1;
    }
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        return fd;
    (void)close(fd);
    complain(w, path, "it is no regular file");
    return -1;
}

/* Read a list; false after saying that it cannot be read. */
static bool
read_list(struct walk *w, const char *path, const char *name)
{
    const struct format_sink sink = {w, NULL, on_fault};
    struct warning_reader *r = ends_in(name, ".json")
                                   ? warning_reader_misp(w->to, &sink)
                                   : warning_reader_own(w->to, name, &sink);
    int fd = list_open(w, path);
    ssize_t n = -1;

    w->path = path;
    enum err e = fd < 0 ? OK : feed_file(fd, r, &n);
    if (fd >= 0 && n < 0)
        complain(w, path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    warning_reader_free(r);
    return n >= 0 && e == OK;
}

/* ---- its mark ----------------------------------------------------------- */

static void
mark_add(struct walk *w, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        w->mark = (w->mark ^ at[i]) * UINT64_C(0x100000001b3);
}

static bool
mark_list(struct walk *w, const char *path, const char *name)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return true;
    mark_add(w, name, strlen(name) + 1);
    mark_add(w, &about.st_size, sizeof about.st_size);
    mark_add(w, &about.st_mtim, sizeof about.st_mtim);
    mark_add(w, &about.st_ino, sizeof about.st_ino);
    return true;
}

static bool
take_list(struct walk *w, const char *path, const char *name)
{
    return w->to ? read_list(w, path, name) : mark_list(w, path, name);
}

/* ---- folders ------------------------------------------------------------ */

static int
is_list(const struct dirent *entry)
{
    return entry->d_name[0] != '.' &&
           (ends_in(entry->d_name, ".json") || ends_in(entry->d_name, ".txt"));
}

static int
is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Call `each` with the path of what is in a folder, in order of names. */
static bool
walk(struct walk *w, const char *folder, int (*wanted)(const struct dirent *),
     bool (*each)(struct walk *w, const char *path, const char *name))
{
    struct dirent **entries;
    int count = scandir(folder, &entries, wanted, alphasort);
    bool good = count >= 0;
    char path[PATH_MAX];

    if (!good)
        complain(w, folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        good = good && each(w, path, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good;
}

/* MISP keeps each list in a folder of its own. */
static bool
take_folder(struct walk *w, const char *path, const char *name)
{
    struct stat about;

    (void)name;
    return stat(path, &about) != 0 || !S_ISDIR(about.st_mode) ||
           walk(w, path, is_list, take_list);
}

static bool
take_all(struct walk *w, const char *folder)
{
    return !folder[0] || (walk(w, folder, is_list, take_list) &&
                          walk(w, folder, is_shown, take_folder));
}

struct warnings *
lists_read(const char *folder, bool documentation, lists_say_fn say)
{
    struct walk w = {.to = warnings_new(documentation), .say = say};

    if (!take_all(&w, folder)) {
        warnings_free(w.to);
        return NULL;
    }
    warnings_ready(w.to);
    return w.to;
}

uint64_t
lists_mark(const char *folder, bool documentation)
{
    struct walk w = {.mark = UINT64_C(0xcbf29ce484222325)};
    uint8_t documents = documentation;

    mark_add(&w, &documents, 1);
    mark_add(&w, folder, strlen(folder));
    (void)!take_all(&w, folder);
    /* Databases have signed numbers, and 0 is none yet. */
    return w.mark >> 1 | 1;
}
