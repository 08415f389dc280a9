#include "cli/targets.h"

#include "core/base/mem.h"
#include "core/wire/message.h"

#include <stdlib.h>

void
targets_clear(struct targets *t)
{
    mem_free(t->list);
    buf_clear(&t->teams);
    buf_clear(&t->bytes);
    *t = (struct targets){0};
}

const char *
targets_team(const struct targets *t, uint32_t team)
{
    const char *name = (const char *)t->teams.data;

    for (; team > 0; team--)
        name += strlen(name) + 1;
    return name;
}

static uint32_t
team_number(struct targets *t, struct slice name)
{
    uint32_t number = 0;

    for (size_t at = 0; at < t->teams.size; number++) {
        const char *known = (const char *)t->teams.data + at;
        if (slice_is(name, known))
            return number;
        at += strlen(known) + 1;
    }
    buf_put(&t->teams, name);
    buf_put_u8(&t->teams, 0);
    return number;
}

/* ---- the withdrawal ----------------------------------------------------- */

static size_t
recipients_take(const struct control_record *r, struct slice *list)
{
    size_t count = 0;

    for (size_t i = 0; i < r->count && count < RECIPIENTS_MAX; i++)
        if (strcmp(r->values[i].key, "recipient") == 0)
            list[count++] = r->values[i].text;
    return count;
}

/* It goes where the entry went, so it is marked as that is. */
static void
withdrawal_put(struct targets *t, const struct control_record *r,
               const struct target *target, const char *reason)
{
    struct message m = {
        .kind = MESSAGE_WITHDRAWAL, .has_head = true, .has_withdrawal = true};
    struct withdrawal *w = &m.withdrawal;
    struct marking *marking = &m.head.marking;
    struct slice recipients[RECIPIENTS_MAX];

    if (!tlp_parse(control_text(r, "tlp"), &marking->tlp))
        marking->tlp = TLP_RED;
    if (!pap_parse(control_text(r, "pap"), &marking->pap))
        marking->pap = PAP_NONE;
    marking->relay_permitted = control_truth(r, "relay");
    marking->exercise = control_text(r, "exercise");
    marking->recipients = recipients;
    marking->recipient_count = recipients_take(r, recipients);
    w->has_entry = true;
    w->entry.lane = target->lane_id;
    w->entry.first = target->index;
    w->entry.count = 1;
    w->object_id = control_text(r, "object");
    w->reason = slice_str(reason);
    message_put(&t->bytes, &m);
}

static struct target *
target_next(struct targets *t)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 64;
        t->list = mem_resize(t->list, t->capacity, sizeof *t->list);
    }
    return &t->list[t->count++];
}

void
targets_add(struct targets *t, const struct control_record *r,
            const char *reason)
{
    struct slice state = control_text(r, "state");
    struct slice id = control_bytes(r, "lane-id");
    struct target new = {.lane = (uint32_t)control_number(r, "lane", 0),
                         .index = (uint64_t)control_number(r, "index", 0),
                         .at = t->bytes.size};

    if (slice_is(state, "theirs"))
        t->theirs++;
    else if (slice_is(state, "withdrawn"))
        t->withdrawn++;
    else if (slice_is(state, "declined") ||
             slice_is(control_text(r, "kind"), "withdrawal"))
        t->others++;
    else if (id.size != sizeof new.lane_id.b)
        t->waiting++;
    else {
        memcpy(new.lane_id.b, id.data, sizeof new.lane_id.b);
        new.team = team_number(t, control_text(r, "team"));
        withdrawal_put(t, r, &new, reason);
        new.size = t->bytes.size - new.at;
        *target_next(t) = new;
    }
}

static int
compare(const void *a, const void *b)
{
    const struct target *x = a, *y = b;

    if (x->team != y->team)
        return x->team < y->team ? -1 : 1;
    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void
targets_sort(struct targets *t)
{
    size_t to = 0;

    if (t->count)
        qsort(t->list, t->count, sizeof *t->list, compare);
    for (size_t i = 0; i < t->count; i++)
        if (!to || compare(&t->list[to - 1], &t->list[i]) != 0)
            t->list[to++] = t->list[i];
    t->count = to;
}
