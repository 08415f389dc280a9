/*
 * matrix - which frame met a session in which state, after which fault.
 *
 * Holds:      the linker puts session_frame here in front of the true one.
 */
#include "sim/matrix.h"

static struct world *watched;

void
matrix_watch(struct world *w)
{
    watched = w;
}

enum err __real_session_frame(struct session *s, struct slice frame,
                              const struct public_key *peer_key,
                              struct session_step *step);
enum err __wrap_session_frame(struct session *s, struct slice frame,
                              const struct public_key *peer_key,
                              struct session_step *step);

enum err
__wrap_session_frame(struct session *s, struct slice frame,
                     const struct public_key *peer_key,
                     struct session_step *step)
{
    if (watched && frame.size >= FRAME_HEADER_BYTES &&
        frame.data[4] < FRAME_TYPE_COUNT) {
        unsigned fault = watched->nodes[watched->meeting].met;
        watched->counts.met[session_state(s)][frame.data[4]][fault]++;
    }
    return __real_session_frame(s, frame, peer_key, step);
}

/* ---- what can be reached ------------------------------------------------- */

struct cell {
    enum session_state state;
    enum frame_type frame;
};

/* Made from the table in core/session/session.c when the build is made. */
static const struct cell listed[] = {
#include "session_table.inc"
};

static bool
is_in(const struct cell *cells, size_t count, unsigned state, unsigned frame)
{
    for (size_t i = 0; i < count; i++)
        if (cells[i].state == state && cells[i].frame == frame)
            return true;
    return false;
}

/* Who sends PING has sent RESUME before it: only a peer that is no node of
 * ours sends it sooner (tests/unit/core/session). */
static const struct cell never[] = {{SESSION_RESUMING, FRAME_PING}};

/* Frames that answer trouble alone come after some faults, not after each. */
static bool
answers_trouble(unsigned frame)
{
    return frame == FRAME_CLOSE || frame == FRAME_HELD ||
           frame == FRAME_GENESIS || frame == FRAME_GONE ||
           frame == FRAME_ABSENT || frame == FRAME_FETCH;
}

bool
matrix_reachable(const struct counts *c, unsigned state, unsigned frame,
                 unsigned fault)
{
    if (!is_in(listed, ARRAY_SIZE(listed), state, frame) || !c->sent[frame] ||
        is_in(never, ARRAY_SIZE(never), state, frame))
        return false;
    for (unsigned f = 0; f < fault && answers_trouble(frame); f++)
        if (c->met[state][frame][f])
            return false;
    return !answers_trouble(frame) || c->met[state][frame][fault] ||
           fault + 1 == FAULT_COUNT;
}
