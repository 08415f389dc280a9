#include "cli/asked.h"

#include "cli/files.h"
#include "cli/states.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/stamp.h"
#include "core/formats/value.h"
#include "core/model/marking.h"
#include "edge/control/ids.h"

#include <assert.h>
#include <time.h>

#define FILE_BYTES_MAX MIB(64)

/* Values of one request: together with the filters below what a request may
 * have. */
#define VALUES_AT_ONCE 128u

/* Bytes of these: far below what the index takes at once (1 MiB), so that the
 * filters have room beside them. */
#define VALUES_BYTES_AT_ONCE KIB(64)
static_assert(VALUES_BYTES_AT_ONCE >= VALUE_BYTES_MAX, "one goes");

/* Matches of one answer at most. */
#define PAGE_MATCHES 1024u

/* Options whose texts the index takes as they are. */
static const char *const texts[] = {"text",     "type", "label",   "role",
                                    "producer", "case", "exercise"};

/* ---- what is asked for -------------------------------------------------- */

#define TOO_LONG "a value of %zu bytes; none has more than %u"

static void
value_add(struct asked *a, struct slice value)
{
    if (a->count == a->capacity) {
        a->capacity = a->capacity ? 2 * a->capacity : 64;
        a->values = mem_resize(a->values, a->capacity, sizeof *a->values);
    }
    a->values[a->count++] = value;
}

/* What is longer than any value may be is no message's, and is said. */
static void
line_add(struct asked *a, const char *path, uint64_t line, struct slice text)
{
    struct slice value = slice_trim(text);

    if (!value.size || text.data[0] == '#')
        return;
    if (value.size <= VALUE_BYTES_MAX) {
        value_add(a, value);
        return;
    }
    (void)complain("%s, line %llu is left out: " TOO_LONG, path,
                   (unsigned long long)line, value.size, VALUE_BYTES_MAX);
    a->refused++;
}

/* A value a line; what begins with # is a comment. A text with a zero cannot
 * be sent and is none. */
static bool
file_add(struct asked *a, const char *path)
{
    if (!file_read(path, FILE_BYTES_MAX, &a->file))
        return false;
    struct slice rest = buf_slice(&a->file);
    if (utf8_has_mark(rest))
        rest = slice_from(rest, UTF8_MARK_BYTES);
    if (slice_find(rest, 0) < rest.size) {
        (void)complain("%s is not a list of values", path);
        return false;
    }
    for (uint64_t line = 1; rest.size; line++) {
        size_t end = slice_find(rest, '\n');
        line_add(a, path, line, slice_first(rest, end));
        rest = slice_from(rest, end < rest.size ? end + 1 : end);
    }
    return true;
}

/* A word is a value, or a submission. */
static bool
word_add(struct asked *a, const char *word)
{
    bool is_second = a->has_submission;

    if (!submission_ref_parse(slice_str(word), &a->submission)) {
        struct slice value = slice_trim(slice_str(word));
        bool good = value.size && value.size <= VALUE_BYTES_MAX;
        if (good)
            value_add(a, value);
        else if (value.size)
            (void)complain(TOO_LONG, value.size, VALUE_BYTES_MAX);
        else
            (void)complain("a value is empty, which would be all messages");
        return good;
    }
    if (is_second)
        (void)complain("%s: one submission, not several", word);
    a->has_submission = true;
    return !is_second;
}

static bool
values_read(const struct run *run, struct asked *a)
{
    const char *path = option_text(&run->options, "file");

    for (size_t i = 0; i < run->options.word_count; i++)
        if (!word_add(a, run->options.words[i]))
            return false;
    if (path && !file_add(a, path))
        return false;
    if (path && !a->count)
        (void)complain("there is no value in %s", path);
    return !path || a->count > 0;
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

static const char *const states[] = {"active",  "expired",    "withdrawn",
                                     "revoked", "superseded", "declined",
                                     "review",  "queued"};

const char *
asked_state_nth(size_t i)
{
    return i < ARRAY_SIZE(states) ? states[i] : NULL;
}

bool
asked_is_state(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (strcmp(states[i], word) == 0)
            return true;
    return false;
}

/* --state is the state directory as well. */
static const char *
state_of(const struct run *run)
{
    const char *found = NULL, *text;

    for (size_t i = 0; (text = option_nth(&run->options, "state", i)); i++)
        if (asked_is_state(text))
            found = text;
    return found;
}

/* An empty text would leave its option out, and more would be found, or
 * exported, than was meant. */
static bool
texts_check(const struct run *run)
{
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const char *text = option_text(&run->options, texts[i]);
        if (text && !*text) {
            (void)complain("--%s is empty", texts[i]);
            return false;
        }
    }
    const char *peer = option_text(&run->options, "peer");
    if (peer && !*peer)
        (void)complain("--peer is empty");
    return !peer || *peer;
}

