/*
 * operator - the person who pauses a peer and lets it go on.
 */
#include "core/wire/control.h"
#include "sim/sim.h"

static struct control_value
team_value(const struct world *w, const struct node *n, const char *key,
           unsigned peer)
{
    const struct team *t = w->nodes[n->peers[peer]].team;

    return (struct control_value){key, CONTROL_TEXT, slice_str(t->name.text),
                                  0};
}

void
operator_says(struct world *w, struct node *n, const char *verb, unsigned peer)
{
    struct control_value value = team_value(w, n, "team", peer);

    node_asks(w, n, ROLE_OPERATE,
              &(struct control_request){.id = OPERATOR_ID + peer,
                                        .verb = verb,
                                        .values = {&value, 1}});
}

/* ---- expunges ------------------------------------------------------------ */

static void
expunge_submission(struct world *w, struct node *n, unsigned peer)
{
    uint64_t count = core_part_size(n->exchange, n->client.number, peer);
    struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, (int64_t)n->client.number},
        {"count", CONTROL_NUMBER, {0}, (int64_t)count},
        team_value(w, n, "to", peer),
    };

    node_asks(
        w, n, ROLE_OPERATE,
        &(struct control_request){.id = OPERATOR_ID,
                                  .verb = "expunge",
                                  .values = {values, ARRAY_SIZE(values)}});
}

/* One of their lanes is asked for as well: that is refused. */
static void
expunge_entry(struct world *w, struct node *n)
{
    uint64_t lane = dice_below(&w->mishap, n->kept.lane_count);
    uint64_t size = n->kept.lanes[lane].size;
    uint64_t index = dice_below(&w->mishap, size + 1);
    struct control_value values[] = {
        {"lane", CONTROL_NUMBER, {0}, (int64_t)lane},
        {"index", CONTROL_NUMBER, {0}, (int64_t)index},
    };

    node_asks(
        w, n, ROLE_OPERATE,
        &(struct control_request){.id = OPERATOR_ID,
                                  .verb = "expunge",
                                  .values = {values, ARRAY_SIZE(values)}});
}

/* Take away a message, or all of the submission that go to one peer. */
void
operator_expunges(struct world *w, struct node *n, bool submission)
{
    unsigned peer = (unsigned)dice_below(&w->mishap, n->peer_count);

    if (!n->up)
        return;
    if (submission)
        expunge_submission(w, n, peer);
    else
        expunge_entry(w, n);
}

/* ---- pauses -------------------------------------------------------------- */

/* Whatever was paused goes on. */
void
operator_resumes_all(struct world *w, struct node *n)
{
    for (unsigned p = 0; p < n->peer_count && w->faulty[FAULT_PAUSED]; p++)
        operator_says(w, n, "peer-resume", p);
}
