#include "cli/chosen.h"

#include "core/base/mem.h"

#include <stdlib.h>

/* Ids of one request, as many as it may have with room for others. */
#define IDS_AT_ONCE 128u

struct choice {
    uint64_t row; /* the order of the journal */
    bool is_queued;
    uint64_t at; /* its id in the texts; of what is queued, its item */
    size_t size;
};

struct choosing {
    struct daemon *d;
    struct wanted *wanted;
    void (*take)(void *context, const struct entry *e);
    void *context;
    struct choice *list;
    size_t count, capacity;
    size_t met; /* of what is queued */
    struct buf ids;
    bool red_left_out, cut;
    struct arena arena;
};

/* ---- what the index says ------------------------------------------------ */

static void
on_about(void *context, const struct control_record *r)
{
    struct choosing *c = context;

    c->red_left_out |= control_truth(r, "red-left-out");
    c->cut |= control_truth(r, "cut");
}

static void
on_match(void *context, const struct control_record *r)
{
    struct choosing *c = context;
    struct slice id = control_text(r, "id");
    bool is_queued = control_find(r, "item") != NULL;

    if (!is_queued && !id.size)
        return;
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 1024;
        c->list = mem_resize(c->list, c->capacity, sizeof *c->list);
    }
    c->list[c->count++] =
        (struct choice){.row = record_u64(r, "row"),
                        .is_queued = is_queued,
                        .at = is_queued ? record_u64(r, "item") : c->ids.size,
                        .size = id.size};
    if (!is_queued)
        buf_put(&c->ids, id);
}

static int
by_row(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;

    return x->row < y->row ? -1 : x->row > y->row;
}

/* What several values lead to is there several times. */
static void
settle(struct choosing *c)
{
    size_t to = 0;

    if (c->count)
        qsort(c->list, c->count, sizeof *c->list, by_row);
    for (size_t i = 0; i < c->count; i++)
        if (!to || c->list[to - 1].row != c->list[i].row)
            c->list[to++] = c->list[i];
    c->count = to;
}

static bool
find_all(struct choosing *c, const struct asked *asked)
{
    const struct asked_sink sink = {c, on_about, on_match};
    struct daemon *index = link_open_index(asked->run);
    bool good = index && asked_each(index, asked, &sink);

    daemon_close(index);
    settle(c);
    if (good && c->red_left_out)
        (void)fputs("searched without what is TLP:RED\n", stderr);
    if (good && c->cut)
        (void)fputs(ASKED_CUT, stderr);
    return good;
}

/* ---- what the daemon has ------------------------------------------------ */

static void
record_take(struct choosing *c, const struct control_record *r)
{
    struct entry e;

    arena_reset(&c->arena);
    entry_read(r, &c->arena, &e);
    if (wanted_is(c->wanted, &e))
        c->take(c->context, &e);
}

/* Fetch from a place on; the place behind what was fetched is given back. */
static bool
page_fetch(struct choosing *c, size_t *from)
{
    struct control_answer a;
    struct ask ask;
    size_t i = *from, n = 0;

    ask_begin(&ask, "entries");
    for (; i < c->count && n < IDS_AT_ONCE && !c->list[i].is_queued; i++, n++)
        control_add_text(
            &ask.b, "id",
            slice_of(c->ids.data + c->list[i].at, c->list[i].size));
    bool good = link_call(c->d, &ask, &a);
    ask_clear(&ask);
    for (size_t k = 0; good && k < a.record_count; k++) {
        if (control_find(&a.records[k], "next"))
            n = (size_t)record_u64(&a.records[k], "next");
        else
            record_take(c, &a.records[k]);
    }
    *from += n;
    return good;
}

/* Fetch what stands in lanes, and keep of the list what is queued. */
static bool
fetch_all(struct choosing *c)
{
    size_t to = 0;
    bool good = true;

    for (size_t i = 0; good && i < c->count;) {
        if (c->list[i].is_queued)
            c->list[to++] = c->list[i++];
        else
            good = page_fetch(c, &i);
    }
    c->count = to;
    return good;
}

/* ---- what is queued ----------------------------------------------------- */

static int
by_item(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

static void
on_queued(void *context, const struct entry *e)
{
    struct choosing *c = context;
    const struct choice key = {.at = record_u64(e->record, "item")};

    if (!bsearch(&key, c->list, c->count, sizeof key, by_item))
        return;
    c->met++;
    if (wanted_is(c->wanted, e))
        c->take(c->context, e);
}

/* The daemon lists all that is queued. What left the queue since the index
 * looked is not met. */
static bool
queue_fetch(struct choosing *c)
{
    struct wanted all = {.state = "queued", .left = UINT64_MAX};

    if (!c->count)
        return true;
    qsort(c->list, c->count, sizeof *c->list, by_item);
    bool good = wanted_each(c->d, &all, on_queued, c);
    if (good && c->met < c->count)
        (void)complain("%llu messages left the queue meanwhile: try again",
                       (unsigned long long)(c->count - c->met));
    return good && c->met == c->count;
}

bool
chosen_each(const struct asked *asked, struct wanted *w,
            void (*take)(void *context, const struct entry *e), void *context)
{
    struct choosing c = {.wanted = w, .take = take, .context = context};

    arena_init(&c.arena, ENTRY_BUDGET);
    bool good = find_all(&c, asked);
    c.d = good ? link_open(asked->run) : NULL;
    good = c.d && fetch_all(&c) && queue_fetch(&c);
    daemon_close(c.d);
    mem_free(c.list);
    buf_clear(&c.ids);
    arena_clear(&c.arena);
    return good;
}
