#include "edge/daemon/retiring.h"

#include "core/exchange/view.h"
#include "edge/daemon/log.h"
#include "edge/journal/retire.h"

static uint64_t
entries(void *self, uint32_t lane)
{
    return view_entries_free(self, lane);
}

static uint64_t
items(void *self, uint32_t peer)
{
    return view_items_free(self, peer);
}

/* The turn that has just ended had the fact. */
static void
finish(struct retiring *r, struct journal *journal)
{
    struct retired done;

    if (journal_retired(journal, r->number, &done))
        log_say(NOTICE_INFO,
                "journal segment %u is retired: %llu bytes are now %llu",
                (unsigned)r->number, (unsigned long long)done.before,
                (unsigned long long)done.after);
    r->number = 0;
}

static void
look(struct retiring *r, struct turn *turn, struct journal *journal,
     uint64_t run_ms)
{
    const struct exchange *x = turn_exchange(turn);
    const struct retire how = {
        .entries = entries,
        .items = items,
        .self = (void *)(uintptr_t)x,
        .now_ms = run_ms,
        .pause_ms = r->pause_ms,
    };

    r->number = journal_retire(journal, &how);
    if (!r->number) {
        r->seen_ms = run_ms;
        return;
    }
    if (turn_push(turn,
                  &(struct event){.type = EVENT_RETIRED, .id = r->number}))
        return;
    journal_retire_undo(journal, r->number);
    r->number = 0;
}

void
retiring_after_turn(struct retiring *r, struct turn *turn,
                    struct journal *journal)
{
    struct view_node node;

    if (r->number)
        finish(r, journal);
    view_node(turn_exchange(turn), &node);
    if (node.run_ms != r->seen_ms)
        look(r, turn, journal, node.run_ms);
}
