/*
 * gate - the signing journal as a restart finds it.
 *
 * A step is a record; bits of `how` say how it is wrapped: 1 as it stands,
 * without length and checksum, else in a good wrapping whose number is one
 * more than before. What restores can be answered on.
 */
#include "harness.h"

#include "core/base/crc.h"
#include "core/lane/gate.h"
#include "edge/signer/signer.h"
#include "script.h"
#include "teams.h"

#define JOURNAL_CRC_SEED 0x5365616cu

/* Length, checksum, number, one entry: docs/PROTOCOL.md, signer. */
static void
wrap(struct buf *journal, uint64_t number, struct slice entry)
{
    uint8_t length[4];
    struct buf rest = {0};

    buf_put_u64(&rest, number);
    buf_put_u32(&rest, (uint32_t)entry.size);
    buf_put(&rest, entry);
    put_be32(length, (uint32_t)rest.size);
    buf_put(journal, SLICE_ARRAY(length));
    buf_put_u32(journal, crc32c(crc32c(JOURNAL_CRC_SEED, SLICE_ARRAY(length)),
                                buf_slice(&rest)));
    buf_put(journal, buf_slice(&rest));
    buf_clear(&rest);
}

/* One record alone: what is read is written and must be the same. */
static void
record_check(struct slice bytes)
{
    struct gate_record r;
    struct buf written = {0};

    if (gate_record_get(bytes, &r) == OK) {
        gate_record_put(&written, &r);
        assert(slice_equal(buf_slice(&written), bytes));
    }
    buf_clear(&written);
}

static void
sign_a_session(struct signer *s)
{
    struct buf request = {0}, journal = {0}, answer = {0};
    struct sign_request_op op = {.op = SIGN_SESSION,
                                 .role = KEY_ROLE_SESSION,
                                 .peer = team_of(AUSCERT)->name};

    sign_request_begin(&request, 1);
    sign_request_add(&request, &op);
    enum err e =
        signer_answer(s, buf_slice(&request), 1790000000, &journal, &answer);
    assert(e == OK && answer.size);
    buf_clear(&request);
    buf_clear(&journal);
    buf_clear(&answer);
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct buf journal = {0};
    struct step step;
    uint64_t number = 0;
    enum err e = OK;

    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &step); n++) {
        record_check(step.bytes);
        if (step.how & 1)
            buf_put(&journal, step.bytes);
        else
            wrap(&journal, ++number, step.bytes);
    }
    struct signer *s =
        signer_new(&team_of(KRCERT)->name, team_of(KRCERT)->seeds);
    struct slice rest = buf_slice(&journal);
    while (rest.size && e == OK) {
        size_t before = rest.size;
        e = signer_restore(s, &rest);
        assert(e == OK ? rest.size < before
                       : e == ERR_TRUNCATED || e == ERR_DAMAGED);
    }
    if (e == OK)
        sign_a_session(s);
    signer_free(s);
    buf_clear(&journal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
