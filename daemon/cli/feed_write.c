#include "cli/feed_write.h"

#include "cli/commands.h"
#include "cli/feed.h"
#include "cli/feed_scan.h"
#include "cli/files.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/table.h"
#include "core/crypto/crypto.h"
#include "core/crypto/md5.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0644 /* a feed is there to be served; the umask says more */
#define FOLDER_MODE 0755
#define PIECE KIB(64)

/* By it a folder is known as ours; a MISP asks for no such name. */
#define MARK ".sealane-feed"
#define BEGUN ".sealane-"
#define BEGUN_ENDING ".new"

static const char mark_text[] =
    "This folder is a feed that sealane writes. What its manifest names is\n"
    "replaced, and removed once it is no part of the feed.\n";

struct feed_writer {
    struct buf folder, temporary; /* paths, each with a NUL */
    struct feed old;              /* that the manifest named before */
    struct feed_about *events;
    size_t count, capacity, left_out;
    struct table known; /* which of them has a UUID */
    int mark;           /* locked while we write; -1: none */
    int fd;             /* of the event that is being written; -1: none */
};

static void
put_path(struct buf *out, const struct feed_writer *f, struct slice name,
         const char *ending)
{
    buf_reset(out);
    buf_put_str(out, (const char *)f->folder.data);
    buf_put_u8(out, '/');
    buf_put(out, name);
    buf_put_str(out, ending);
    buf_put_u8(out, 0);
}

static bool
complain_of(const char *path)
{
    (void)complain("%s: %s", path, strerror(errno));
    return false;
}

/* ---- the folder ---------------------------------------------------------- */

/* An empty one stays as it was made: its mode and owner say who reads it. */
static bool
is_empty(const char *folder)
{
    DIR *all = opendir(folder);
    const struct dirent *d;
    bool empty = all != NULL;

    while (empty && (d = readdir(all)))
        empty = strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
    if (all)
        (void)closedir(all);
    return empty;
}

/* The lock of the mark says that nobody else writes here: what was begun and
 * has no name yet was begun by a run that was killed. */
static void
leftovers_remove(const char *folder)
{
    const size_t begins = sizeof BEGUN - 1, ends = sizeof BEGUN_ENDING - 1;
    DIR *all = opendir(folder);
    const struct dirent *d;

    while (all && (d = readdir(all))) {
        size_t size = strlen(d->d_name);
        if (size > begins + ends && strncmp(d->d_name, BEGUN, begins) == 0 &&
            strcmp(d->d_name + size - ends, BEGUN_ENDING) == 0)
            (void)unlinkat(dirfd(all), d->d_name, 0);
    }
    if (all)
        (void)closedir(all);
}

static bool
complain_of_mark(const char *folder)
{
    if (errno == ENOENT)
        (void)complain(
            "%s: is not empty, and no feed that sealane wrote: what is in it "
            "could be lost. Name a folder that is new or empty; where it is "
            "ours all the same, make an empty file " MARK " in it",
            folder);
    else if (errno == EWOULDBLOCK)
        (void)complain("%s: another sealane writes this feed", folder);
    else
        (void)complain("%s/" MARK ": %s", folder, strerror(errno));
    return false;
}

/* An empty folder becomes ours; of others only one that was. */
static bool
mark_take(struct feed_writer *f, const char *folder)
{
    bool is_new = is_empty(folder);
    /* Over NFS only who may write takes the lock. */
    int how = O_RDWR | (is_new ? O_CREAT : O_NONBLOCK);
    struct buf path = {0};

    put_path(&path, f, slice_str(MARK), "");
    f->mark =
        open((const char *)path.data, how | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    buf_clear(&path);
    if (f->mark < 0 || flock(f->mark, LOCK_EX | LOCK_NB) != 0 ||
        (is_new && !file_put(f->mark, slice_str(mark_text))))
        return complain_of_mark(folder);
    return true;
}

/* A run that was killed before its end leaves no manifest. */
static bool
old_read(struct feed_writer *f, const char *folder)
{
    struct buf path = {0};

    put_path(&path, f, slice_str("manifest.json"), "");
    bool is_there = access((const char *)path.data, F_OK) == 0;
    buf_clear(&path);
    return !is_there || feed_read(folder, &f->old);
}

static bool
folder_open(struct feed_writer *f, const char *folder)
{
    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
        return complain_of(folder);
    if (!mark_take(f, folder))
        return false;
    leftovers_remove(folder);
    return old_read(f, folder);
}

struct feed_writer *
feed_writer_new(const char *folder)
{
    struct feed_writer *f = mem_new(sizeof *f);
    struct buf name = {0};

    f->fd = f->mark = -1;
    table_init(&f->known, sizeof(struct hash));
    buf_put_str(&f->folder, folder);
    buf_put_u8(&f->folder, 0);
    buf_put_str(&name, BEGUN);
    buf_put_decimal(&name, (uint64_t)getpid());
    put_path(&f->temporary, f, buf_slice(&name), BEGUN_ENDING);
    buf_clear(&name);
    if (folder_open(f, folder))
        return f;
    feed_writer_free(f);
    return NULL;
}

void
feed_writer_free(struct feed_writer *f)
{
    if (!f)
        return;
    if (f->fd >= 0) {
        (void)close(f->fd);
        (void)unlink((const char *)f->temporary.data);
    }
    for (size_t i = 0; i < f->count; i++)
        feed_about_clear(&f->events[i]);
    mem_free(f->events);
    table_clear(&f->known);
    if (f->mark >= 0)
        (void)close(f->mark);
    feed_clear(&f->old);
    buf_clear(&f->folder);
    buf_clear(&f->temporary);
    mem_free(f);
}

/* ---- files --------------------------------------------------------------- */

int
feed_event_begin(struct feed_writer *f)
{
    const char *path = (const char *)f->temporary.data;

    f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (f->fd < 0)
        (void)complain_of(path);
    return f->fd;
}

/* Let the new file take its place; it is gone where that fails. */
static bool
place(struct feed_writer *f, const char *path)
{
    const char *from = (const char *)f->temporary.data;
    int fd = f->fd;

    f->fd = -1;
    bool good = fdatasync(fd) == 0;
    good = close(fd) == 0 && good;
    if (good && rename(from, path) == 0)
        return true;
    (void)complain_of(path);
    (void)unlink(from);
    return false;
}

static void
drop(struct feed_writer *f)
{
    (void)close(f->fd);
    f->fd = -1;
    (void)unlink((const char *)f->temporary.data);
}

/* UUIDs are chosen by others, and need not be spread. */
static struct hash
key_of(struct slice uuid)
{
    struct hash key;

    crypto_hash_one(&key, uuid);
    return key;
}

static struct feed_about *
find(const struct feed_writer *f, struct slice uuid)
{
    struct hash key = key_of(uuid);
    const uint64_t *at = table_find(&f->known, &key);

    return at ? &f->events[*at] : NULL;
}

static void
keep(struct feed_writer *f, struct feed_about *about, struct feed_about *known)
{
    if (known) {
        feed_about_clear(known);
        *known = *about;
        return;
    }
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 64;
        f->events = mem_resize(f->events, f->capacity, sizeof *f->events);
    }
    struct hash key = key_of(buf_slice(&about->uuid));
    table_put(&f->known, &key, f->count);
    f->events[f->count++] = *about;
}

