#include "core/formats/formats.h"

#include "core/base/mem.h"
#include "core/formats/csv.h"
#include "core/formats/csv_write.h"
#include "core/formats/list.h"
#include "core/formats/list_write.h"
#include "core/formats/misp.h"
#include "core/formats/misp_write.h"
#include "core/formats/stix.h"
#include "core/formats/stix_write.h"
#include "core/formats/text.h"

#include <assert.h>

/* ---- the readers, all of one shape -------------------------------------- */

struct reading {
    void *(*begin)(const struct format_sink *sink,
                   const struct format_wish *wish);
    enum err (*feed)(void *state, struct slice bytes);
    enum err (*finish)(void *state);
    void (*end)(void *state);
    /* Begin a pass, from 0, to learn; false: no more is needed. NULL: it hands
     * over at its only pass. */
    bool (*learn)(void *state, size_t pass);
    void (*deliver)(void *state);
};

/* What is the same for all, under the names that each one has. */
#define READER(name)                                                           \
    static enum err name##_feed(void *state, struct slice bytes)               \
    {                                                                          \
        return name##_reader_feed(state, bytes);                               \
    }                                                                          \
    static enum err name##_finish(void *state)                                 \
    {                                                                          \
        return name##_reader_finish(state);                                    \
    }                                                                          \
    static void name##_end(void *state)                                        \
    {                                                                          \
        name##_reader_free(state);                                             \
    }

/* What learns in one pass. */
#define LEARNER(name)                                                          \
    static bool name##_learn(void *state, size_t pass)                         \
    {                                                                          \
        if (pass == 0)                                                         \
            name##_reader_learn(state);                                        \
        return pass == 0;                                                      \
    }                                                                          \
    DELIVERER(name)

#define DELIVERER(name)                                                        \
    static void name##_deliver(void *state)                                    \
    {                                                                          \
        name##_reader_deliver(state);                                          \
    }

READER(stix)
DELIVERER(stix)
READER(misp)
LEARNER(misp)
READER(csv)
READER(list)
READER(text)

static void *
stix_begin(const struct format_sink *sink, const struct format_wish *wish)
{
    (void)wish;
    return stix_reader_new(sink);
}

static bool
stix_learn(void *state, size_t pass)
{
    if (pass == 0)
        stix_reader_glance(state);
    else if (pass == 1 && stix_reader_must_learn(state))
        stix_reader_learn(state);
    else
        return false;
    return true;
}

static void *
misp_begin(const struct format_sink *sink, const struct format_wish *wish)
{
    (void)wish;
    return misp_reader_new(sink);
}

static void *
csv_begin(const struct format_sink *sink, const struct format_wish *wish)
{
    return csv_reader_new(sink, wish->as, wish->map);
}

static void *
list_begin(const struct format_sink *sink, const struct format_wish *wish)
{
    return list_reader_new(sink, wish->as);
}

static void *
text_begin(const struct format_sink *sink, const struct format_wish *wish)
{
    return text_reader_new(sink, wish->as);
}

/* ---- the writers, all of one shape -------------------------------------- */

struct writing {
    void *(*begin)(const struct format_task *task,
                   const struct format_out *out);
    void (*put)(void *state, const struct format_item *item);
    void (*finish)(void *state);
    void (*end)(void *state);
};

#define WRITER(name)                                                           \
    static void *name##_write(const struct format_task *task,                  \
                              const struct format_out *out)                    \
    {                                                                          \
        return name##_writer_new(task, out);                                   \
    }                                                                          \
    static void name##_put(void *state, const struct format_item *item)        \
    {                                                                          \
        name##_writer_put(state, item);                                        \
    }                                                                          \
    static void name##_written(void *state)                                    \
    {                                                                          \
        name##_writer_finish(state);                                           \
    }                                                                          \
    static void name##_write_end(void *state)                                  \
    {                                                                          \
        name##_writer_free(state);                                             \
    }

WRITER(stix)
WRITER(misp)
WRITER(csv)
WRITER(list)

