/* A frame's header, then its payload as the type says; what is read is
 * written and read again, and must then be the same. */
#include "harness.h"

#include "core/wire/card.h"
#include "core/wire/frames.h"

#define BUDGET (DECODE_BUDGET_FACTOR * FRAME_MAX)

typedef bool (*again_fn)(struct slice payload, struct arena *arena,
                         struct buf *out);

/* Read a payload; if it is good, write the whole frame to `out`. */
#define AGAIN(name)                                                            \
    static bool again_##name(struct slice payload, struct arena *arena,        \
                             struct buf *out)                                  \
    {                                                                          \
        struct frame_##name f;                                                 \
        if (frame_##name##_get(payload, arena, &f) != OK)                      \
            return false;                                                      \
        frame_##name##_put(out, &f);                                           \
        return true;                                                           \
    }

AGAIN(hello)
AGAIN(auth)
AGAIN(resume)
AGAIN(verdict)
AGAIN(genesis)
AGAIN(batch)
AGAIN(want)
AGAIN(body)
AGAIN(piece)
AGAIN(receipt)
AGAIN(fetch)
AGAIN(ping)
AGAIN(close)

#define AGAIN_MARK(name, type)                                                 \
    static bool again_##name(struct slice payload, struct arena *arena,        \
                             struct buf *out)                                  \
    {                                                                          \
        struct frame_mark f;                                                   \
        if (frame_mark_get(type, payload, arena, &f) != OK)                    \
            return false;                                                      \
        frame_mark_put(out, type, &f);                                         \
        return true;                                                           \
    }

AGAIN_MARK(gone, FRAME_GONE)
AGAIN_MARK(absent, FRAME_ABSENT)
AGAIN_MARK(held, FRAME_HELD)

static bool
again_card(struct slice payload, struct arena *arena, struct buf *out)
{
    struct signed_card c;

    if (signed_card_get(payload, arena, &c) != OK)
        return false;
    frame_card_put(out, &c);
    return true;
}

static const again_fn kinds[FRAME_TYPE_COUNT] = {
    [FRAME_HELLO] = again_hello,     [FRAME_CARD] = again_card,
    [FRAME_AUTH] = again_auth,       [FRAME_RESUME] = again_resume,
    [FRAME_VERDICT] = again_verdict, [FRAME_GENESIS] = again_genesis,
    [FRAME_HEADER] = again_batch,    [FRAME_WANT] = again_want,
    [FRAME_BODY] = again_body,       [FRAME_PIECE] = again_piece,
    [FRAME_GONE] = again_gone,       [FRAME_ABSENT] = again_absent,
    [FRAME_HELD] = again_held,       [FRAME_RECEIPT] = again_receipt,
    [FRAME_FETCH] = again_fetch,     [FRAME_PING] = again_ping,
    [FRAME_CLOSE] = again_close,
};

static void
one(struct slice input)
{
    uint8_t type;
    uint32_t size;

    if (input.size < FRAME_HEADER_BYTES ||
        frame_header_decode(input.data, &type, &size) != OK)
        return;
    assert(size <= FRAME_MAX);
    assert(frame_name(type) && frame_payload_max(type) <= FRAME_MAX);
    /* The size claimed is checked by whoever cuts the stream. */
    struct slice payload = slice_of(input.data + FRAME_HEADER_BYTES,
                                    input.size - FRAME_HEADER_BYTES);
    if (type >= FRAME_TYPE_COUNT || !kinds[type] ||
        payload.size > frame_payload_max(type))
        return;
    struct arena arena;
    struct buf first = {0}, second = {0};
    arena_init(&arena, BUDGET);
    if (kinds[type](payload, &arena, &first)) {
        struct slice written = slice_of(first.data + FRAME_HEADER_BYTES,
                                        first.size - FRAME_HEADER_BYTES);
        arena_reset(&arena);
        bool good = kinds[type](written, &arena, &second);
        assert(good && slice_equal(buf_slice(&first), buf_slice(&second)));
    }
    buf_clear(&first);
    buf_clear(&second);
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
