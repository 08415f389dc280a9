#include "core/formats/formats.h"

#include "core/base/mem.h"
#include "core/formats/csv.h"
#include "core/formats/list.h"
#include "core/formats/stix.h"
#include "core/formats/text.h"

#include <assert.h>

/* ---- the readers, all of one shape -------------------------------------- */

struct reading {
    void *(*begin)(const struct format_sink *sink,
                   const struct format_wish *wish);
    enum err (*feed)(void *state, struct slice bytes);
    enum err (*finish)(void *state);
    void (*end)(void *state);
    void (*learn)(void *state); /* NULL: it hands over at its only pass */
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

#define LEARNER(name)                                                          \
    static void name##_learn(void *state)                                      \
    {                                                                          \
        name##_reader_learn(state);                                            \
    }                                                                          \
    static void name##_deliver(void *state)                                    \
    {                                                                          \
        name##_reader_deliver(state);                                          \
    }

READER(stix)
LEARNER(stix)
READER(csv)
READER(list)
READER(text)

static void *
stix_begin(const struct format_sink *sink, const struct format_wish *wish)
{
    (void)wish;
    return stix_reader_new(sink);
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

/* ---- the table ---------------------------------------------------------- */

static const struct {
    const char *name;
    struct reading reading; /* without `begin`: it is not read */
} formats[FORMAT_COUNT] = {
    [FORMAT_UNKNOWN] = {.name = "unknown"},
    [FORMAT_STIX] = {"stix",
                     {stix_begin, stix_feed, stix_finish, stix_end, stix_learn,
                      stix_deliver}},
    [FORMAT_MISP] = {.name = "misp"},
    [FORMAT_CSV] = {"csv",
                    {csv_begin, csv_feed, csv_finish, csv_end, NULL, NULL}},
    [FORMAT_LIST] = {"list",
                     {list_begin, list_feed, list_finish, list_end, NULL,
                      NULL}},
    [FORMAT_TEXT] = {"text",
                     {text_begin, text_feed, text_finish, text_end, NULL,
                      NULL}},
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

/* ---- a reader ----------------------------------------------------------- */

struct format_reader {
    const struct reading *reading;
    void *state;
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
    if (!r->reading->learn)
        return false;
    r->reading->learn(r->state);
    return true;
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