bool
feed_event_end(struct feed_writer *f)
{
    struct feed_about about = {0};
    struct buf path = {0};

    if (!feed_scan(f->fd, &about)) {
        /* Nothing of it became an attribute: that was said already. */
        if (about.trouble) {
            (void)complain("an event is left out: %s", about.trouble);
            f->left_out++;
        }
        feed_about_clear(&about);
        drop(f);
        return true;
    }
    struct feed_about *known = find(f, buf_slice(&about.uuid));
    if (known) {
        (void)complain("event %.*s comes twice: the older is left out",
                       (int)about.uuid.size, (const char *)about.uuid.data);
        f->left_out++;
    }
    if (known && known->timestamp > about.timestamp) {
        feed_about_clear(&about);
        drop(f);
        return true;
    }
    put_path(&path, f, buf_slice(&about.uuid), ".json");
    bool good = place(f, (const char *)path.data);
    if (good)
        keep(f, &about, known);
    else
        feed_about_clear(&about);
    buf_clear(&path);
    return good;
}

/* ---- the manifest -------------------------------------------------------- */

/* Write the next of a file's bytes; false after saying why not. */
static bool
put_bytes(struct feed_writer *f, struct buf *bytes)
{
    bool good = file_put(f->fd, buf_slice(bytes));

    buf_reset(bytes);
    if (!good) {
        (void)complain_of((const char *)f->folder.data);
        drop(f);
    }
    return good;
}

static bool
end_file(struct feed_writer *f, const char *name, struct buf *bytes)
{
    struct buf path = {0};

    put_path(&path, f, slice_str(name), "");
    bool good = put_bytes(f, bytes) && place(f, (const char *)path.data);
    buf_clear(&path);
    return good;
}

/* "hash,uuid": who has a value finds the events that it stands in. */
static bool
put_hashes(struct feed_writer *f)
{
    struct buf lines = {0};
    bool good = feed_event_begin(f) >= 0;

    for (size_t i = 0; good && i < f->count; i++) {
        struct slice all = buf_slice(&f->events[i].hashes);
        for (size_t at = 0; good && at < all.size; at += MD5_BYTES) {
            buf_put_hex(&lines, slice_of(all.data + at, MD5_BYTES));
            buf_put_u8(&lines, ',');
            buf_put(&lines, buf_slice(&f->events[i].uuid));
            buf_put_u8(&lines, '\n');
            good = lines.size < PIECE || put_bytes(f, &lines);
        }
    }
    good = good && end_file(f, "hashes.csv", &lines);
    buf_clear(&lines);
    return good;
}

static bool
put_manifest(struct feed_writer *f)
{
    struct buf text = {0};
    bool good = feed_event_begin(f) >= 0;

    buf_put_u8(&text, '{');
    for (size_t i = 0; i < f->count; i++) {
        buf_put_str(&text, i ? ",\n" : "\n");
        buf_put(&text, buf_slice(&f->events[i].entry));
    }
    buf_put_str(&text, "\n}\n");
    good = good && end_file(f, "manifest.json", &text);
    buf_clear(&text);
    return good;
}

/* See the UUID that a file is named by, as FOLDER/UUID.json. */
static struct slice
uuid_of(const char *path)
{
    const char *name = strrchr(path, '/') + 1;

    return slice_of(name, strlen(name) - strlen(".json"));
}

/* What is no longer in the feed is not to be had any more. */
static void
remove_old(const struct feed_writer *f)
{
    for (size_t i = 0; i < f->old.count; i++)
        if (!find(f, uuid_of(f->old.events[i].path)))
            (void)unlink(f->old.events[i].path);
}

bool
feed_finish(struct feed_writer *f)
{
    if (!put_hashes(f) || !put_manifest(f))
        return false;
    remove_old(f);
    return true;
}

size_t
feed_count(const struct feed_writer *f)
{
    return f->count;
}

size_t
feed_left_out(const struct feed_writer *f)
{
    return f->left_out;
}
