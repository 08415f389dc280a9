#include "cli/sanity.h"

#include "cli/commands.h"
#include "cli/text.h"
#include "core/base/limits.h"
#include "core/formats/value.h"
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

/* ---- reading ------------------------------------------------------------ */

static void
on_fault(void *context, const struct format_fault *fault)
{
    (void)complain("%s:%llu: %s", (const char *)context,
                   (unsigned long long)fault->line, fault->text);
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

/* Read a list; false after saying that it cannot be read. */
static bool
read_list(struct warnings *w, char *path, const char *name)
{
    const struct format_sink sink = {path, NULL, on_fault};
    struct warning_reader *r = ends_in(name, ".json")
                                   ? warning_reader_misp(w, &sink)
                                   : warning_reader_own(w, name, &sink);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = -1;
    enum err e = fd < 0 ? OK : feed_file(fd, r, &n);

    if (n < 0)
        (void)complain("%s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    warning_reader_free(r);
    return n >= 0 && e == OK;
}

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
walk(struct warnings *w, const char *folder,
     int (*wanted)(const struct dirent *),
     bool (*each)(struct warnings *w, char *path, const char *name))
{
    struct dirent **entries;
    int count = scandir(folder, &entries, wanted, alphasort);
    bool good = count >= 0;
    char path[PATH_MAX];

    if (!good)
        (void)complain("warninglists: %s: %s", folder, strerror(errno));
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
read_folder(struct warnings *w, char *path, const char *name)
{
    struct stat about;

    (void)name;
    return stat(path, &about) != 0 || !S_ISDIR(about.st_mode) ||
           walk(w, path, is_list, read_list);
}

struct warnings *
sanity_read(const char *folder, bool documentation)
{
    struct warnings *w = warnings_new(documentation);

    if (folder[0] && (!walk(w, folder, is_list, read_list) ||
                      !walk(w, folder, is_shown, read_folder))) {
        warnings_free(w);
        return NULL;
    }
    warnings_ready(w);
    return w;
}

/* ---- asking ------------------------------------------------------------- */

static bool
value_find(const struct warnings *w, const struct head *h,
           const struct observed *value, struct warning *out)
{
    bool is_told = h->use == USE_NONE || h->use == USE_NOTIFY;

    return value->value.size && value->observable < OBSERVABLE_COUNT &&
           warnings_find(w, (enum observable)value->observable, value->value,
                         out) &&
           (out->kind == WARNING_RANGE || !is_told);
}

bool
sanity_find(const struct warnings *w, const struct message *m,
            struct observed *value, struct warning *out)
{
    const struct head *h = &m->head;

    if (m->kind != MESSAGE_INDICATOR)
        return false;
    *value = (struct observed){h->observable, h->value};
    if (value_find(w, h, value, out))
        return true;
    for (size_t i = 0; i < h->value_count; i++) {
        *value = h->values[i];
        if (value_find(w, h, value, out))
            return true;
    }
    return false;
}

void
sanity_put(struct buf *out, const struct warning *w,
           const struct observed *value)
{
    struct buf shown = {0};

    if (value) {
        value_defang(value->observable, value->value, &shown);
        text_put_clean(out, buf_slice(&shown));
        buf_put_str(out, ": ");
        buf_clear(&shown);
    }
    switch (w->kind) {
    case WARNING_RANGE:
        buf_put_str(out, "hardly an indicator: ");
        break;
    case WARNING_LIST:
        buf_put_str(out, "on the warninglist ");
        break;
    case WARNING_NEVER:
        buf_put_str(out, "never to be blocked, by our list ");
        break;
    }
    text_put_clean(out, slice_str(w->list));
}

const char *
sanity_advice(const struct warning *w)
{
    return w->kind == WARNING_NEVER ? "--use notify, for people alone"
                                    : "--allow-listed";
}
