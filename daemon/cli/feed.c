#include "cli/feed.h"

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text.h"
#include "core/base/hex.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"
#include "core/formats/ascii.h"
#include "core/formats/json_nest.h"
#include "core/formats/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST "manifest.json"
#define HASH_KEY "integrity:sha256"

/* ---- the manifest -------------------------------------------------------- */

struct manifest {
    const char *path, *folder;
    struct feed *feed;
    bool is_good;
};

static void
say(const struct manifest *m, uint64_t line, uint64_t column, const char *text)
{
    (void)complain("%s:%llu:%llu: %s", m->path, (unsigned long long)line,
                   (unsigned long long)column, text);
}

static bool
fail(const struct manifest *m, const struct json_doc *doc, uint32_t token,
     const char *text)
{
    say(m, doc->tokens[token].line, doc->tokens[token].column, text);
    return false;
}

/* See a text without escapes; empty for anything else. */
static struct slice
plain(const struct json_doc *doc, uint32_t token)
{
    struct slice raw = json_raw(doc, token);

    if (doc->tokens[token].kind != JSON_STRING || doc->tokens[token].escaped)
        return (struct slice){0};
    return slice_of(raw.data + 1, raw.size - 2);
}

static void
hash_take(const struct json_doc *doc, uint32_t about, struct feed_event *event)
{
    uint32_t token = json_member(doc, about, HASH_KEY);
    uint8_t lower[2 * HASH_BYTES];

    if (!token || doc->tokens[token].kind == JSON_NULL)
        return;
    struct slice text = plain(doc, token);
    event->has_hash = true;
    event->hash_is_bad = text.size != sizeof lower;
    for (size_t i = 0; !event->hash_is_bad && i < text.size; i++)
        lower[i] = ascii_lower(text.data[i]);
    if (!event->hash_is_bad)
        event->hash_is_bad =
            !hex_decode(SLICE_ARRAY(lower), event->hash.b, HASH_BYTES);
}

static struct feed_event *
event_add(struct feed *f)
{
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 64;
        f->events = mem_resize(f->events, f->capacity, sizeof *f->events);
    }
    f->events[f->count] = (struct feed_event){0};
    return &f->events[f->count++];
}

static bool
event_take(const struct manifest *m, const struct json_doc *doc, uint32_t key)
{
    struct slice name = plain(doc, key);
    uint8_t uuid[UUID_BYTES];
    struct buf path = {0};

    if (!uuid_parse(name, uuid))
        return fail(m, doc, key, "the UUID of an event is expected");
    if (doc->tokens[key + 1].kind != JSON_OBJECT)
        return fail(m, doc, key + 1, "an object is expected");
    struct feed_event *event = event_add(m->feed);
    buf_put_str(&path, m->folder);
    buf_put_u8(&path, '/');
    buf_put(&path, name);
    buf_put_str(&path, ".json");
    buf_put_u8(&path, 0);
    event->path = (char *)path.data;
    hash_take(doc, key + 1, event);
    return true;
}

static bool
events_take(const struct manifest *m, const struct json_doc *doc)
{
    struct arena arena;
    uint32_t token = 0;
    enum err e;

    if (doc->fault) {
        say(m, doc->fault_line, doc->fault_column, doc->fault);
        return false;
    }
    if (doc->tokens[0].kind != JSON_OBJECT)
        return fail(m, doc, 0, "an object is expected");
    arena_init(&arena, 4 * JSON_BYTES_MAX);
    e = json_repeated(doc, &arena, &token);
    arena_clear(&arena);
    if (e || token)
        return fail(m, doc, token, e ? err_text(e) : "this key stands twice");
    for (uint32_t i = 1; i < json_end(doc, 0); i = doc->tokens[i + 1].next)
        if (!event_take(m, doc, i))
            return false;
    return true;
}

static enum json_way
on_way(void *context, unsigned level, const struct json_doc *open, uint32_t key,
       enum json_kind kind)
{
    (void)context;
    (void)level;
    (void)open;
    (void)key;
    (void)kind;
    return JSON_KEEP;
}

static void
on_began(void *context, unsigned level)
{
    (void)context;
    (void)level;
}

static void
on_ended(void *context, unsigned level, const struct json_doc *doc)
{
    struct manifest *m = context;

    (void)level;
    m->is_good = events_take(m, doc);
}

static void
manifest_parse(struct manifest *m, struct slice bytes)
{
    const struct json_nest_handler handler = {m, on_way, on_began, on_ended};
    struct json_stream *s = json_nest_new(&handler);
    enum err e = json_stream_feed(s, bytes);

    if (e == OK)
        e = json_stream_finish(s);
    if (e) {
        const struct json_fault *f = json_stream_fault(s);
        say(m, f->line, f->column, f->text);
        m->is_good = false;
    }
    json_stream_free(s);
}

bool
feed_read(const char *folder, struct feed *out)
{
    struct buf path = {0}, bytes = {0};
    struct manifest m = {.folder = folder, .feed = out};

    *out = (struct feed){0};
    buf_put_str(&path, folder);
    buf_put_str(&path, "/" MANIFEST);
    buf_put_u8(&path, 0);
    m.path = (const char *)path.data;
    if (access(m.path, F_OK) != 0)
        (void)complain("%s: is a directory without " MANIFEST, folder);
    else if (file_read(m.path, JSON_BYTES_MAX, &bytes))
        manifest_parse(&m, buf_slice(&bytes));
    buf_clear(&path);
    buf_clear(&bytes);
    return m.is_good;
}

void
feed_clear(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        mem_free(feed->events[i].path);
    mem_free(feed->events);
    *feed = (struct feed){0};
}

/* ---- its files ----------------------------------------------------------- */

/* Hash a whole file; false with errno. */
static bool
hash_file(int fd, struct hash *out)
{
    struct stat about;
    void *bytes;

    if (fstat(fd, &about) != 0)
        return false;
    if (about.st_size == 0) {
        crypto_hash_one(out, (struct slice){0});
        return true;
    }
    bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    crypto_hash_one(out, slice_of(bytes, (size_t)about.st_size));
    (void)munmap(bytes, (size_t)about.st_size);
    return true;
}

static bool
fits(const struct feed_event *event, int fd, struct buf *trouble)
{
    struct hash found;

    if (!event->has_hash)
        return true;
    if (event->hash_is_bad) {
        buf_put_str(trouble, HASH_KEY " in " MANIFEST " is no hash");
        return false;
    }
    if (!hash_file(fd, &found)) {
        buf_put_str(trouble, strerror(errno));
        return false;
    }
    if (slice_equal(SLICE_ARRAY(found.b), SLICE_ARRAY(event->hash.b)))
        return true;
    buf_put_str(trouble, "it does not fit its hash: " MANIFEST " says ");
    buf_put_hex(trouble, SLICE_ARRAY(event->hash.b));
    buf_put_str(trouble, ", the file has ");
    buf_put_hex(trouble, SLICE_ARRAY(found.b));
    return false;
}

int
feed_open(const struct feed_event *event, struct buf *trouble)
{
    int fd = open(event->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat about;

    buf_reset(trouble);
    if (fd < 0)
        buf_put_str(trouble, errno == ENOENT ? MANIFEST
                                 " names it, but it is not there"
                                             : strerror(errno));
    else if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        buf_put_str(trouble, "it is no regular file");
    else
        (void)!fits(event, fd, trouble);
    if (trouble->size && fd >= 0) {
        (void)close(fd);
        fd = -1;
    }
    if (trouble->size)
        buf_put_u8(trouble, 0);
    return fd;
}
