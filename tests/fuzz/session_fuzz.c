/*
 * session - two sessions, and steps that happen between them.
 *
 * A step's `what` says what becomes of the next frame on its way, `how` bit 0
 * from whom it comes. Whatever happens: nothing of a lane is delivered before
 * both are proven, and who closed takes nothing more.
 */
#include "harness.h"

#include "script.h"
#include "sessions.h"
#include "teams.h"

enum { PASS, DROP, TWICE, REPLACE, INSERT, RAW, CUT, ALL, WHATS };

static void
take(struct end *to, struct slice frame)
{
    enum session_state before = session_state(to->session);

    if (before == SESSION_CLOSED)
        return;
    enum err e = end_take(to, frame);
    enum session_state after = session_state(to->session);
    assert(e != OK || after >= before);
    if (e == OK && frame.size > 4 && frame.data[4] > FRAME_RESUME &&
        frame.data[4] != FRAME_PING)
        assert(before == SESSION_OPEN);
}

static void
insert(struct end *to, uint8_t type, struct slice payload)
{
    struct buf frame = {0};

    buf_put_u32(&frame, (uint32_t)payload.size);
    buf_put_u8(&frame, type);
    buf_put(&frame, slice_of("\0\0\0", 3));
    buf_put(&frame, payload);
    take(to, buf_slice(&frame));
    buf_clear(&frame);
}

static void
pass_all(struct end ends[TEAMS])
{
    for (bool any = true; any;) {
        any = false;
        for (unsigned i = 0; i < TEAMS; i++) {
            struct slice frame;
            while (end_next(&ends[i], &frame)) {
                take(&ends[!i], frame);
                any = true;
            }
        }
    }
}

static void
happen(struct end ends[TEAMS], const struct step *s)
{
    struct end *from = &ends[s->how & 1], *to = &ends[!(s->how & 1)];
    struct slice frame = {0};
    unsigned what = s->what % WHATS;
    bool some = what < INSERT && end_next(from, &frame);

    if (what == ALL)
        pass_all(ends);
    if (some && (what == PASS || what == TWICE))
        take(to, frame);
    if (some && what == TWICE)
        take(to, frame);
    if (some && what == REPLACE)
        insert(to, frame.data[4], s->bytes);
    if (what == INSERT)
        insert(to, s->how >> 1, s->bytes);
    if (what == RAW)
        take(to, s->bytes);
    if (what == CUT && end_next(from, &frame))
        take(to, slice_of(frame.data, s->how % frame.size));
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct end ends[TEAMS];
    struct step s;

    /* The first step says too who holds the other's card. */
    uint8_t first = input.size > 1 ? input.data[1] >> 6 : 0;
    for (unsigned i = 0; i < TEAMS; i++)
        end_start(&ends[i], i, first >> i & 1);
    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &s); n++)
        happen(ends, &s);
    for (unsigned i = 0; i < TEAMS; i++)
        end_clear(&ends[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
