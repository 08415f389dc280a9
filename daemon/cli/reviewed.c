#include "cli/reviewed.h"

#include "cli/link.h"
#include "cli/sanity.h"
#include "core/crypto/crypto.h"

#include <poll.h>

/* The index lags by a second at most, but after a start. */
#define TRIES 100
#define TRY_MS 100

/* ---- reasons ------------------------------------------------------------ */

static enum warning_kind
kind_of(struct slice name)
{
    if (slice_is(name, "range"))
        return WARNING_RANGE;
    return slice_is(name, "never-block") ? WARNING_NEVER : WARNING_LIST;
}

static void
put_list(struct buf *out, const struct control_record *r)
{
    struct slice name = control_text(r, "review-list");
    enum observable type = OBSERVABLE_NONE;
    char list[WARNING_NAME_MAX + 1];
    size_t n = name.size < WARNING_NAME_MAX ? name.size : WARNING_NAME_MAX;

    memcpy(list, name.data, n);
    list[n] = '\0';
    if (!observable_parse(control_text(r, "review-type"), &type))
        type = OBSERVABLE_NONE;
    const struct observed value = {type, control_text(r, "review-value")};
    const struct warning w = {kind_of(control_text(r, "review-kind")), list};
    sanity_put(out, &w, &value);
}

void
reviewed_put(struct buf *out, const struct control_record *match)
{
    struct slice field = control_text(match, "review-field");

    if (slice_is(field, "content")) {
        buf_put_str(out, "its content is not what its type says");
    } else if (field.size) {
        buf_put_str(out, "its content says another ");
        text_put_clean(out, field);
    }
    if (!control_text(match, "review-list").size)
        return;
    buf_put_str(out, field.size ? "; " : "");
    put_list(out, match);
}

/* ---- all of them -------------------------------------------------------- */

void
reviewed_clear(struct reviewed *r)
{
    table_clear(&r->ids);
    table_clear(&r->withdrawn);
}

static struct hash
key_of(struct slice id)
{
    struct hash key;

    crypto_hash(&key, &id, 1);
    return key;
}

bool
reviewed_has(const struct reviewed *r, struct slice id)
{
    struct hash key = key_of(id);

    return table_find(&r->ids, &key) != NULL;
}

bool
reviewed_is_withdrawn(const struct reviewed *r, struct slice id)
{
    struct hash key = key_of(id);

    return table_find(&r->withdrawn, &key) != NULL;
}

/* Tell whether all that is on disk was read, and held against the lists. */
static bool
is_current(const struct control_answer *a, uint64_t turn)
{
    const struct control_record *r = a->records;

    return a->record_count && record_u64(r, "turn") >= turn &&
           record_u64(r, "judging") == 0;
}

/* Ask for the turns that the daemon has on disk. */
static bool
turn_fetch(const struct run *run, uint64_t *turn)
{
    struct daemon *d = link_open(run);
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "status");
    bool good = d && link_call(d, &ask, &a) && a.record_count;
    if (good)
        *turn = record_u64(&a.records[0], "turn");
    ask_clear(&ask);
    daemon_close(d);
    return good;
}

static bool
wait_until_current(struct daemon *d, uint64_t turn)
{
    struct control_answer a;
    bool good = true, current = false;

    for (int i = 0; good && !current && i < TRIES; i++) {
        struct ask ask;
        if (i)
            (void)poll(NULL, 0, TRY_MS);
        ask_begin(&ask, "status");
        good = link_call(d, &ask, &a);
        current = good && is_current(&a, turn);
        ask_clear(&ask);
    }
    if (good && !current)
        (void)complain("the index has not yet read all messages, so that what "
                       "waits for review or is withdrawn cannot be told: try "
                       "again");
    return current;
}

/* Take a page; gives where the next one goes on, 0 behind the last. */
static int64_t
page_take(struct reviewed *r, const struct control_answer *a)
{
    int64_t next = 0;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *at = &a->records[i];
        struct slice id = control_text(at, "id");
        struct hash key = key_of(id);
        if (id.size && slice_is(control_text(at, "state"), "review"))
            table_put(&r->ids, &key, 1);
        if (id.size && control_find(at, "withdrawn-by"))
            table_put(&r->withdrawn, &key, 1);
        if (!id.size && control_find(at, "next"))
            next = control_number(at, "next", 0);
    }
    return next;
}

static bool
fetch_pages(struct daemon *d, const char *state, struct reviewed *r)
{
    struct control_answer a;
    int64_t before = 0;
    bool good;

    do {
        struct ask ask;
        ask_begin(&ask, "search");
        /* Of what waits for review the index keeps a list. */
        if (strcmp(state, "review") == 0)
            control_add_truth(&ask.b, "review", true);
        ask_text(&ask, "state", state);
        control_add_truth(&ask.b, "exercises", true);
        if (before)
            control_add_number(&ask.b, "before", before);
        good = link_call(d, &ask, &a);
        before = good ? page_take(r, &a) : 0;
        ask_clear(&ask);
    } while (before);
    return good;
}

/* Connect to an index that has read what the daemon had when it was asked; NULL
 * after saying why not. */
static struct daemon *
current_open(const struct run *run)
{
    struct daemon *d = NULL;
    uint64_t turn = 0;

    if (!turn_fetch(run, &turn))
        return NULL;
    d = link_open_index(run);
    if (!d || wait_until_current(d, turn))
        return d;
    daemon_close(d);
    return NULL;
}

bool
reviewed_wait(const struct run *run)
{
    struct daemon *d = current_open(run);
    bool good = d != NULL;

    daemon_close(d);
    return good;
}

bool
reviewed_fetch(const struct run *run, struct reviewed *out)
{
    table_init(&out->ids, sizeof(struct hash));
    table_init(&out->withdrawn, sizeof(struct hash));
    struct daemon *d = current_open(run);
    bool good =
        d && fetch_pages(d, "review", out) && fetch_pages(d, "withdrawn", out);
    daemon_close(d);
    return good;
}

/* ---- one of them -------------------------------------------------------- */

static bool
is_of(const struct control_record *match, const struct entry *e)
{
    return slice_equal(control_text(match, "id"),
                       control_text(e->record, "id"));
}

/* What an index would find it by. */
static struct slice
way_to(const struct message *m)
{
    return m->head.value.size ? m->head.value : m->head.object_id;
}

void
reviewed_find(const struct run *run, const struct entry *e, struct buf *out)
{
    struct daemon *d = NULL;
    struct control_answer a;
    struct ask ask;

    if (!e->has_message || !way_to(&e->message).size ||
        !slice_is(control_text(e->record, "direction"), "from"))
        return;
    d = link_open_index_again(run);
    if (!d)
        return;
    ask_begin(&ask, "search");
    control_add_truth(&ask.b, "review", true);
    control_add_text(&ask.b, "value", way_to(&e->message));
    control_add_truth(&ask.b, "exercises", true);
    if (link_ask(d, &ask, &a) && a.code == OK)
        for (size_t i = 0; i < a.record_count && !out->size; i++)
            if (is_of(&a.records[i], e))
                reviewed_put(out, &a.records[i]);
    ask_clear(&ask);
    daemon_close(d);
}
