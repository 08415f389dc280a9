#include "cli/search.h"

#include "cli/files.h"
#include "cli/link.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/formats/ascii.h"
#include "core/formats/stamp.h"
#include "core/model/marking.h"

#include <time.h>

#define FILE_BYTES_MAX MIB(64)

/* Values of one request: together with the filters below what a request may
 * have. */
#define VALUES_AT_ONCE 128u

struct asked {
    struct buf file;
    struct slice *values;
    size_t count, capacity;
};

/* ---- what is asked for -------------------------------------------------- */

static void
value_add(struct asked *a, struct slice value)
{
    while (value.size && ascii_is_space(value.data[value.size - 1]))
        value.size--;
    while (value.size && ascii_is_space(value.data[0]))
        value = slice_from(value, 1);
    if (!value.size)
        return;
    if (a->count == a->capacity) {
        a->capacity = a->capacity ? 2 * a->capacity : 64;
        a->values = mem_resize(a->values, a->capacity, sizeof *a->values);
    }
    a->values[a->count++] = value;
}

/* A value a line; what begins with # is a comment. A text with a zero cannot
 * be sent and is none. */
static bool
file_add(struct asked *a, const char *path)
{
    if (!file_read(path, FILE_BYTES_MAX, &a->file))
        return false;
    struct slice rest = buf_slice(&a->file);
    if (slice_find(rest, 0) < rest.size) {
        (void)complain("%s is not a list of values", path);
        return false;
    }
    while (rest.size) {
        size_t end = slice_find(rest, '\n');
        if (rest.data[0] != '#')
            value_add(a, slice_of(rest.data, end));
        rest = slice_from(rest, end < rest.size ? end + 1 : end);
    }
    return true;
}

static bool
values_read(const struct run *run, struct asked *a)
{
    const char *path = option_text(&run->options, "file");

    for (size_t i = 0; i < run->options.word_count; i++)
        value_add(a, slice_str(run->options.words[i]));
    return !path || file_add(a, path);
}

static uint64_t
now_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A day is its first moment; a span counts back from now. */
static bool
time_read(const struct run *run, const char *name, int64_t *out)
{
    const char *text = option_text(&run->options, name);
    char whole[64];
    struct stamp stamp;
    uint64_t span;

    *out = -1;
    if (!text)
        return true;
    if (span_parse(slice_str(text), &span)) {
        uint64_t now = now_ms();
        *out = (int64_t)(now > span ? now - span : 0);
        return true;
    }
    (void)snprintf(whole, sizeof whole, "%s%s", text,
                   strlen(text) == 10 ? "T00:00:00Z" : "");
    if (stamp_parse(slice_str(whole), &stamp)) {
        *out = (int64_t)stamp_wall(&stamp).ms;
        return true;
    }
    (void)complain("--%s %s: a day (2026-11-23), a point in time "
                   "(2026-11-23T17:04:00Z) or a span (8h)",
                   name, text);
    return false;
}

struct filters {
    int64_t since_ms, until_ms;
    const char *tlp;
    uint64_t limit;
};

static bool
filters_read(const struct run *run, struct filters *f)
{
    const char *tlp = option_text(&run->options, "tlp");
    enum tlp parsed;

    *f = (struct filters){0};
    if (tlp && !tlp_parse(slice_str(tlp), &parsed)) {
        (void)complain("--tlp %s: clear, green, amber, amber+strict or red",
                       tlp);
        return false;
    }
    f->tlp = tlp ? tlp_name(parsed) : NULL;
    return time_read(run, "since", &f->since_ms) &&
           time_read(run, "until", &f->until_ms) &&
           option_number(&run->options, "limit", UINT64_MAX / 2, UINT64_MAX / 2,
                         &f->limit);
}

/* ---- asking ------------------------------------------------------------- */

static void
ask_filters(struct ask *ask, const struct run *run, const struct filters *f)
{
    static const char *const names[] = {"text", "type",    "label",
                                        "role", "case",    "producer",
                                        "peer", "exercise"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        ask_text(ask, names[i], option_text(&run->options, names[i]));
    ask_text(ask, "tlp", f->tlp);
    if (f->since_ms >= 0)
        control_add_number(&ask->b, "since-ms", f->since_ms);
    if (f->until_ms >= 0)
        control_add_number(&ask->b, "until-ms", f->until_ms);
    control_add_truth(&ask->b, "parents", option_is(&run->options, "parents"));
    control_add_truth(&ask->b, "review", option_is(&run->options, "review"));
}

/* Where the search goes on: at a value, and in it below a message. */
struct place {
    size_t value;
    int64_t before;
    bool more;
};

static void
records_take(struct search_out *o, const struct control_answer *a,
             struct place *at, uint64_t limit)
{
    size_t begin = at->value;

    at->more = false;
    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (control_find(r, "searched")) {
            search_out_about(o, r);
        } else if (control_find(r, "next-value")) {
            at->value = begin + (size_t)record_u64(r, "next-value");
            at->before = control_number(r, "next", 0);
            at->more = true;
        } else if (o->shown < limit) {
            search_out_match(o, r);
        }
    }
}

/* Ask for the values from a place on; of one that was cut, for it alone. */
static bool
page_ask(struct daemon *d, const struct asked *values, struct search_out *o,
         const struct filters *f, struct place *at)
{
    struct control_answer a;
    struct ask ask;
    size_t most = at->before ? 1 : VALUES_AT_ONCE;
    size_t n = values->count - at->value;
    struct place next = *at;

    n = n < most ? n : most;
    ask_begin(&ask, "search");
    ask_filters(&ask, o->run, f);
    if (at->before)
        control_add_number(&ask.b, "before", at->before);
    if (f->limit - o->shown < 1024)
        control_add_number(&ask.b, "limit", (int64_t)(f->limit - o->shown));
    for (size_t i = 0; i < n; i++)
        control_add_text(&ask.b, "value", values->values[at->value + i]);
    bool good = link_call(d, &ask, &a);
    if (good)
        records_take(o, &a, &next, f->limit);
    if (good && !next.more)
        next = (struct place){at->value + n, 0, at->value + n < values->count};
    ask_clear(&ask);
    *at = next;
    return good;
}

static int
search(struct run *run, const struct asked *values, const struct filters *f)
{
    struct daemon *d = link_open_index(run);
    struct search_out o;
    struct place at = {.more = true};
    bool good = d != NULL;

    if (!d)
        return FAILED;
    search_out_begin(&o, run);
    o.asked = values->count;
    while (good && at.more && o.shown < f->limit)
        good = page_ask(d, values, &o, f, &at);
    uint64_t shown = o.shown;
    if (good)
        search_out_end(&o);
    daemon_close(d);
    if (!good)
        return FAILED;
    return shown ? DONE : NO_MATCH;
}

int
command_search(struct run *run)
{
    struct asked values = {0};
    struct filters f;
    int code = FAILED;

    if (!run->options.given_count && !run->options.word_count)
        return command_usage(run);
    if (run->json && option_is(&run->options, "csv"))
        return complain("--json or --csv, not both");
    if (values_read(run, &values) && filters_read(run, &f))
        code = search(run, &values, &f);
    mem_free(values.values);
    buf_clear(&values.file);
    return code;
}