/* ---- the table ---------------------------------------------------------- */

static const struct {
    const char *name;
    struct reading reading; /* without `begin`: it is not read */
    struct writing writing; /* without `begin`: it is not written */
} formats[FORMAT_COUNT] = {
    [FORMAT_UNKNOWN] = {.name = "unknown"},
    [FORMAT_STIX] = {"stix",
                     {stix_begin, stix_feed, stix_finish, stix_end, stix_learn,
                      stix_deliver},
                     {stix_write, stix_put, stix_written, stix_write_end}},
    [FORMAT_MISP] = {.name = "misp",
                     .reading = {misp_begin, misp_feed, misp_finish, misp_end,
                                 misp_learn, misp_deliver},
                     .writing = {misp_write, misp_put, misp_written,
                                 misp_write_end}},
    [FORMAT_CSV] = {"csv",
                    {csv_begin, csv_feed, csv_finish, csv_end, NULL, NULL},
                    {csv_write, csv_put, csv_written, csv_write_end}},
    [FORMAT_LIST] = {"list",
                     {list_begin, list_feed, list_finish, list_end, NULL, NULL},
                     {list_write, list_put, list_written, list_write_end}},
    [FORMAT_TEXT] = {.name = "text",
                     .reading = {text_begin, text_feed, text_finish, text_end,
                                 NULL, NULL}},
};

const char *
format_name(enum format format)
{
    assert(format < FORMAT_COUNT);
    return formats[format].name;
}

bool
format_parse(struct slice name, enum format *out)
{
    for (size_t i = FORMAT_UNKNOWN + 1; i < FORMAT_COUNT; i++)
        if (slice_is(name, formats[i].name)) {
            *out = (enum format)i;
            return true;
        }
    return false;
}

bool
format_is_read(enum format format)
{
    assert(format < FORMAT_COUNT);
    return formats[format].reading.begin != NULL;
}

bool
format_is_written(enum format format)
{
    assert(format < FORMAT_COUNT);
    return formats[format].writing.begin != NULL;
}

/* ---- a reader ----------------------------------------------------------- */

struct format_reader {
    const struct reading *reading;
    void *state;
    size_t passes; /* to learn, that began */
};

struct format_reader *
format_reader_new(enum format format, const struct format_sink *sink,
                  const struct format_wish *wish)
{
    struct format_reader *r = mem_new(sizeof *r);

    assert(format_is_read(format));
    r->reading = &formats[format].reading;
    r->state = r->reading->begin(sink, wish);
    return r;
}

void
format_reader_free(struct format_reader *r)
{
    if (!r)
        return;
    r->reading->end(r->state);
    mem_free(r);
}

bool
format_reader_learn(struct format_reader *r)
{
    return r->reading->learn && r->reading->learn(r->state, r->passes++);
}

void
format_reader_deliver(struct format_reader *r)
{
    if (r->reading->deliver)
        r->reading->deliver(r->state);
}

enum err
format_reader_feed(struct format_reader *r, struct slice bytes)
{
    return r->reading->feed(r->state, bytes);
}

enum err
format_reader_finish(struct format_reader *r)
{
    return r->reading->finish(r->state);
}

/* ---- a writer ----------------------------------------------------------- */

struct format_writer {
    const struct writing *writing;
    void *state;
};

struct format_writer *
format_writer_new(enum format format, const struct format_task *task,
                  const struct format_out *out)
{
    struct format_writer *w = mem_new(sizeof *w);

    assert(format_is_written(format));
    w->writing = &formats[format].writing;
    w->state = w->writing->begin(task, out);
    return w;
}

void
format_writer_free(struct format_writer *w)
{
    if (!w)
        return;
    w->writing->end(w->state);
    mem_free(w);
}

void
format_writer_put(struct format_writer *w, const struct format_item *item)
{
    w->writing->put(w->state, item);
}

void
format_writer_finish(struct format_writer *w)
{
    w->writing->finish(w->state);
}
