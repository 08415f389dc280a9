#include "edge/control/queries.h"

static void
add_str(struct query *q, const char *key, const char *text)
{
    control_add_text(&q->answer, key, slice_str(text));
}

static void
add_u64(struct query *q, const char *key, uint64_t number)
{
    control_add_number(&q->answer, key,
                       number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

/* Who did something to it, when, in whose words. */
static void
add_ends(struct query *q, const struct view_alarm *a)
{
    if (a->taken) {
        add_str(q, "taken-with", a->taken_with);
        add_u64(q, "taken-ms", a->taken_time.ms);
        add_u64(q, "taken-uid", a->taken_uid);
    }
    if (a->end == ALARM_OPEN)
        return;
    add_u64(q, "ended-ms", a->end_time.ms);
    if (a->end == ALARM_BY_PERSON) {
        add_str(q, "ended-with", a->end_with);
        add_u64(q, "ended-uid", a->end_uid);
    }
}

void
query_add_alarm(struct query *q, const struct view_alarm *a)
{
    static const char *const ends[] = {
        [ALARM_OPEN] = "open",
        [ALARM_BY_CAUSE] = "gone",
        [ALARM_BY_PERSON] = "closed",
    };

    add_str(q, "kind", "alarm");
    add_u64(q, "number", a->number);
    add_str(q, "alarm", a->words->name);
    control_add_truth(&q->answer, "critical",
                      a->words->severity == ALARM_CRITICAL);
    add_str(q, "about", a->about);
    add_str(q, "state", ends[a->end]);
    add_u64(q, "time-ms", a->time.ms);
    add_u64(q, "count", a->count);
    add_str(q, "text", a->text);
    add_str(q, "means", a->words->means);
    add_str(q, "done", a->words->done);
    add_str(q, "do", a->words->todo);
    add_u64(q, "waiting", a->waiting);
    add_ends(q, a);
}

void
query_add_open_alarms(struct query *q)
{
    struct view_alarm a;
    size_t left = PAGE_RECORDS_MAX;

    for (size_t i = 0; view_alarm(q->exchange, i, &a) == OK && left; i++) {
        if (a.end != ALARM_OPEN)
            continue;
        query_add_alarm(q, &a);
        control_end_record(&q->answer);
        left--;
    }
}

static enum err
one_alarm(struct query *q, uint64_t number)
{
    struct view_alarm a;

    if (view_alarm_numbered(q->exchange, number, &a) != OK) {
        q->text = slice_str("there is no such alarm; sealane alarm list --all "
                            "shows those that are kept");
        return ERR_NOT_FOUND;
    }
    query_add_alarm(q, &a);
    control_end_record(&q->answer);
    return OK;
}

enum err
query_alarms(struct query *q)
{
    int64_t number = control_number(q->values, "number", 0);
    struct view_node node;
    struct view_alarm a;

    if (number > 0)
        return one_alarm(q, (uint64_t)number);
    if (!control_truth(q->values, "all")) {
        query_add_open_alarms(q);
        return OK;
    }
    /* The newest matter; a page of them is enough. */
    view_node(q->exchange, &node);
    for (size_t i = node.alarm_count > PAGE_RECORDS_MAX
                        ? node.alarm_count - PAGE_RECORDS_MAX
                        : 0;
         view_alarm(q->exchange, i, &a) == OK; i++) {
        query_add_alarm(q, &a);
        control_end_record(&q->answer);
    }
    return OK;
}
