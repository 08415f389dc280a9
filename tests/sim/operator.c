/*
 * operator - the person who pauses a peer and lets it go on.
 */
#include "core/wire/control.h"
#include "sim/sim.h"

/* Above what the client counts with. */
#define OPERATOR_ID ((uint64_t)1 << 40)

bool
operator_asked(const struct effect *answer)
{
    return answer->id >= OPERATOR_ID;
}

void
operator_says(struct world *w, struct node *n, const char *verb, unsigned peer)
{
    struct buf frame = {0};
    const struct team_name *team = &w->nodes[n->peers[peer]].team->name;
    struct control_value value = {"team", CONTROL_TEXT, slice_str(team->text),
                                  0};
    struct control_request r = {
        .id = OPERATOR_ID + peer, .verb = verb, .values = {&value, 1}};

    control_request_put(&frame, &r);
    node_push(
        w, n,
        &(struct event){.type = EVENT_REQUEST,
                        .id = r.id,
                        .a = ROLE_OPERATE,
                        .b = 1000,
                        .data = slice_of(frame.data + 4, frame.size - 4)});
    buf_clear(&frame);
}

/* Whatever was paused goes on. */
void
operator_resumes_all(struct world *w, struct node *n)
{
    for (unsigned p = 0; p < n->peer_count && w->faulty[FAULT_PAUSED]; p++)
        operator_says(w, n, "peer-resume", p);
}
