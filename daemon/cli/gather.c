#include "cli/gather.h"

#include "core/base/mem.h"
#include "core/crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool
gather_open(struct gather *g, bool by_id)
{
    *g = (struct gather){.file = tmpfile(), .by_id = by_id};
    table_init(&g->documents, sizeof(struct hash));
    table_init(&g->objects, sizeof(struct hash));
    if (!g->file)
        (void)complain("a temporary file: %s", strerror(errno));
    return g->file != NULL;
}

void
gather_close(struct gather *g)
{
    if (g->file)
        (void)fclose(g->file);
    table_clear(&g->documents);
    table_clear(&g->objects);
    mem_free(g->list);
    *g = (struct gather){0};
}

/* ---- keeping ------------------------------------------------------------ */

#define ENDED UINT64_MAX

/* Two documents may have one id, and what has none belongs to what its origin
 * submitted with it: so a document is known by its submission too, unless
 * somebody asked for all that has its id. Of several without id in one
 * submission each ends with what stood around it. */
static uint64_t
document_of(struct gather *g, const struct entry *e)
{
    const struct package *p = &e->message.package;
    bool is_ours = slice_is(control_text(e->record, "direction"), "to");
    bool by_id = g->by_id && p->id.size;
    uint64_t number = by_id ? 0 : e->message.submission.number;
    struct slice origin =
        is_ours || by_id ? (struct slice){0} : control_text(e->record, "team");
    const struct slice parts[] = {p->source, slice_str(" "),
                                  p->id,     slice_str(" "),
                                  origin,    slice_of(&number, sizeof number)};
    struct hash key;
    uint64_t *found;

    crypto_hash(&key, parts, ARRAY_SIZE(parts));
    found = table_find(&g->documents, &key);
    bool ends = p->id.size == 0 && e->message.kind == MESSAGE_PACKAGE;
    uint64_t document = found && *found != ENDED ? *found : g->document_count++;
    table_put(&g->documents, &key, ends ? ENDED : document);
    return document;
}

/* Of a document that was submitted again, changed, the later one counts, object
 * by object: of one submission everything stays, with its repeats. */
static size_t
object_of(struct gather *g, uint64_t document, const struct message *m)
{
    const struct head *h = &m->head;
    uint64_t number = m->submission.number;
    struct hash key;
    bool has_id = h->object_id.size > 0;

    if (!g->by_id || (!has_id && !h->value.size))
        return NO_OBJECT;
    const struct slice parts[] = {
        slice_of(&document, sizeof document), slice_str(has_id ? "i" : "v"),
        has_id ? (struct slice){0}
               : slice_of(&h->observable, sizeof h->observable),
        has_id ? h->object_id : h->value};
    crypto_hash(&key, parts, ARRAY_SIZE(parts));
    uint64_t *last = table_find(&g->objects, &key);
    if (!last || *last < number)
        table_put(&g->objects, &key, number);
    return (size_t)(table_find(&g->objects, &key) - g->objects.values);
}

static bool
is_superseded(const struct gather *g, const struct gathered *at)
{
    return at->object != NO_OBJECT &&
           g->objects.values[at->object] > at->submission;
}

static struct gathered *
next_place(struct gather *g)
{
    if (g->count == g->capacity) {
        g->capacity = g->capacity ? 2 * g->capacity : 1024;
        g->list = mem_resize(g->list, g->capacity, sizeof *g->list);
    }
    return &g->list[g->count++];
}

void
gather_add(struct gather *g, const struct entry *e)
{
    struct slice bytes = control_bytes(e->record, "message");

    if (g->failed)
        return;
    if (fwrite(bytes.data, 1, bytes.size, g->file) != bytes.size) {
        (void)complain("a temporary file: %s", strerror(errno));
        g->failed = true;
        return;
    }
    uint64_t document = document_of(g, e);
    uint64_t number = e->message.submission.number;
    size_t object = object_of(g, document, &e->message);
    *next_place(g) = (struct gathered){.document = document,
                                       .position = e->message.package.position,
                                       .number = g->count - 1,
                                       .offset = g->end,
                                       .submission = number,
                                       .object = object,
                                       .size = (uint32_t)bytes.size};
    g->end += bytes.size;
}

/* ---- order -------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
    const struct gathered *x = a, *y = b;

    if (x->document != y->document)
        return x->document < y->document ? -1 : 1;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

bool
gather_sort(struct gather *g)
{
    if (!g->failed && fflush(g->file) != 0) {
        (void)complain("a temporary file: %s", strerror(errno));
        g->failed = true;
    }
    if (!g->failed && g->count)
        qsort(g->list, g->count, sizeof *g->list, compare);
    return !g->failed;
}

static bool
read_back(const struct gather *g, const struct gathered *at, struct buf *out)
{
    size_t done = 0;

    buf_reset(out);
    uint8_t *to = buf_extend(out, at->size);
    while (done < at->size) {
        ssize_t n = pread(fileno(g->file), to + done, at->size - done,
                          (off_t)(at->offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            (void)complain("a temporary file: %s",
                           n < 0 ? strerror(errno) : "it was cut");
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

static bool
is_same_place(const struct gather *g, size_t i)
{
    return i > 0 && g->list[i].document == g->list[i - 1].document &&
           g->list[i].position == g->list[i - 1].position &&
           g->list[i].size == g->list[i - 1].size;
}

bool
gather_each(struct gather *g,
            void (*take)(void *context, const struct message *m), void *context)
{
    struct buf pair[2] = {{0}, {0}};
    struct arena arena;
    bool good = true;

    arena_init(&arena, ENTRY_BUDGET);
    for (size_t i = 0; good && i < g->count; i++) {
        struct buf *now = &pair[i % 2], *before = &pair[1 - i % 2];
        if (is_superseded(g, &g->list[i])) {
            buf_reset(now);
            continue;
        }
        struct message m;
        good = read_back(g, &g->list[i], now);
        if (!good || (is_same_place(g, i) &&
                      slice_equal(buf_slice(now), buf_slice(before))))
            continue;
        arena_reset(&arena);
        if (message_get(buf_slice(now), &arena, &m) == OK)
            take(context, &m);
    }
    arena_clear(&arena);
    buf_clear(&pair[0]);
    buf_clear(&pair[1]);
    return good;
}
