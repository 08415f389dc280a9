/*
 * signer - requests to the signing process, one a step.
 *
 * An even `what` is a request, an odd one a restart. Whatever was asked: the
 * answer can be read, and the journal that was written restores.
 */
#include "harness.h"

#include "edge/signer/signer.h"
#include "script.h"
#include "teams.h"

static struct signer *
restarted(struct slice journal)
{
    struct signer *s =
        signer_new(&team_of(KRCERT)->name, team_of(KRCERT)->seeds);

    while (journal.size) {
        enum err e = signer_restore(s, &journal);
        assert(e == OK);
    }
    return s;
}

static void
answer_read(struct slice answer)
{
    while (answer.size) {
        enum sign_op op;
        struct sign_result r;
        enum err e = sign_answer_get(&answer, &op, &r);
        assert(e == OK);
    }
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct buf journal = {0}, answer = {0};
    struct signer *s = restarted((struct slice){0});
    struct step step;

    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &step); n++) {
        size_t before = journal.size;
        if (step.what & 1) {
            signer_free(s);
            s = restarted(buf_slice(&journal));
            continue;
        }
        buf_reset(&answer);
        enum err e = signer_answer(s, step.bytes, 1790000000 + step.how,
                                   &journal, &answer);
        assert(e == OK || (journal.size == before && answer.size == 0));
        answer_read(buf_slice(&answer));
    }
    signer_free(s);
    signer_free(restarted(buf_slice(&journal)));
    buf_clear(&journal);
    buf_clear(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