static bool
times_check(const struct asked *a)
{
    bool good =
        a->since_ms < 0 || a->until_ms < 0 || a->since_ms <= a->until_ms;

    if (!good)
        (void)complain("--since is after --until: nothing lies between them");
    return good;
}

static bool
filters_read(const struct run *run, struct asked *a)
{
    const char *tlp = option_text(&run->options, "tlp");
    enum tlp parsed;

    if (!texts_check(run))
        return false;
    if (tlp && !tlp_parse(slice_str(tlp), &parsed)) {
        (void)complain("--tlp %s: clear, green, amber, amber+strict or red",
                       tlp);
        return false;
    }
    a->tlp = tlp ? tlp_name(parsed) : NULL;
    a->state = state_of(run);
    a->peer = option_text(&run->options, "peer");
    return time_read(run, "since", &a->since_ms) &&
           time_read(run, "until", &a->until_ms) && times_check(a) &&
           option_limit(&run->options, UINT64_MAX / 2, UINT64_MAX / 2,
                        &a->limit);
}

bool
asked_read(const struct run *run, struct asked *out)
{
    *out = (struct asked){.run = run};
    return states_check(run) && values_read(run, out) && filters_read(run, out);
}

void
asked_clear(struct asked *a)
{
    mem_free(a->values);
    buf_clear(&a->file);
}

bool
asked_any(const struct asked *a)
{
    const struct options *o = &a->run->options;
    bool any = a->count > 0 || a->peer || a->state || a->since_ms >= 0 ||
               a->until_ms >= 0 || option_is(o, "file") ||
               option_is(o, "review");

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        any |= option_is(o, texts[i]);
    return any;
}

/* ---- asking ------------------------------------------------------------- */

static void
ask_filters(struct ask *ask, const struct asked *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        ask_text(ask, texts[i], option_text(&a->run->options, texts[i]));
    ask_text(ask, "peer", a->peer);
    ask_text(ask, "direction", a->direction);
    ask_text(ask, "state", a->state);
    if (a->has_submission)
        control_add_number(&ask->b, "submission", (int64_t)a->submission);
    ask_text(ask, "tlp", a->tlp);
    if (a->since_ms >= 0)
        control_add_number(&ask->b, "since-ms", a->since_ms);
    if (a->until_ms >= 0)
        control_add_number(&ask->b, "until-ms", a->until_ms);
    control_add_truth(&ask->b, "parents",
                      option_is(&a->run->options, "parents"));
    control_add_truth(&ask->b, "review", option_is(&a->run->options, "review"));
}

/* A search under way, and where it goes on: at a value, and in it below a
 * message. */
struct asking {
    const struct asked *asked;
    const struct asked_sink *sink;
    size_t value;
    int64_t before;
    bool more;
    uint64_t left; /* of the limit */
};

static void
records_take(struct asking *g, const struct control_answer *a)
{
    const struct asked_sink *to = g->sink;
    size_t begin = g->value;

    g->more = false;
    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (control_find(r, "searched") || control_find(r, "cut")) {
            to->about(to->context, r);
        } else if (control_find(r, "next-value")) {
            g->value = begin + (size_t)record_u64(r, "next-value");
            g->before = control_number(r, "next", 0);
            g->more = true;
        } else if (g->left) {
            to->match(to->context, r);
            g->left--;
        }
    }
}

size_t
asked_fit(const struct slice *values, size_t count)
{
    size_t n = 0, bytes = 0;

    while (n < count && n < VALUES_AT_ONCE &&
           (!n || values[n].size <= VALUES_BYTES_AT_ONCE - bytes))
        bytes += values[n++].size;
    return n;
}

/* Ask for the values from a place on; of one that was cut, for it alone. */
static bool
page_ask(struct daemon *d, struct asking *g)
{
    const struct asked *wanted = g->asked;
    size_t from = g->value, left = wanted->count - from;
    size_t n = asked_fit(wanted->values + from, g->before && left ? 1 : left);
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "search");
    ask_filters(&ask, wanted);
    if (g->before)
        control_add_number(&ask.b, "before", g->before);
    if (g->left < PAGE_MATCHES)
        control_add_number(&ask.b, "limit", (int64_t)g->left);
    for (size_t i = 0; i < n; i++)
        control_add_text(&ask.b, "value", wanted->values[from + i]);
    bool good = link_call(d, &ask, &a);
    if (good)
        records_take(g, &a);
    if (good && !g->more) {
        g->value = from + n;
        g->before = 0;
        g->more = g->value < wanted->count;
    }
    ask_clear(&ask);
    return good;
}

bool
asked_each(struct daemon *d, const struct asked *a,
           const struct asked_sink *sink)
{
    struct asking g = {
        .asked = a, .sink = sink, .more = true, .left = a->limit};
    bool good = true;

    while (good && g.more && g.left)
        good = page_ask(d, &g);
    return good;
}
